//! The files that a DICOMDIR lists (PS3.3 F.3).
//!
//! Its records point at each other by offsets in the file, which are often wrong. All of them stand in one sequence, so
//! they are taken as they come, and lengths of items are not looked at either.

use std::io;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::element::{self, DELIMITERS, Element, Encoding, HEADER_BYTES, ITEM, UNDEFINED};
use super::window::Window;
use super::{META_GROUP, syntax, unpadded};
use crate::dicom::bytes::Bytes;
use crate::issue::Skip;

/// Where the file meta information of every DICOMDIR starts (PS3.10 7.1).
const META_START: u64 = 132;
/// The group of the directory's own attributes.
const DIRECTORY_GROUP: u16 = 0x0004;
/// The longest File ID: eight components of eight characters (PS3.10 8.2), and more for those who use more.
const MAX_FILE_ID_BYTES: u32 = 1024;
/// The longest UID (PS3.5 9.1), and more for those who use more.
const MAX_UID_BYTES: u32 = 128;
/// The offsets of a DICOMDIR have 32 bits.
const MAX_DIRECTORY_BYTES: usize = u32::MAX as usize;

/// A file that a record of a DICOMDIR refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Referenced File ID (0004,1500), raw.
    pub file_id: Vec<u8>,
    /// Whether Referenced SOP Class UID in File (0004,1510) says that it is a DICOMDIR itself, or does not say what it
    /// is.
    pub may_be_directory: bool,
}

/// Gives each file that a DICOMDIR refers to, and says whether the source is one.
pub fn referenced_files(source: &mut dyn Bytes, visit: &mut dyn FnMut(Reference)) -> Result<bool, Skip> {
    let mut buffer = Vec::new();
    let mut directory = Directory::new(source, &mut buffer);
    let result = directory.read(visit);
    directory.reference.take().into_iter().for_each(visit);
    result.map_err(|error| Skip::Unreadable(error.to_string()))?.ok_or(Skip::Cut)
}

/// Whether the source is a DICOMDIR.
pub fn is_directory(source: &mut dyn Bytes) -> bool {
    Directory::new(source, &mut Vec::new()).starts().unwrap_or(false)
}

struct Directory<'a> {
    window: Window<'a>,
    at: u64,
    encoding: Encoding,
    /// Whether the record was not deleted.
    in_use: bool,
    /// What the record refers to, as far as it was read.
    reference: Option<Reference>,
}

impl<'a> Directory<'a> {
    fn new(source: &'a mut dyn Bytes, buffer: &'a mut Vec<u8>) -> Directory<'a> {
        let window = Window::new(source, buffer).with_budget(MAX_DIRECTORY_BYTES);
        Directory { window, at: META_START, encoding: Encoding::ExplicitLittle, in_use: true, reference: None }
    }

    /// `None` where the directory was cut.
    fn read(&mut self, visit: &mut dyn FnMut(Reference)) -> io::Result<Option<bool>> {
        if !self.starts()? {
            return Ok(Some(false));
        }
        while let Some(element) = self.element()? {
            if element.number < element::number(Tag(DIRECTORY_GROUP, 0)) {
                return Ok(None);
            }
            if element.number == ITEM {
                self.in_use = true;
                self.reference.take().into_iter().for_each(&mut *visit);
            }
            self.take(&element)?;
            self.at = behind(self.at, &element);
        }
        let is_whole = self.window.from(self.at, 1)?.is_empty() && self.window.reaches(self.at);
        Ok(is_whole.then_some(true))
    }

    /// Passes over the file meta information, and says whether a directory follows it.
    fn starts(&mut self) -> io::Result<bool> {
        if self.window.bytes_at(META_START - 4, 4)? != Some(b"DICM") {
            return Ok(false);
        }
        while let Some(element) = self.element()?.filter(|element| group(element) == META_GROUP) {
            self.at = element.end(self.at);
        }
        self.encoding = syntax::encoding(self.window.sample(self.at)?, Some(Encoding::ExplicitLittle));
        Ok(self.element()?.is_some_and(|element| group(&element) == DIRECTORY_GROUP))
    }

    fn element(&mut self) -> io::Result<Option<Element>> {
        Ok(self.encoding.element(self.window.from(self.at, HEADER_BYTES)?))
    }

    fn take(&mut self, element: &Element) -> io::Result<()> {
        let is = |tag| element.number == element::number(tag);
        let value = element.value_at(self.at);
        if is(tags::RECORD_IN_USE_FLAG) {
            self.in_use = self.window.bytes_at(value, 2)? != Some(&[0, 0]);
        } else if is(tags::REFERENCED_FILE_ID) && self.in_use && element.length <= MAX_FILE_ID_BYTES {
            let file_id = self.window.bytes_at(value, element.length as usize)?;
            self.reference = file_id.map(|file_id| Reference { file_id: file_id.to_vec(), may_be_directory: true });
        } else if is(tags::REFERENCED_SOP_CLASS_UID_IN_FILE) && element.length <= MAX_UID_BYTES {
            let class = self.window.bytes_at(value, element.length as usize)?.map(unpadded).unwrap_or_default();
            let may_be_directory = class.is_empty() || class == uids::MEDIA_STORAGE_DIRECTORY_STORAGE.as_bytes();
            if let Some(reference) = &mut self.reference {
                reference.may_be_directory = may_be_directory;
            }
        }
        Ok(())
    }
}

fn group(element: &Element) -> u16 {
    element::tag(element.number).group()
}

/// The place behind an element; of the sequence of records, of items and of whatever has no length, that of what is in
/// it.
fn behind(at: u64, element: &Element) -> u64 {
    let is_open = element.number >= DELIMITERS
        || element.length == UNDEFINED
        || element.number == element::number(tags::DIRECTORY_RECORD_SEQUENCE);
    if is_open { element.value_at(at) } else { element.end(at) }
}
