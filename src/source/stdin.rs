//! Standard input as one file: a DICOM file, a zip, a tar or a compressed one, recognized by its content as any other.
//!
//! A zip has its directory at the end, so random access is needed. A redirected file is used directly; piped input is
//! spooled to an unnamed temporary file, never to memory.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::content::spooled;
use super::item::{From, Item};
use super::open::unreadable;
use crate::issue::Skip;
use crate::name::Name;

/// The name of standard input, on the command line and in the report.
pub const STDIN: &str = "-";

/// Standard input as an item named `-`; waits until it ends.
pub fn stdin() -> Result<Item, Skip> {
    let content = stdin_file().map_err(|error| unreadable(&error))?;
    Ok(Item::new(Name::file(STDIN), From::Spooled(content)))
}

/// Standard input as a file; waits until it ends. A second call returns the same content.
pub fn stdin_file() -> io::Result<File> {
    static CONTENT: Mutex<Option<File>> = Mutex::new(None);
    let mut content = CONTENT.lock().unwrap_or_else(PoisonError::into_inner);
    let file = match content.take().or_else(redirected) {
        Some(file) => file,
        None => spooled(&mut io::stdin().lock())?,
    };
    content.insert(file).try_clone()
}

/// Standard input, if it is a regular file of which nothing was read: `convert - < archive.zip`.
#[cfg(unix)]
fn redirected() -> Option<File> {
    use std::io::Seek;
    let mut file = File::from(rustix::io::fcntl_dupfd_cloexec(io::stdin(), 0).ok()?);
    (file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0).then_some(file)
}

#[cfg(not(unix))]
fn redirected() -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::bytes::Bytes;

    #[test]
    fn what_comes_through_a_pipe_is_read_from_its_start_any_number_of_times() {
        let content = spooled(&mut &b"content"[..]).unwrap();
        let item = Item::new(Name::file(STDIN), From::Spooled(content));
        for _ in 0..2 {
            let (mut file, mut buffer) = (item.open().unwrap(), [0; 16]);
            let count = file.read_at(0, &mut buffer).unwrap();
            assert_eq!(&buffer[..count], b"content");
        }
    }
}
