//! Converts bytes that are in no file, such as what a network service received: here those of a folder, read by
//! ourselves.
//!
//! `cargo run --example readers -- testdata/dicom/ct-two-series`

#![allow(clippy::print_stdout, reason = "an example may print")]

use std::fs;
use std::io::Cursor;

use dcm2fhir::{Conversion, Release};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "testdata/dicom/ct-two-series".into());
    // Each is opened when it is its turn: the iterator is asked for the next one only when there is room for it.
    let received = fs::read_dir(folder)?.flatten().filter_map(|entry| {
        let bytes = fs::read(entry.path()).ok()?;
        Some((format!("message {}", entry.file_name().display()), Cursor::new(bytes)))
    });
    let outcome = Conversion::new(Release::R5).readers(received).run(|document| {
        println!("{}", document.json);
        Ok(())
    })?;
    println!("{} instances of {} messages", outcome.totals.instances, outcome.totals.files);
    Ok(())
}
