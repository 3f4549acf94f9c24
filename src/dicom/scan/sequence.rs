//! Sequences (PS3.5 7.5): the items of a wanted one, and the way over one that is not.
//!
//! Wanted sequences lie as deep inside each other as their paths are long. The others may be as deep as a file likes,
//! so they are passed over without recursion, with one bit for each level.

use std::io;

use super::element::{Element, Encoding, HEADER_BYTES, ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, UNDEFINED, tag};
use super::{Scan, Stop, syntax};
use crate::dicom::header::FaultKind;
use crate::dicom::wanted::NodeId;

/// How deep sequences may lie inside each other.
pub const MAX_DEPTH: u32 = 64;

impl Scan<'_> {
    /// Takes what is wanted of the items of a sequence, and gives the place behind it.
    pub(super) fn sequence(
        &mut self,
        node: NodeId,
        offset: u64,
        element: &Element,
        parent_end: u64,
        encoding: Encoding,
    ) -> Result<u64, Stop> {
        let start = element.value_at(offset);
        let inner = self.inner_encoding(start, element, encoding)?;
        let end = if element.length == UNDEFINED { parent_end } else { element.end(offset).min(parent_end) };
        self.depth += 1;
        let behind = self.items(node, start, end, inner)?;
        self.depth -= 1;
        if element.length == UNDEFINED {
            return Ok(behind);
        }
        if (start + 1..end).contains(&behind) {
            // Something else than an item stands among the items: what is behind it is left.
            self.header.fault(tag(element.number), FaultKind::Malformed);
        }
        Ok(end)
    }

    fn items(&mut self, node: NodeId, start: u64, end: u64, encoding: Encoding) -> Result<u64, Stop> {
        let mut at = start;
        while at < end {
            let Some(head) = encoding.implicit().element(self.window.from(at, HEADER_BYTES)?) else {
                return Err(self.no_element(at));
            };
            at = match head.number {
                ITEM => self.wanted_item(node, at, &head, end, encoding)?,
                ITEM_DELIMITATION => head.value_at(at),
                SEQUENCE_DELIMITATION => return Ok(head.value_at(at)),
                // The delimiter is missing, and this is the next element behind the sequence.
                _ => return Ok(at),
            };
        }
        Ok(end)
    }

    fn wanted_item(
        &mut self,
        node: NodeId,
        offset: u64,
        head: &Element,
        sequence_end: u64,
        encoding: Encoding,
    ) -> Result<u64, Stop> {
        let end = if head.length == UNDEFINED { sequence_end } else { head.end(offset).min(sequence_end) };
        let encoding = self.item_encoding(offset, head, encoding)?;
        let open = self.header.open_item().map_err(|_| self.fail(FaultKind::TooMany))?;
        let result = self.item(node, head.value_at(offset), end, encoding);
        self.header.close(open);
        Ok(if head.length == UNDEFINED { result? } else { result.map(|_| end)? })
    }

    /// Passes over the value of an element of undefined length that is not wanted: a sequence, or fragments.
    pub(super) fn skip_sequence(
        &mut self,
        offset: u64,
        element: &Element,
        end: u64,
        encoding: Encoding,
    ) -> Result<u64, Stop> {
        let start = element.value_at(offset);
        let inner = self.inner_encoding(start, element, encoding)?;
        self.skip_items(start, end, inner)
    }

    /// Passes over items, and all sequences in them, up to the delimiter that ends them or to what is no item.
    pub(super) fn skip_items(&mut self, start: u64, end: u64, encoding: Encoding) -> Result<u64, Stop> {
        let mut levels = Levels::new(encoding);
        let mut at = start;
        while at < end && levels.depth > 0 {
            let mut encoding = levels.encoding();
            if levels.in_item() {
                at += encoding.pass(self.window.from(at, HEADER_BYTES)?);
            } else {
                // Items have no VR (PS3.5 7.5), and their length may look like one.
                encoding = encoding.implicit();
            }
            let Some(element) = self.element(at, encoding)? else {
                self.depth += 1;
                return Err(self.no_element(at));
            };
            at = self.skip_element(at, &element, &mut levels)?;
        }
        Ok(at.min(end))
    }

    fn skip_element(&mut self, at: u64, element: &Element, levels: &mut Levels) -> Result<u64, Stop> {
        let is_mark = element.is_mark();
        match (element.number, element.length) {
            (ITEM, UNDEFINED) if is_mark => {
                levels.set_in_item(true);
                levels.set_encoding(self.item_encoding(at, element, levels.encoding())?);
            }
            (ITEM_DELIMITATION, _) if is_mark && levels.in_item() => levels.set_in_item(false),
            (SEQUENCE_DELIMITATION, _) if is_mark => levels.leave(),
            (ITEM, _) if is_mark => return Ok(element.end(at)),
            // The delimiter is missing, and this belongs to what is around the sequence.
            _ if !levels.in_item() => {
                levels.leave();
                return Ok(at);
            }
            (_, UNDEFINED) if levels.depth == MAX_DEPTH => return Err(self.fail(FaultKind::TooDeep)),
            (_, UNDEFINED) => {
                let inner = self.inner_encoding(element.value_at(at), element, levels.encoding())?;
                levels.enter(inner);
            }
            _ if element.may_be_empty() => return Ok(self.resolved(at, *element, levels.encoding())?.end(at)),
            _ => return Ok(element.end(at)),
        }
        Ok(element.value_at(at))
    }

    /// The encoding inside a sequence: the one around it, unless the VR is UN or left out.
    fn inner_encoding(&mut self, start: u64, element: &Element, outer: Encoding) -> Result<Encoding, Stop> {
        if outer.is_explicit() && matches!(&element.vr, b"UN" | b"\0\0") {
            return Ok(syntax::inside_unknown(self.window.from(start, 2 * HEADER_BYTES)?));
        }
        Ok(outer)
    }

    /// The encoding inside an item: the one around it, unless VRs stand in an item of an implicit data set.
    fn item_encoding(&mut self, offset: u64, head: &Element, outer: Encoding) -> io::Result<Encoding> {
        let start = head.value_at(offset);
        if outer.is_explicit() || !syntax::has_vr(self.window.from(start, HEADER_BYTES)?) {
            return Ok(outer);
        }
        Ok(syntax::inside_item(self.window.sample(start)?, head.length, outer))
    }
}

/// Where a way over sequences is: how deep, and at which levels inside an item.
struct Levels {
    depth: u32,
    in_item: u64,
    /// The encoding of each level.
    encodings: [Encoding; MAX_DEPTH as usize],
}

impl Levels {
    fn new(encoding: Encoding) -> Levels {
        Levels { depth: 1, in_item: 0, encodings: [encoding; MAX_DEPTH as usize] }
    }

    /// Enters a sequence, which is known to lie less deep than the cap.
    fn enter(&mut self, encoding: Encoding) {
        self.depth += 1;
        self.set_in_item(false);
        self.set_encoding(encoding);
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn encoding(&self) -> Encoding {
        self.encodings[self.level()]
    }

    fn set_encoding(&mut self, encoding: Encoding) {
        self.encodings[self.level()] = encoding;
    }

    fn in_item(&self) -> bool {
        self.in_item & self.bit() != 0
    }

    fn set_in_item(&mut self, inside: bool) {
        self.in_item = if inside { self.in_item | self.bit() } else { self.in_item & !self.bit() };
    }

    fn bit(&self) -> u64 {
        1 << self.level()
    }

    /// The place of the innermost sequence, from 0 on.
    fn level(&self) -> usize {
        self.depth.saturating_sub(1) as usize % MAX_DEPTH as usize
    }
}
