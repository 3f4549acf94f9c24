//! The start of a file: preamble, DICM and the file meta information (PS3.10 7.1), or whatever stands in their place.
//!
//! The group length (0002,0000) is often wrong or absent, so it is not looked at: the file meta information ends with
//! the first element of another group.

use dicom_dictionary_std::tags;

use super::element::{self, Encoding, HEADER_BYTES, UNDEFINED};
use super::syntax::{self, Declared};
use super::{META_GROUP, Scan, Stop, unpadded};
use crate::issue::Skip;

/// The length of the preamble (PS3.10 7.1).
const PREAMBLE_BYTES: usize = 128;
/// The group of a command set (PS3.7 6.3).
const COMMAND_GROUP: u16 = 0x0000;
/// What follows the preamble.
const PREFIX: &[u8] = b"DICM";

impl Scan<'_> {
    /// Where the file meta information starts, or the data set of a file that has none.
    pub(super) fn find_start(&mut self) -> Result<u64, Stop> {
        let rest = self.window.from(0, PREAMBLE_BYTES + PREFIX.len())?;
        if rest.is_empty() {
            return Err(Stop::Skip(Skip::Empty));
        }
        for start in [PREAMBLE_BYTES, 0] {
            if rest.get(start..).is_some_and(|rest| rest.starts_with(PREFIX)) {
                self.announced = true;
                return Ok((start + PREFIX.len()) as u64);
            }
        }
        syntax::unannounced(self.window.sample(0)?).map(|_| 0).ok_or(Stop::Skip(Skip::NotDicom))
    }

    /// Takes what is wanted of the file meta information, and tells where the data set starts and how it is encoded.
    pub(super) fn file_meta(&mut self, start: u64) -> Result<(u64, Declared), Stop> {
        let mut at = self.behind_command(start)?;
        let encoding = self.encoding(at, Some(Encoding::ExplicitLittle))?;
        while encoding.group(self.window.from(at, HEADER_BYTES)?) == Some(META_GROUP) {
            let Some(element) = self.element(at, encoding)? else { break };
            self.last = element.number;
            if element.length == UNDEFINED {
                break;
            }
            self.meta_attribute(&element, at)?;
            at = element.end(at);
        }
        let syntax = self.header.root().bytes(tags::TRANSFER_SYNTAX_UID).map(unpadded);
        let declared = syntax.map_or(Declared::Unknown, syntax::declared);
        Ok((self.behind_command(at)?, declared))
    }

    /// The place behind a command set (PS3.7 6.3), which programs that keep messages write in front of the data set;
    /// where there is none, the same place.
    fn behind_command(&mut self, start: u64) -> Result<u64, Stop> {
        if Encoding::ImplicitLittle.group(self.window.from(start, HEADER_BYTES)?) != Some(COMMAND_GROUP) {
            return Ok(start);
        }
        let encoding = self.encoding(start, Some(Encoding::ImplicitLittle))?;
        let (mut at, mut last) = (start, None);
        while let Some(element) = self.element(at, encoding)?
            && element::tag(element.number).group() == COMMAND_GROUP
            && last < Some(element.number)
            && element.length != UNDEFINED
        {
            (at, last) = (element.end(at), Some(element.number));
        }
        Ok(at)
    }

    fn meta_attribute(&mut self, element: &element::Element, at: u64) -> Result<(), Stop> {
        let tag = element::tag(element.number);
        let children = self.wanted.children(self.wanted.root());
        let Some(child) = children.iter().take_while(|child| child.tag <= tag).find(|child| child.tag == tag) else {
            return Ok(());
        };
        self.take(child, element.value_at(at), element.length)
    }
}
