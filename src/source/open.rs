//! Opens a file for reading, and says why it cannot be.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::issue::Skip;

/// Opens without waiting: a file that became a FIFO since it was looked at must not stop the run.
pub fn open_file(path: &Path) -> Result<File, Skip> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    options.open(path).map_err(|error| unreadable(&error))
}

#[cfg(unix)]
fn never_wait(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    // O_NONBLOCK, which the standard library does not name. It changes nothing for regular files.
    let nonblock = if cfg!(any(target_os = "linux", target_os = "android")) { 0o4000 } else { 0x4 };
    options.custom_flags(nonblock);
}

#[cfg(not(unix))]
fn never_wait(_: &mut OpenOptions) {}

/// What the operating system said, as the reason why a file or folder is left out.
pub fn unreadable(error: &io::Error) -> Skip {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    Skip::Unreadable(first.into_iter().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_in_lower_case_and_without_a_number() {
        let skip = open_file(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(skip, Skip::Unreadable("no such file or directory".into()));
    }
}
