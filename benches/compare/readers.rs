//! Readers in this program, run as processes of their own: the floor, and dicom-object as a program would use it.
//!
//! The floor is the minimum of any reader of headers: walk, and open, read once and close every file.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use dicom_core::Tag;
use dicom_object::OpenFileOptions;

use crate::contestants::TAGS;

/// Reads a folder: the name of the reader, the folder, the number of threads.
pub fn read(words: &[String]) -> ExitCode {
    let [name, archive, threads] = words else { return ExitCode::FAILURE };
    let read = match name.as_str() {
        "floor" => floor,
        _ => with_dicom_object,
    };
    let mut files = Vec::new();
    walk(Path::new(archive), &mut files);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads.parse().unwrap_or(1) {
            scope.spawn(|| {
                let mut buffer = vec![0; 16 << 10];
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    read(file, &mut buffer);
                }
            });
        }
    });
    ExitCode::SUCCESS
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

fn floor(path: &Path, buffer: &mut [u8]) {
    if let Ok(file) = File::open(path) {
        let _ = file.read_at(buffer, 0);
    }
}

/// Up to the attributes behind which no image has any that is wanted.
fn with_dicom_object(path: &Path, _: &mut [u8]) {
    let Ok(object) = OpenFileOptions::new().read_until(Tag(0x0041, 0)).open_file(path) else { return };
    for tag in TAGS {
        let (group, element) = tag.split_at(4);
        let number = |digits: &str| u16::from_str_radix(digits.trim_start_matches(','), 16).unwrap_or_default();
        let value = object.element(Tag(number(group), number(element))).ok().and_then(|element| element.to_str().ok());
        std::hint::black_box(value);
    }
}
