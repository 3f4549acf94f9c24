//! Archives: zip, tar and compressed streams, known by their content and read as streams. Nothing is unpacked to disk.
//! What is known and not read (7z, rar, disc images …) is reported as unsupported.
//!
//! An archive inside an archive is not opened. What is inflated is bounded by the size of the archive, so that a small
//! file never keeps the run busy for long; names of entries are only shown, and never lead to a file.

mod compressed;
mod part;
mod tar;
mod unsupported;
mod zip;
mod zstd;

use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::content::Content;
use crate::dicom::bytes::{Bytes, RandomAccess};
use crate::issue::Skip;

pub use compressed::Compression;
pub use part::Head;
pub use zip::{Zip, ZipEntry};

/// The size of the buffers for compressed bytes.
const BUFFER_BYTES: usize = 16 << 10;
/// The most memory that a stream may ask for; `xz -9` and `zstd --ultra` ask for so much.
const MAX_WINDOW_BYTES: u32 = 64 << 20;
/// What may be inflated of any entry.
const FREE_BYTES: u64 = 128 << 20;
/// What may be inflated for each compressed byte beyond that. Images compress to a third, and empty ones to a hundredth.
const RATIO: u64 = 200;

/// The kinds of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// Entries with a directory at the end.
    Zip,
    /// Entries one after the other.
    Tar,
    /// One compressed stream: a file or a tar.
    Compressed(Compression),
    /// One that is not read, by its name.
    Unsupported(&'static str),
}

impl ArchiveKind {
    /// The kind of the archive that starts with `head`, for which [`Head`] has bytes enough.
    pub fn of(head: &[u8]) -> Option<ArchiveKind> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => {
                Some(ArchiveKind::Zip)
            }
            _ if tar::is_header(head) => Some(ArchiveKind::Tar),
            _ => match Compression::of(head) {
                Some(compression) => Some(ArchiveKind::Compressed(compression)),
                None => unsupported::by_head(head).map(ArchiveKind::Unsupported),
            },
        }
    }
}

/// Gets the entries of an archive, one after the other: the name, unless the archive itself is the file, and the bytes
/// or the reason why there are none. May end the reading.
pub type Visit<'v> = &'v mut dyn FnMut(Option<&[u8]>, Result<&mut dyn Bytes, Skip>) -> ControlFlow<()>;

/// An opened archive.
#[derive(Debug)]
pub enum Archive {
    /// Its entries can be read in any order.
    Zip(Zip),
    /// Its entries come one after the other.
    Stream(Stream),
}

/// A tar, or a compressed stream with a file or a tar in it.
#[derive(Debug)]
pub struct Stream {
    file: Arc<dyn RandomAccess>,
    compression: Option<Compression>,
}

impl Archive {
    /// The archive that the content is; `None` where it is none.
    pub fn open(content: Content) -> Result<Option<Archive>, Skip> {
        let file: Arc<dyn RandomAccess> = match content {
            Content::File(file) => Arc::new(file),
            Content::Shared(shared) => shared,
            // It is DICOM, or it would have been spooled.
            Content::Json(_) | Content::Stream(_) => return Ok(None),
        };
        let head = Head::new(&*file).map_err(|error| damaged(&error))?;
        let kind = ArchiveKind::of(head.bytes())
            .or_else(|| unsupported::by_file(&*file, head.bytes()).map(ArchiveKind::Unsupported));
        Ok(match kind {
            Some(ArchiveKind::Zip) => Some(Archive::Zip(Zip::open(file)?)),
            Some(ArchiveKind::Tar) => Some(Archive::Stream(Stream { file, compression: None })),
            Some(ArchiveKind::Compressed(kind)) => Some(Archive::Stream(Stream { file, compression: Some(kind) })),
            Some(ArchiveKind::Unsupported(what)) => return Err(Skip::Unsupported(what.to_string())),
            None => None,
        })
    }
}

impl Stream {
    /// Visits the entries; the error is the archive's own, after what it held before.
    pub fn read(&self, visit: Visit<'_>) -> Result<(), Skip> {
        match self.compression {
            Some(compression) => compressed::read(&*self.file, compression, visit),
            None => tar::read(&mut &*self.file, visit),
        }
    }
}

/// Whether the name says that the file is an archive: a hint, by which it travels to the readers alone.
pub fn is_likely(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["zip", "tar", "tgz", "gz", "tbz2", "bz2", "txz", "xz", "tzst", "zst"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

/// A name as text: UTF-8, or byte for byte where it is of an older encoding that nothing names.
pub fn entry_name(name: &[u8]) -> String {
    std::str::from_utf8(name).map_or_else(|_| name.iter().copied().map(char::from).collect(), str::to_string)
}

/// The most bytes that so many compressed ones may become.
fn inflation_limit(compressed: u64) -> u64 {
    compressed.saturating_mul(RATIO).saturating_add(FREE_BYTES)
}

/// Why a source of compressed or archived bytes gives no more.
pub fn damaged(error: &io::Error) -> Skip {
    match error.kind() {
        ErrorKind::UnexpectedEof => Skip::Cut,
        ErrorKind::FileTooLarge => Skip::Compressed("it grows to more than 200 times its size".to_string()),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => Skip::Compressed(error.to_string()),
        _ => super::unreadable(error),
    }
}
