//! What one level wants of a header, packed: all that a study or series needs to keep of an instance. It is mapped when
//! the study is written, so that a study that waits takes little more room than its values have in the file.

use dicom_core::Tag;

use super::header::{DELIMITER, DataSet, Header, ITEM, MAX_ENTRIES, MAX_HEADER_BYTES, Open};
use super::wanted::Levels;

/// The wanted attributes of one level: for each its tag, its length and its bytes; what lies in a sequence or item
/// follows it, up to a delimiter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredValues(Box<[u8]>);

/// Stands for the length of a sequence or item; those of values are one more than they are.
const OPEN: u32 = 0;

impl StoredValues {
    /// What a header has for a level.
    pub fn of(header: &Header, level: Levels) -> StoredValues {
        let mut bytes = Vec::new();
        header.visit(level, |tag, value| match value {
            Some(value) => {
                write(&mut bytes, tag, value.len() as u32 + 1);
                bytes.extend_from_slice(value);
            }
            None => write(&mut bytes, tag, if tag == DELIMITER { 1 } else { OPEN }),
        });
        StoredValues(bytes.into_boxed_slice())
    }

    /// Whether every value is printable ASCII, padding aside: then it reads the same in whatever character set.
    pub fn is_plain_text(&self) -> bool {
        let mut rest = &*self.0;
        while let Some((tag, length)) = read(&mut rest) {
            if tag == DELIMITER || length == OPEN {
                continue;
            }
            let (value, behind) = rest.split_at_checked(length as usize - 1).unwrap_or((rest, &[]));
            rest = behind;
            if !value.iter().all(|byte| matches!(byte, 0 | b' '..=b'~')) {
                return false;
            }
        }
        true
    }

    /// These root attributes alone, with all that lies in them.
    pub fn only(&self, wanted: &[Tag]) -> StoredValues {
        let (mut rest, mut depth, mut is_kept, mut kept) = (&*self.0, 0_usize, false, Vec::new());
        loop {
            let before = rest;
            let Some((tag, length)) = read(&mut rest) else { break };
            if depth == 0 {
                is_kept = wanted.contains(&tag);
            }
            match (tag, length) {
                (DELIMITER, _) => depth = depth.saturating_sub(1),
                (_, OPEN) => depth += 1,
                (_, length) => rest = rest.get(length as usize - 1..).unwrap_or_default(),
            }
            if is_kept {
                kept.extend_from_slice(&before[..before.len() - rest.len()]);
            }
        }
        StoredValues(kept.into_boxed_slice())
    }

    /// The bytes to store, in the format [`STORED_FORMAT`].
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes stored bytes back; `None` where they are none of ours, or more than one header can hold.
    pub fn from_bytes(bytes: &[u8]) -> Option<StoredValues> {
        let (mut rest, mut depth, mut entries, mut value_bytes) = (bytes, 0_usize, 0, 0);
        while !rest.is_empty() {
            match read(&mut rest)? {
                (DELIMITER, _) => depth = depth.checked_sub(1)?,
                (_, OPEN) => depth += 1,
                (_, length) => {
                    rest = rest.get(length as usize - 1..)?;
                    value_bytes += length as usize - 1;
                }
            }
            entries += 1;
            if entries > 2 * MAX_ENTRIES || value_bytes > MAX_HEADER_BYTES {
                return None;
            }
        }
        (depth == 0).then(|| StoredValues(bytes.into()))
    }

    /// The attributes as a data set, in the room of a header that may have held another.
    pub fn unpack<'h>(&self, header: &'h mut Header) -> DataSet<'h> {
        header.clear();
        header.reserve(self.0.len());
        let (mut rest, mut open) = (&*self.0, Vec::<Open>::new());
        while let Some((tag, length)) = read(&mut rest) {
            match (tag, length) {
                (DELIMITER, _) => open.pop().into_iter().for_each(|open| header.close(open)),
                (ITEM, OPEN) => open.extend(header.open_item().ok()),
                (_, OPEN) => open.extend(header.open_sequence(tag, Levels::NONE).ok()),
                (_, length) => {
                    let (value, behind) = rest.split_at_checked(length as usize - 1).unwrap_or((rest, &[]));
                    rest = behind;
                    // There is room: it was all in one header before.
                    let _ = header.push_value(tag, Levels::NONE, value);
                }
            }
        }
        header.root()
    }
}

/// Most lengths take one byte: seven bits each, the lowest first, and a mark that more follow.
fn write(bytes: &mut Vec<u8>, tag: Tag, mut length: u32) {
    bytes.extend_from_slice(&tag.group().to_le_bytes());
    bytes.extend_from_slice(&tag.element().to_le_bytes());
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
}

fn read(rest: &mut &[u8]) -> Option<(Tag, u32)> {
    let (&[g0, g1, e0, e1], mut behind) = rest.split_first_chunk()?;
    let mut length = 0;
    for shift in (0..32).step_by(7) {
        let (byte, more) = behind.split_first()?;
        behind = more;
        length |= u32::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    *rest = behind;
    Some((Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1])), length))
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn a_level_comes_back_as_it_was_and_nothing_else_does() {
        let long = "x".repeat(70_000);
        let mut header = Header::default();
        header.push_value(tags::SPECIFIC_CHARACTER_SET, Levels::ALL, b"ISO_IR 100").unwrap();
        header.push_value(tags::PATIENT_ID, Levels::STUDY, b"1 ").unwrap();
        let sequence = header.open_sequence(tags::REQUEST_ATTRIBUTES_SEQUENCE, Levels::SERIES).unwrap();
        for id in ["a", "", &long] {
            let item = header.open_item().unwrap();
            header.push_value(tags::ACCESSION_NUMBER, Levels::SERIES, id.as_bytes()).unwrap();
            let inner = header.open_sequence(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, Levels::SERIES).unwrap();
            header.close(inner);
            header.close(item);
        }
        header.close(sequence);
        header.push_value(tags::SERIES_NUMBER, Levels::SERIES, b"7").unwrap();
        let mut room = Header::default();
        let series = StoredValues::of(&header, Levels::SERIES);
        let root = series.unpack(&mut room);
        assert_eq!(root.character_set(), b"ISO_IR 100");
        assert_eq!(root.bytes(tags::PATIENT_ID), None);
        assert_eq!(root.bytes(tags::SERIES_NUMBER), Some(b"7".as_slice()));
        let ids: Vec<_> = root
            .items(tags::REQUEST_ATTRIBUTES_SEQUENCE)
            .map(|item| {
                (item.bytes(tags::ACCESSION_NUMBER), item.items(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE).count())
            })
            .collect();
        assert_eq!(ids, ["a", "", &long].map(|id| (Some(id.as_bytes()), 0)));
        let study = StoredValues::of(&header, Levels::STUDY);
        let root = study.unpack(&mut room);
        assert_eq!(root.bytes(tags::PATIENT_ID), Some(b"1 ".as_slice()));
        assert_eq!(root.bytes(tags::SERIES_NUMBER), None);
        assert_eq!(root.items(tags::REQUEST_ATTRIBUTES_SEQUENCE).count(), 0);
    }

    #[test]
    fn stored_bytes_come_back_and_damaged_ones_do_not() {
        let mut header = Header::default();
        header.push_value(tags::PATIENT_ID, Levels::STUDY, &[b'1'; 300]).unwrap();
        let sequence = header.open_sequence(tags::REQUEST_ATTRIBUTES_SEQUENCE, Levels::STUDY).unwrap();
        let item = header.open_item().unwrap();
        header.push_value(tags::ACCESSION_NUMBER, Levels::STUDY, b"a").unwrap();
        header.close(item);
        header.close(sequence);
        let stored = StoredValues::of(&header, Levels::STUDY);
        assert_eq!(StoredValues::from_bytes(stored.as_bytes()), Some(stored.clone()));
        let whole_without_the_sequence = 4 + 2 + 300;
        for length in 1..stored.as_bytes().len() {
            let cut = StoredValues::from_bytes(&stored.as_bytes()[..length]);
            assert_eq!(cut.is_some(), length == whole_without_the_sequence, "{length}");
        }
        let value = |length: usize| [&[0; 4][..], &[0x81; 4], &[0], &vec![b'x'; length]].concat();
        for damaged in [&[0xFE, 0xFF, 0xDD, 0xE0, 1][..], &[0; 4], &[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] {
            assert_eq!(StoredValues::from_bytes(damaged), None, "{damaged:?}");
        }
        assert_eq!(StoredValues::from_bytes(&value(2)), None, "the length says more");
        let many = [1, 0, 1, 0, 1].repeat(2 * MAX_ENTRIES + 1);
        assert_eq!(StoredValues::from_bytes(&many), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            if let Some(stored) = StoredValues::from_bytes(&bytes) {
                let _ = stored.unpack(&mut Header::default()).bytes(tags::PATIENT_ID);
            }
        }
    }

    #[test]
    fn what_was_forgotten_is_not_kept() {
        let mut header = Header::default();
        header.push_value(tags::PATIENT_ID, Levels::STUDY, b"1").unwrap();
        assert!(header.forget_values(0, tags::PATIENT_ID).is_some());
        header.push_value(tags::PATIENT_ID, Levels::STUDY, b"2").unwrap();
        let mut room = Header::default();
        let root = StoredValues::of(&header, Levels::STUDY).unpack(&mut room);
        assert_eq!(root.bytes(tags::PATIENT_ID), Some(b"2".as_slice()));
    }
}
