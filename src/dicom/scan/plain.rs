//! The usual case, and where a scan spends its time: elements that ascend, of defined length, each whole in memory.
//!
//! Those that are not wanted are passed over, and plain values that are wanted are taken. At the first element that is
//! anything else this ends, and [`Scan::advance`](super::Scan) goes on.

use dicom_dictionary_std::tags;

use super::cursor::{Cursor, MAX_VALUE_BYTES, starts_with_item};
use super::element::{Element, Encoding, UNDEFINED};
use crate::dicom::header::Header;
use crate::dicom::wanted::Child;

/// How far a way over plain elements came.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// The number of bytes passed, which may reach beyond those there were.
    pub bytes: u64,
    /// The element behind them; `None` where its header is not whole, or has a VR that PS3.5 does not have.
    pub behind: Option<Element>,
}

/// Goes over the plain elements at the start of `rest`.
pub fn pass(encoding: Encoding, rest: &[u8], cursor: &mut Cursor<'_>, header: &mut Header) -> Passed {
    // With the encoding a constant, each of these is a loop of its own.
    match encoding {
        Encoding::ExplicitLittle => pass_as(Encoding::ExplicitLittle, rest, cursor, header),
        Encoding::ImplicitLittle => pass_as(Encoding::ImplicitLittle, rest, cursor, header),
        Encoding::ExplicitBig | Encoding::ImplicitBig => pass_as(encoding, rest, cursor, header),
    }
}

#[inline(always)]
fn pass_as(encoding: Encoding, data: &[u8], cursor: &mut Cursor<'_>, header: &mut Header) -> Passed {
    let mut rest = data;
    while let Some(element) = skip(encoding, &mut rest, cursor) {
        let is_plain = element.number > cursor.previous && element.length != UNDEFINED;
        let is_noticed = element.number >= cursor.next;
        if !is_plain || is_noticed && !(element.number < cursor.limit && take(&element, rest, cursor, header)) {
            return Passed { bytes: passed(data, rest), behind: Some(element) };
        }
        let length = element.whole_length();
        match usize::try_from(length).ok().and_then(|length| rest.get(length..)) {
            Some(behind) => rest = behind,
            None if element.may_be_empty() => return Passed { bytes: passed(data, rest), behind: Some(element) },
            None => {
                cursor.previous = element.number;
                return Passed { bytes: passed(data, rest) + length, behind: None };
            }
        }
        cursor.previous = element.number;
    }
    Passed { bytes: passed(data, rest), behind: None }
}

/// Skips unwanted elements, and returns the first that may be wanted. Only their headers are read, and only the last
/// tag is kept.
#[inline(always)]
fn skip(encoding: Encoding, rest: &mut &[u8], cursor: &mut Cursor<'_>) -> Option<Element> {
    let (mut previous, next) = (cursor.previous, cursor.next);
    let noticed = loop {
        let Some(element) = rest.first_chunk().and_then(|head| encoding.known(head)) else { break None };
        let is_unnoticed = previous < element.number && element.number < next && element.length != UNDEFINED;
        let behind = usize::try_from(element.whole_length()).ok().and_then(|length| rest.get(length..));
        let Some(behind) = behind.filter(|_| is_unnoticed) else { break Some(element) };
        (*rest, previous) = (behind, element.number);
    };
    cursor.previous = previous;
    noticed
}

fn passed(data: &[u8], rest: &[u8]) -> u64 {
    (data.len() - rest.len()) as u64
}

/// Takes what is wanted of a plain element at the start of `rest`; `false` if there is more to it.
#[inline(always)]
fn take(element: &Element, rest: &[u8], cursor: &mut Cursor<'_>, header: &mut Header) -> bool {
    let Some(child) = cursor.seek(element.number) else { return true };
    let value = rest.get(usize::from(element.header)..).and_then(|rest| rest.get(..element.length as usize));
    let Some(value) = value.filter(|value| is_plain_value(child, value)) else { return false };
    let taken = header.push_value(child.tag, child.levels, value).is_ok();
    if taken {
        cursor.leave();
    }
    taken
}

/// Whether there is nothing to do but to keep the value.
#[inline(always)]
fn is_plain_value(child: &Child, value: &[u8]) -> bool {
    child.items.is_none()
        && value.len() <= MAX_VALUE_BYTES as usize
        && !starts_with_item(value)
        && !matches!(child.tag, tags::SOP_CLASS_UID | tags::DIRECTORY_RECORD_SEQUENCE)
}
