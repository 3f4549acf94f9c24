//! The files that a DICOMDIR lists (PS3.3 F.3).
//!
//! Its records point at each other by offsets in the file, which are often wrong. All of them stand in one sequence, so
//! they are taken as they come, and lengths of items are not looked at either.

use std::io;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::element::{self, DELIMITERS, Element, Encoding, HEADER_BYTES, ITEM, UNDEFINED};
use super::window::Window;
use super::{META_GROUP, syntax};
use crate::dicom::bytes::Bytes;
use crate::issue::Skip;

/// Where the file meta information of every DICOMDIR starts (PS3.10 7.1).
const META_START: u64 = 132;
/// The group of the directory's own attributes.
const DIRECTORY_GROUP: u16 = 0x0004;
/// The longest File ID: eight components of eight characters (PS3.10 8.2), and more for those who use more.
const MAX_FILE_ID_BYTES: u32 = 1024;
/// The offsets of a DICOMDIR have 32 bits.
const MAX_DIRECTORY_BYTES: usize = u32::MAX as usize;

/// Gives each Referenced File ID (0004,1500) of a DICOMDIR, raw, and says whether the source is one.
pub fn referenced_files(source: &mut dyn Bytes, visit: &mut dyn FnMut(&[u8])) -> Result<bool, Skip> {
    let mut buffer = Vec::new();
    let window = Window::new(source, &mut buffer).with_budget(MAX_DIRECTORY_BYTES);
    let mut directory = Directory { window, at: META_START, encoding: Encoding::ExplicitLittle, in_use: true };
    directory.read(visit).map_err(|error| Skip::Unreadable(error.to_string()))?.ok_or(Skip::Cut)
}

struct Directory<'a> {
    window: Window<'a>,
    at: u64,
    encoding: Encoding,
    /// Whether the record was not deleted.
    in_use: bool,
}

impl Directory<'_> {
    /// `None` where the directory was cut.
    fn read(&mut self, visit: &mut dyn FnMut(&[u8])) -> io::Result<Option<bool>> {
        if !self.starts()? {
            return Ok(Some(false));
        }
        while let Some(element) = self.element()? {
            if element.number < element::number(Tag(DIRECTORY_GROUP, 0)) {
                return Ok(None);
            }
            self.take(&element, visit)?;
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

    fn take(&mut self, element: &Element, visit: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let is = |tag| element.number == element::number(tag);
        if element.number == ITEM {
            self.in_use = true;
        } else if is(tags::RECORD_IN_USE_FLAG) {
            self.in_use = self.window.bytes_at(element.value_at(self.at), 2)? != Some(&[0, 0]);
        } else if is(tags::REFERENCED_FILE_ID) && self.in_use && element.length <= MAX_FILE_ID_BYTES {
            self.window.bytes_at(element.value_at(self.at), element.length as usize)?.into_iter().for_each(visit);
        }
        Ok(())
    }
}

fn group(element: &Element) -> u16 {
    element::tag(element.number).group()
}

/// The place behind an element; of the sequence of records, of items and of whatever has no length, that of what is in it.
fn behind(at: u64, element: &Element) -> u64 {
    let is_open = element.number >= DELIMITERS
        || element.length == UNDEFINED
        || element.number == element::number(tags::DIRECTORY_RECORD_SEQUENCE);
    if is_open { element.value_at(at) } else { element.end(at) }
}
