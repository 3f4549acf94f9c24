//! A zip (APPNOTE 6.3): entries are found by the central directory at its end, or by their local headers if that is
//! missing.
//!
//! The directory is read as a stream, so memory does not grow with the number of entries. Each entry is opened
//! independently, so many threads can read one archive.

mod directory;
mod end;
mod entry;
mod local;
mod lzma;

use std::sync::Arc;

use crate::dicom::bytes::RandomAccess;
use crate::issue::Skip;
use crate::source::unreadable;

use directory::Directory;
use local::LocalHeaders;

pub use entry::ZipEntry;

/// An opened zip.
#[derive(Debug)]
pub struct Zip {
    file: Arc<dyn RandomAccess>,
    length: u64,
}

impl Zip {
    pub(super) fn open(file: Arc<dyn RandomAccess>) -> Result<Zip, Skip> {
        let length = file.length().map_err(|error| unreadable(&error))?;
        Ok(Zip { file, length })
    }

    /// The entries that are files. An error concerns the archive itself and is the last item.
    pub fn entries(&self) -> Box<dyn Iterator<Item = Result<ZipEntry<'_>, Skip>> + Send + '_> {
        match end::find(&*self.file, self.length) {
            Some(place) => Box::new(Directory::new(self, place)),
            None => Box::new(LocalHeaders::new(self)),
        }
    }
}

/// Whether the file ends like a zip.
pub(super) fn has_directory(file: &dyn RandomAccess) -> bool {
    file.length().is_ok_and(|length| end::find(file, length).is_some())
}

/// The number at an offset of a record that is known to be long enough.
fn u16_at(record: &[u8], at: usize) -> u16 {
    record.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(record: &[u8], at: usize) -> u32 {
    record.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(record: &[u8], at: usize) -> u64 {
    record.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
