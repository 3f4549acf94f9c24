//! DICOM JSON (PS3.18 F): instances as `/metadata` of DICOMweb gives them, in an array, alone, or one a line, to the
//! same [`Header`] by the same wanted attributes as a file's.
//!
//! The text is read as a stream and once. What is not wanted is passed over; values, depth and memory have the caps
//! that a file has. Where the text breaks off, the instances before it and what it says of the last one are kept.

mod attribute;
mod data_set;
mod lexer;
#[cfg(test)]
mod tests;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::bytes::Bytes;
use super::header::{FaultKind, Header};
use super::scan::{is_identified, unpadded};
use super::wanted::{Levels, Wanted};
use crate::issue::Skip;
use attribute::Instance;
use data_set::put;
use lexer::{Lexer, Stop};

/// The term for UTF-8 (PS3.3 C.12.1.1.2).
const UTF_8: &[u8] = b"ISO_IR 192";
/// The byte order mark that some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whether a text begins as DICOM JSON does: the first name in its first object is a tag.
pub fn is_dicom_json(head: &[u8]) -> bool {
    let rest = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    let rest = rest.strip_prefix(b"[").unwrap_or(rest).trim_ascii_start();
    let name = rest.strip_prefix(b"{").map(<[u8]>::trim_ascii_start).and_then(|rest| rest.strip_prefix(b"\""));
    let Some((name, behind)) = name.and_then(<[u8]>::split_first_chunk::<8>) else { return false };
    name.iter().all(u8::is_ascii_hexdigit) && behind.starts_with(b"\"") && head.get(128..132) != Some(b"DICM")
}

/// The instances of a text, one after the other.
pub struct Instances<'b> {
    lexer: Lexer<'b>,
    place: Place,
    /// The number of instances so far.
    count: u64,
    /// Whether the last one is in an array.
    in_array: bool,
}

/// The position in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of the text.
    Start,
    /// Before, between or behind the values of the text.
    Between,
    /// In an array, before its first element.
    FirstOfArray,
    /// In an array, behind an element.
    InArray,
    /// The text broke off, which is not reported yet.
    Broken(End),
    /// The end.
    End,
}

/// How a text breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cut,
    NotJson(u64),
}

impl<'b> Instances<'b> {
    /// The instances of a text.
    pub fn new(source: &'b mut dyn Bytes) -> Instances<'b> {
        Instances { lexer: Lexer::new(source), place: Place::Start, count: 0, in_array: false }
    }

    /// The place of the last instance in its array, counted from 1; `None` for one that stands alone.
    pub fn number(&self) -> Option<u64> {
        (self.in_array || self.count > 1).then_some(self.count)
    }

    /// Reads the wanted attributes of the next instance into `header`, whatever it held before. An error that is not of
    /// an instance is the last.
    pub fn next(&mut self, wanted: &Wanted, header: &mut Header) -> Option<Result<(), Skip>> {
        loop {
            match self.place {
                Place::End => return None,
                Place::Broken(end) => {
                    self.place = Place::End;
                    (self.count, self.in_array) = (0, false);
                    return Some(Err(match end {
                        End::Cut => Skip::Cut,
                        End::NotJson(position) => Skip::NotJson(position),
                    }));
                }
                _ => {}
            }
            match self.find() {
                Ok(true) => {
                    if let Some(result) = self.instance(wanted, header) {
                        return Some(result);
                    }
                }
                Ok(false) => self.place = Place::End,
                Err(stop) => {
                    if let Err(skip) = self.stop(stop) {
                        return Some(Err(skip));
                    }
                }
            }
        }
    }

    /// Goes on to the next instance; false at the end of the text.
    fn find(&mut self) -> Result<bool, Stop> {
        loop {
            match self.place {
                Place::Start => {
                    self.lexer.skip_mark(BYTE_ORDER_MARK)?;
                    self.place = Place::Between;
                }
                Place::FirstOfArray | Place::InArray => {
                    if self.lexer.next(self.place == Place::FirstOfArray, b']')? {
                        (self.place, self.in_array) = (Place::InArray, true);
                        return Ok(true);
                    }
                    self.place = Place::Between;
                }
                _ => match self.lexer.token()? {
                    None => return Ok(false),
                    Some(b'[') => {
                        self.lexer.expect(b'[')?;
                        self.place = Place::FirstOfArray;
                    }
                    Some(b'{') => {
                        self.in_array = false;
                        return Ok(true);
                    }
                    Some(_) => return Err(Stop::NotJson),
                },
            }
        }
    }

    /// Reads one; `None` if the text ends before anything was read.
    fn instance(&mut self, wanted: &Wanted, header: &mut Header) -> Option<Result<(), Skip>> {
        self.count += 1;
        header.clear();
        if self.lexer.token().ok().flatten() != Some(b'{') {
            // An element of the array that is no object.
            return match self.lexer.skip() {
                Ok(()) => Some(Err(Skip::NotDicom)),
                Err(stop) => self.stop(stop).err().map(Err),
            };
        }
        let mut instance = Instance::new(wanted, header);
        let read = instance.read(&mut self.lexer);
        let (attributes, last) = (instance.attributes, instance.last);
        let is_broken = read.is_err();
        if let Err(stop) = read {
            let kind = if matches!(stop, Stop::Cut) { FaultKind::Truncated } else { FaultKind::Malformed };
            header.fault(last, kind);
            if let Err(skip) = self.stop(stop) {
                return Some(Err(skip));
            }
        }
        let levels = wanted.children(wanted.root()).iter().find(|child| child.tag == tags::SPECIFIC_CHARACTER_SET);
        // Text of DICOM JSON is UTF-8, whatever Specific Character Set says (PS3.18 F.2.3).
        let room = header.push_value(tags::SPECIFIC_CHARACTER_SET, levels.map_or(Levels::NONE, |it| it.levels), UTF_8);
        if room.and_then(|()| put(&attributes, last_tag(&attributes, wanted), header)).is_err() {
            header.fault(last, FaultKind::TooMany);
        }
        match class(header) {
            Some(class) if class == uids::MEDIA_STORAGE_DIRECTORY_STORAGE.as_bytes() => Some(Err(Skip::Dicomdir)),
            _ if is_identified(header) => Some(Ok(())),
            _ => (!is_broken).then_some(Err(Skip::NotDicom)),
        }
    }

    /// Notes where the text broke off; what the system says of a source that failed is the end.
    fn stop(&mut self, stop: Stop) -> Result<(), Skip> {
        self.place = Place::Broken(match stop {
            Stop::Cut => End::Cut,
            Stop::NotJson => End::NotJson(self.lexer.position()),
            Stop::Read(error) if super::scan::is_damage(&error) => End::Cut,
            Stop::Read(error) => {
                self.place = Place::End;
                return Err(Skip::Unreadable(error.to_string()));
            }
        });
        Ok(())
    }
}

/// The last tag to which a file of this class would be read.
fn last_tag(attributes: &data_set::Attributes, wanted: &Wanted) -> Tag {
    let class = attributes.get(&tags::SOP_CLASS_UID).or_else(|| attributes.get(&tags::MEDIA_STORAGE_SOP_CLASS_UID));
    let class = class
        .and_then(|(_, value, _)| if let data_set::Value::Bytes(bytes) = value { Some(unpadded(bytes)) } else { None });
    wanted.last_tag(class).min(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
}

fn class(header: &Header) -> Option<&[u8]> {
    header.root().bytes(tags::SOP_CLASS_UID).map(unpadded)
}
