//! The header scanner: takes the wanted attributes out of one file, and passes over the rest by arithmetic.
//!
//! One pass forward through a `Window`, from the preamble to the last wanted attribute. A file that is damaged or cut
//! gives what it holds up to there, and the [`Fault`](super::header::Fault)s say so. Whatever the bytes say, values,
//! nesting, bytes read and memory stay under fixed caps.

mod cursor;
mod data_set;
mod directory;
mod element;
mod expected;
mod inflate;
mod meta;
mod plain;
mod sequence;
mod syntax;
#[cfg(test)]
mod tests;
mod vr;
mod window;

use std::io::{self, ErrorKind};

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::bytes::Bytes;
use super::header::{FaultKind, Header};
use super::wanted::{RECOGNITION_CODE, Wanted};
use crate::issue::Skip;
use element::{Element, Encoding, HEADER_BYTES};
use expected::Expected;
use syntax::Declared;
use window::Window;

pub use cursor::MAX_VALUE_BYTES;
pub use directory::{Reference, is_directory, referenced_files};
#[cfg(test)]
use inflate::MAX_INFLATED_BYTES;
pub(crate) use window::is_damage;
#[cfg(test)]
use window::{MAX_READ_BYTES, READ_BYTES};

/// The group of the file meta information (PS3.10 7.1).
const META_GROUP: u16 = 0x0002;

/// Reads headers, one file after the other, in buffers that it uses again: one for each worker.
#[derive(Debug, Default)]
pub struct Scanner {
    buffer: Vec<u8>,
    inflated: Vec<u8>,
    expected: Expected,
}

impl Scanner {
    /// A scanner without buffers yet.
    pub fn new() -> Scanner {
        Scanner::default()
    }

    /// Reads the wanted attributes of one file into `header`, whatever it held before; its faults say what was wrong.
    pub fn scan(&mut self, source: &mut dyn Bytes, wanted: &Wanted, header: &mut Header) -> Result<(), Skip> {
        header.clear();
        let window =
            Window::new(source, &mut self.buffer).with_reads_of(self.expected.read_bytes(), self.expected.jump_bytes());
        let mut scan = Scan::new(window, wanted, header);
        let result = scan.file(&mut self.inflated);
        if let Ok(header_bytes) = result {
            let tail = scan.window.jumped_to().map(|start| header_bytes.saturating_sub(start));
            self.expected.saw(header_bytes, scan.window.reads(), tail);
        }
        let (announced, last) = (scan.announced, element::tag(scan.last));
        resolve(result, last, header)?;
        if announced || is_identified(header) { Ok(()) } else { Err(Skip::NotDicom) }
    }
}

/// The scan of one file, or of the data set that was deflated in it.
struct Scan<'a> {
    window: Window<'a>,
    wanted: &'a Wanted,
    header: &'a mut Header,
    /// Whether DICM stands where PS3.10 7.1 has it.
    announced: bool,
    /// The last tag that was reached, as a number.
    last: u32,
    /// How many wanted sequences are open.
    depth: usize,
    /// How many values stood twice.
    repeats: u32,
}

/// Why a scan ends before its last element.
enum Stop {
    /// What was wanted is there, or nothing more can be had; the faults say which.
    Done,
    /// The file is left out.
    Skip(Skip),
    /// The source failed.
    Read(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Read(error)
    }
}

impl<'a> Scan<'a> {
    fn new(window: Window<'a>, wanted: &'a Wanted, header: &'a mut Header) -> Scan<'a> {
        Scan { window, wanted, header, announced: false, last: 0, depth: 0, repeats: 0 }
    }

    /// Scans the whole file, and gives the place behind what is wanted.
    fn file(&mut self, inflated: &mut Vec<u8>) -> Result<u64, Stop> {
        let start = self.find_start()?;
        let (at, declared) = self.file_meta(start)?;
        match declared {
            Declared::Deflated if !self.is_plain(at)? => self.deflated(at, inflated),
            Declared::Deflated | Declared::Unknown => self.data_set_at(at, None),
            Declared::Plain(encoding) => self.data_set_at(at, Some(encoding)),
        }
    }

    /// The root data set, in the encoding that its bytes show or, in doubt, the declared one.
    fn data_set_at(&mut self, at: u64, declared: Option<Encoding>) -> Result<u64, Stop> {
        let encoding = self.encoding(at, declared)?;
        self.root(at, encoding)
    }

    /// How what starts at an offset is encoded. Most often its first element is as declared, and that is enough.
    fn encoding(&mut self, at: u64, declared: Option<Encoding>) -> io::Result<Encoding> {
        let head = self.window.from(at, HEADER_BYTES)?;
        match declared {
            Some(declared) if syntax::shows(head, declared) => Ok(declared),
            _ => Ok(syntax::encoding(self.window.sample(at)?, declared)),
        }
    }

    /// The header of the element at an offset; what comes behind it is looked at only in doubt.
    #[inline]
    fn element(&mut self, at: u64, encoding: Encoding) -> io::Result<Option<Element>> {
        let head = self.window.from(at, HEADER_BYTES)?;
        let (known, sight) = (head.first_chunk().and_then(|head| encoding.known(head)), encoding.sight(head));
        match known {
            None => Ok(encoding.element(self.window.sample_of(at, sight)?)),
            known => Ok(known),
        }
    }

    /// Whether the data set is not deflated, although it is declared so.
    fn is_plain(&mut self, at: u64) -> Result<bool, Stop> {
        Ok(syntax::unannounced(self.window.sample(at)?).is_some())
    }

    /// Notes a fault at the last tag that was reached, and ends the scan there.
    fn fail(&mut self, kind: FaultKind) -> Stop {
        self.header.fault(element::tag(self.last), kind);
        Stop::Done
    }
}

/// Turns the end of a scan into its result: what a damaged stream gave of its data set is kept. If the operating system
/// failed, nothing is.
fn resolve(result: Result<u64, Stop>, last: Tag, header: &mut Header) -> Result<(), Skip> {
    let error = match result {
        Ok(_) | Err(Stop::Done) => return Ok(()),
        Err(Stop::Skip(skip)) => return Err(skip),
        Err(Stop::Read(error)) => error,
    };
    let kind = match error.kind() {
        ErrorKind::FileTooLarge => FaultKind::TooMany,
        _ if !is_damage(&error) => return Err(Skip::Unreadable(error.to_string())),
        _ if last.group() <= META_GROUP => return Err(Skip::Compressed(error.to_string())),
        _ => FaultKind::Truncated,
    };
    header.fault(last, kind);
    Ok(())
}

/// Whether a file without DICM at its place is DICOM after all: it says which study it belongs to, or what it is.
pub(crate) fn is_identified(header: &Header) -> bool {
    let root = header.root();
    root.bytes(tags::STUDY_INSTANCE_UID).is_some_and(|uid| !unpadded(uid).is_empty())
        || root.bytes(tags::SOP_CLASS_UID).is_some_and(|uid| uid.starts_with(b"1.2.840.10008."))
        || root.bytes(RECOGNITION_CODE).is_some_and(|code| code.starts_with(b"ACR-NEMA"))
}

/// A UID without its padding: a NUL by PS3.5 6.2, spaces in the wild.
pub(crate) fn unpadded(uid: &[u8]) -> &[u8] {
    let end = uid.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    uid.get(..end).unwrap_or_default()
}
