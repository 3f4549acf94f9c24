//! Archives: zip, tar and compressed streams, recognized by content and read as streams. Nothing is unpacked to disk.
//! Known formats that cannot be read (7z, rar, disc images …) are reported as unsupported.
//!
//! Nested archives are not opened. The inflated size is bounded by the size of the archive, against decompression
//! bombs. Names of entries are only shown, and never used as paths.

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
/// Memory limit of a decoder: `xz -9` and `zstd --ultra` need this much.
const MAX_WINDOW_BYTES: u32 = 64 << 20;
/// Bytes that may be inflated from any entry.
const FREE_BYTES: u64 = 128 << 20;
/// Further bytes that may be inflated for each compressed byte. Images compress to a third, and empty ones to a
/// hundredth.
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
    /// A known format that is not supported, by name.
    Unsupported(&'static str),
}

impl ArchiveKind {
    /// The kind of the archive that starts with `head`, as long as [`Head`] reads it.
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

/// A callback for each entry of an archive: its name (`None` if the archive is a single compressed file), and its bytes
/// or the reason why it cannot be read. It can stop the reading.
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
    /// Opens content as an archive; `None` if it is no archive.
    pub fn open(content: Content) -> Result<Option<Archive>, Skip> {
        let file: Arc<dyn RandomAccess> = match content {
            Content::File(file) => Arc::new(file),
            Content::Shared(shared) => shared,
            // Always DICOM: everything else is spooled to a file.
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
    /// Visits the entries. An error concerns the archive itself; the entries before it were visited.
    pub fn read(&self, visit: Visit<'_>) -> Result<(), Skip> {
        match self.compression {
            Some(compression) => compressed::read(&*self.file, compression, visit),
            None => tar::read(&mut &*self.file, visit),
        }
    }
}

/// Whether the file name is that of an archive: a hint for the size of batches only.
pub fn is_likely(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    let extension = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    ["zip", "tar", "tgz", "gz", "tbz2", "bz2", "txz", "xz", "tzst", "zst"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known.as_bytes()))
}

/// An entry's name as text: UTF-8, else Latin-1, as older encodings are not declared.
pub fn entry_name(name: &[u8]) -> String {
    std::str::from_utf8(name).map_or_else(|_| name.iter().copied().map(char::from).collect(), str::to_string)
}

/// The limit of inflated bytes for a number of compressed bytes.
fn inflation_limit(compressed: u64) -> u64 {
    compressed.saturating_mul(RATIO).saturating_add(FREE_BYTES)
}

/// The reason for an error of a compressed or archived source.
pub fn damaged(error: &io::Error) -> Skip {
    match error.kind() {
        ErrorKind::UnexpectedEof => Skip::Cut,
        ErrorKind::FileTooLarge => Skip::Compressed("it grows to more than 200 times its size".to_string()),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => Skip::Compressed(error.to_string()),
        _ => super::unreadable(error),
    }
}
