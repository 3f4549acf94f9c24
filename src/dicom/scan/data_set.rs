//! Walks a data set: passes over what is not wanted, takes what is, and knows where to stop.
//!
//! Elements ascend (PS3.5 7.1), so the scan stops behind the last wanted one. A root data set that is out of order, or
//! has not shown its UIDs by then, is read to its Pixel Data.

use std::io;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::cursor::{Cursor, MAX_VALUE_BYTES, starts_with_item};
use super::element::{self, DELIMITERS, Element, Encoding, HEADER_BYTES, ITEM, UNDEFINED, number};
use super::plain::{self, Passed};
use super::{Scan, Stop, unpadded};
use crate::dicom::header::FaultKind;
use crate::dicom::wanted::{Child, NodeId};
use crate::issue::Skip;

/// The longest element that is looked behind, to see whether its tag is damaged: most of a header are shorter.
const MAX_DAMAGED_BYTES: u32 = 256;

/// The most values of a file that may stand twice: each costs a look at all that is kept.
const MAX_REPEATS: u32 = 256;

impl<'a> Scan<'a> {
    /// Walks the root data set up to the last wanted element, and gives the place behind it.
    pub(super) fn root(&mut self, start: u64, encoding: Encoding) -> Result<u64, Stop> {
        let root = self.wanted.root();
        let mut cursor = Cursor::new(self.wanted.children(root), self.limit()?, self.header.end());
        let mut at = start;
        while let Some((offset, element)) = self.advance(at, u64::MAX, &mut cursor, encoding)? {
            at = offset;
            if element.number >= DELIMITERS {
                at = self.stray(offset, &element, encoding)?;
                continue;
            }
            if element.number >= cursor.limit && self.is_last(&element, &cursor) {
                if !self.goes_back(offset, &element, &cursor, encoding)? {
                    break;
                }
                // Its tag is damaged: what it was is not known, and what follows it is read.
                at = element.end(offset);
                continue;
            }
            let child = cursor.find(element.number);
            at = match cursor.is_late {
                true => self.repeated(child, offset, &element, u64::MAX, encoding, cursor.start)?,
                false => self.attribute(child, offset, &element, u64::MAX, encoding)?,
            };
            match child.map(|child| child.tag) {
                Some(tags::SOP_CLASS_UID) if !self.is_class_known() => cursor.set_limit(self.limit()?),
                Some(tags::DIRECTORY_RECORD_SEQUENCE) => return Err(Stop::Skip(Skip::Dicomdir)),
                _ => {}
            }
        }
        Ok(at)
    }

    /// Walks an item of a wanted sequence, and gives the place behind it.
    pub(super) fn item(&mut self, node: NodeId, start: u64, end: u64, encoding: Encoding) -> Result<u64, Stop> {
        let mut cursor = Cursor::new(self.wanted.children(node), DELIMITERS, self.header.end());
        let mut at = start;
        while let Some((offset, element)) = self.advance(at, end, &mut cursor, encoding)? {
            match element.number {
                element::ITEM_DELIMITATION if element.is_mark() => return Ok(element.value_at(offset)),
                // The item's own delimiter is missing.
                DELIMITERS.. if element.is_mark() => return Ok(offset),
                number => {
                    let child = cursor.find(number);
                    at = match cursor.is_late {
                        true => self.repeated(child, offset, &element, end, encoding, cursor.start)?,
                        false => self.attribute(child, offset, &element, end, encoding)?,
                    };
                }
            }
        }
        Ok(end)
    }

    /// Goes over plain elements to the first that must be looked at: it is wanted and not plain, or behind the last
    /// wanted one, of undefined length, or out of order. `None` at the end of an item of defined length.
    fn advance(
        &mut self,
        start: u64,
        end: u64,
        cursor: &mut Cursor,
        encoding: Encoding,
    ) -> Result<Option<(u64, Element)>, Stop> {
        let mut at = start;
        while at < end {
            let rest = self.window.from(at, HEADER_BYTES)?;
            let inside = usize::try_from(end - at).ok().and_then(|inside| rest.get(..inside)).unwrap_or(rest);
            let Passed { bytes, behind } = plain::pass(encoding, inside, cursor, self.header);
            at = at.saturating_add(bytes);
            if at >= end {
                break;
            }
            if cursor.previous > 0 {
                self.last = cursor.previous;
            }
            let Some(element) = behind.map_or_else(|| self.element(at, encoding), |element| Ok(Some(element)))? else {
                return Err(self.no_element(at));
            };
            let element = if element.may_be_empty() { self.resolved(at, element, encoding)? } else { element };
            self.last = element.number;
            if element.number >= cursor.next || element.number <= cursor.previous || element.length == UNDEFINED {
                return Ok(Some((at, element)));
            }
            cursor.previous = element.number;
            at = element.end(at);
        }
        if at > end {
            self.header.fault(element::tag(self.last), FaultKind::Malformed);
        }
        Ok(None)
    }

    /// An element with a length that may be the next one's tag: empty, if two ascending elements or a
    /// delimiter follow then.
    #[cold]
    pub(super) fn resolved(&mut self, at: u64, element: Element, encoding: Encoding) -> io::Result<Element> {
        let (empty, mut place, mut last) = (element.emptied(), element.emptied().end(at), element.number);
        for _ in 0..2 {
            let head = self.window.from(place, HEADER_BYTES)?;
            if encoding.implicit().element(head).is_some_and(|next| next.is_mark()) {
                break;
            }
            let next = head.first_chunk().and_then(|head| encoding.known(head));
            let next = next.filter(|next| (last + 1..DELIMITERS).contains(&next.number) && !next.may_be_empty());
            let Some(next) = next else { return Ok(element) };
            if next.length == UNDEFINED {
                break;
            }
            (place, last) = (next.end(place), next.number);
        }
        Ok(empty)
    }

    /// Whether a lower tag follows a short element behind the last wanted one: then its tag is no sign of the end, for
    /// it is damaged.
    fn goes_back(&mut self, offset: u64, element: &Element, cursor: &Cursor, encoding: Encoding) -> Result<bool, Stop> {
        if element.length > MAX_DAMAGED_BYTES {
            return Ok(false);
        }
        let head = self.window.from(element.end(offset), HEADER_BYTES)?;
        let next = head.first_chunk().and_then(|head| encoding.known(head));
        let is_between = |number| cursor.previous < number && number < cursor.limit;
        let is_sane = |length| length <= MAX_VALUE_BYTES || length == UNDEFINED;
        Ok(next.is_some_and(|next| is_between(next.number) && is_sane(next.length)))
    }

    /// Takes what is wanted of an element, and gives the place behind it.
    fn attribute(
        &mut self,
        child: Option<&Child>,
        offset: u64,
        element: &Element,
        end: u64,
        encoding: Encoding,
    ) -> Result<u64, Stop> {
        match child {
            Some(&Child { tag, levels, items: Some(node), .. }) => {
                let open = self.header.open_sequence(tag, levels).map_err(|_| self.fail(FaultKind::TooMany))?;
                let result = self.sequence(node, offset, element, end, encoding);
                self.header.close(open);
                result
            }
            _ if element.length == UNDEFINED => self.skip_sequence(offset, element, end, encoding),
            Some(child) if element.end(offset) <= end => {
                self.take(child, element.value_at(offset), element.length)?;
                Ok(element.end(offset))
            }
            _ => Ok(element.end(offset)),
        }
    }

    /// Takes what is wanted of an element that may be there already: an attribute stands once in a data set (PS3.5
    /// 7.1). Of two values the later one is taken, as pydicom and dicom-rs do, and a former one that differs is kept
    /// behind it.
    #[cold]
    fn repeated(
        &mut self,
        child: Option<&Child>,
        offset: u64,
        element: &Element,
        end: u64,
        encoding: Encoding,
        start: usize,
    ) -> Result<u64, Stop> {
        let former = child.and_then(|child| self.header.forget_values(start, child.tag));
        if let (Some(child), Some(_)) = (child, &former) {
            self.repeats += 1;
            self.header.fault(child.tag, FaultKind::Repeated);
        }
        if self.repeats > MAX_REPEATS {
            return Err(self.fail(FaultKind::TooMany));
        }
        let place = self.header.end();
        let behind = self.attribute(child, offset, element, end, encoding)?;
        self.header.keep_former(place, former.unwrap_or_default()).map_err(|_| self.fail(FaultKind::TooMany))?;
        Ok(behind)
    }

    /// Takes a value, if all of it is there.
    pub(super) fn take(&mut self, child: &Child, at: u64, length: u32) -> Result<(), Stop> {
        if length > MAX_VALUE_BYTES {
            self.header.fault(child.tag, FaultKind::TooLong);
            return Ok(());
        }
        let Some(value) = self.window.bytes_at(at, length as usize)? else {
            return Err(self.fail(FaultKind::Truncated));
        };
        if starts_with_item(value) {
            return Ok(());
        }
        self.header.push_value(child.tag, child.levels, value).map_err(|_| self.fail(FaultKind::TooMany))
    }

    /// The number behind the last one that is worth reading in an object of this SOP class. Per-Frame Functional Groups
    /// and Pixel Data never are. A DICOMDIR is left out.
    fn limit(&self) -> Result<u32, Stop> {
        let root = self.header.root();
        let class = root.bytes(tags::SOP_CLASS_UID).or_else(|| root.bytes(tags::MEDIA_STORAGE_SOP_CLASS_UID));
        match class.map(unpadded) {
            Some(class) if class == uids::MEDIA_STORAGE_DIRECTORY_STORAGE.as_bytes() => Err(Stop::Skip(Skip::Dicomdir)),
            class => Ok(number(self.wanted.last_tag(class).min(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)) + 1),
        }
    }

    /// Whether the file meta information named the SOP class already.
    fn is_class_known(&self) -> bool {
        let root = self.header.root();
        root.bytes(tags::SOP_CLASS_UID) == root.bytes(tags::MEDIA_STORAGE_SOP_CLASS_UID)
    }

    /// Whether nothing that is wanted can come behind an element at or beyond the limit.
    fn is_last(&self, element: &Element, cursor: &Cursor) -> bool {
        const UIDS: [Tag; 3] = [tags::SOP_INSTANCE_UID, tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID];
        let root = self.header.root();
        element.length == UNDEFINED || cursor.in_order && UIDS.iter().all(|uid| root.bytes(*uid).is_some())
    }

    /// Passes over a delimiter, or an item with all that lies in it, where there is no sequence; or an element whose
    /// tag was damaged to look like one.
    fn stray(&mut self, offset: u64, element: &Element, encoding: Encoding) -> Result<u64, Stop> {
        match element {
            Element { number: ITEM, .. } if element.is_mark() => self.skip_items(offset, u64::MAX, encoding),
            _ if element.is_mark() => Ok(element.value_at(offset)),
            Element { length: UNDEFINED, .. } => self.skip_sequence(offset, element, u64::MAX, encoding),
            _ => Ok(element.end(offset)),
        }
    }

    /// What it means that no element starts here: the end of the file, in its place or too early, or nonsense.
    #[cold]
    pub(super) fn no_element(&mut self, at: u64) -> Stop {
        let rest = match self.window.from(at, HEADER_BYTES) {
            Ok(rest) => rest,
            Err(error) => return Stop::Read(error),
        };
        let whole = rest.len() >= HEADER_BYTES;
        // Files are padded with NULs to the block of a medium.
        let padding = rest.iter().all(|byte| *byte == 0);
        match (padding && self.depth == 0 && self.window.reaches(at), whole) {
            (true, _) => Stop::Done,
            (false, true) => self.fail(FaultKind::Malformed),
            (false, false) => self.fail(FaultKind::Truncated),
        }
    }
}
