//! What no night can do without: to walk, and to look at every file.

use std::path::Path;
use std::process::ExitCode;

use nix::dir::Dir;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{Mode, fstatat};

/// Looks at every file below a folder, on one thread: processor time is what is measured.
pub fn look(words: &[String]) -> ExitCode {
    let Some(folder) = words.first() else { return ExitCode::FAILURE };
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let Ok(folder) = Dir::open(Path::new(folder), flags, Mode::empty()) else { return ExitCode::FAILURE };
    walk(folder, flags);
    ExitCode::SUCCESS
}

fn walk(mut folder: Dir, flags: OFlag) {
    use nix::dir::Type;
    let mut folders = Vec::new();
    let mut files = Vec::new();
    for entry in folder.iter().flatten() {
        let name = entry.file_name();
        match entry.file_type() {
            Some(Type::Directory) if !matches!(name.to_bytes(), b"." | b"..") => folders.push(name.to_owned()),
            Some(Type::File) => files.push(name.to_owned()),
            _ => {}
        }
    }
    for file in &files {
        let _ = std::hint::black_box(fstatat(&folder, file.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW));
    }
    for inner in folders {
        if let Ok(inner) = Dir::openat(&folder, inner.as_c_str(), flags, Mode::empty()) {
            walk(inner, flags);
        }
    }
}
