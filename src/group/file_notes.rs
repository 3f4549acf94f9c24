//! Notes about a single file, as raw values: they become issues when the options for decoding are known, so that a
//! stored file and a newly read one have the same issues.

use dicom_dictionary_std::tags;

use crate::dicom::header::{Fault, FaultKind};
use crate::dicom::value::{plain_number, trim_uid};
use crate::dicom::{DataSet, Header, Levels, StoredValues, Tag};
use crate::issue::{Issue, Reason};
use crate::mapping::{self, Mapped, NUMBER, NumberPart, Options};

/// Notes about a file, beyond those of its study, series and kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileNotes {
    faults: Vec<Fault>,
    /// Whether the file meta information's UID stands in for the instance's own.
    is_uid_stand_in: bool,
    /// Instance Number (0020,0013) with its character set, unless it is plain digits.
    number: Option<StoredValues>,
}

impl FileNotes {
    /// The notes of a file that was just read.
    pub fn of(header: &Header) -> FileNotes {
        let root = header.root();
        let number = root.bytes(tags::INSTANCE_NUMBER).filter(|value| plain_number(value).is_none());
        FileNotes {
            faults: header.faults.clone(),
            is_uid_stand_in: !has_value(root, tags::SOP_INSTANCE_UID),
            number: number.map(|_| StoredValues::of(header, Levels::NUMBER)),
        }
    }

    /// The notes of a file that was left out: faults of the scanner.
    pub fn of_skipped(header: &Header) -> FileNotes {
        FileNotes { faults: header.faults.clone(), ..FileNotes::default() }
    }

    /// The values of the Instance Number, unless it is plain digits.
    pub fn stored_number(&self) -> Option<&StoredValues> {
        self.number.as_ref()
    }

    /// Whether there are no notes.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty() && !self.is_uid_stand_in && self.number.is_none()
    }

    /// The Instance Number, unless it is plain digits, which do not depend on options.
    pub fn number(&self, options: &Options) -> Option<Mapped<NumberPart>> {
        let stored = self.number.as_ref()?;
        Some(mapping::map(NUMBER, stored.unpack(&mut Header::default()), options))
    }

    /// The scanner's faults, as issues.
    pub fn faults(&self) -> impl Iterator<Item = Issue> {
        self.faults.iter().map(|fault| fault_issue(*fault))
    }

    /// The issues of the file, but for those of its number and kind.
    pub fn issues<'n>(&'n self, sop_instance_uid: &str, options: &Options) -> impl Iterator<Item = Issue> + use<'n> {
        let stand_in = self.is_uid_stand_in.then(|| stand_in(sop_instance_uid, options));
        self.faults().chain(stand_in)
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.is_uid_stand_in) | u8::from(self.number.is_some()) << 1];
        for Fault { tag, kind } in &self.faults {
            bytes.push(code(*kind));
            bytes.extend([tag.group(), tag.element()].iter().flat_map(|half| half.to_le_bytes()));
        }
        bytes.push(0);
        bytes.extend_from_slice(self.number.as_ref().map_or(&[], StoredValues::as_bytes));
        bytes
    }

    /// Parses stored bytes; `None` if they are invalid.
    pub fn from_bytes(bytes: &[u8]) -> Option<FileNotes> {
        let (flags, mut rest) = bytes.split_first().filter(|(flags, _)| **flags < 4)?;
        let mut faults = Vec::new();
        loop {
            let (code, behind) = rest.split_first()?;
            rest = behind;
            if *code == 0 {
                break;
            }
            let (&[g0, g1, e0, e1], behind) = rest.split_first_chunk()?;
            rest = behind;
            let tag = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
            faults.push(Fault { tag, kind: *KINDS.get(usize::from(*code) - 1)? });
        }
        let number = if flags & 2 == 0 { None } else { Some(StoredValues::from_bytes(rest)?) };
        (number.is_some() || rest.is_empty()).then_some(FileNotes { faults, is_uid_stand_in: flags & 1 != 0, number })
    }
}

/// The kinds by code: index plus one.
const KINDS: [FaultKind; 6] = [
    FaultKind::Truncated,
    FaultKind::Repeated,
    FaultKind::TooLong,
    FaultKind::TooDeep,
    FaultKind::TooMany,
    FaultKind::Malformed,
];

fn code(kind: FaultKind) -> u8 {
    let place = KINDS.iter().position(|known| *known == kind).expect("the table has every kind");
    place as u8 + 1
}

/// Whether an attribute is there and not empty.
pub(super) fn has_value(root: DataSet<'_>, tag: Tag) -> bool {
    root.bytes(tag).is_some_and(|value| !trim_uid(value).is_empty())
}

/// The issue that the file meta information's UID replaces the instance's own.
pub(super) fn stand_in(sop_instance_uid: &str, options: &Options) -> Issue {
    let value = options.keep_values.then(|| sop_instance_uid.to_string());
    Issue { element: "series.instance.uid", tags: vec![tags::SOP_INSTANCE_UID], reason: Reason::InstanceStandIn, value }
}

/// A fault of the scanner, as an issue of the file.
pub fn fault_issue(Fault { tag, kind }: Fault) -> Issue {
    let reason = match kind {
        FaultKind::Truncated => Reason::Truncated,
        FaultKind::Repeated => Reason::Repeated,
        FaultKind::TooLong if tag == tags::PATIENT_ID => Reason::PatientIdTooLong,
        FaultKind::TooLong => Reason::TooLong,
        FaultKind::TooDeep => Reason::TooDeep,
        FaultKind::TooMany => Reason::TooMany,
        FaultKind::Malformed => Reason::Malformed,
    };
    Issue::new("", &[tag], reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(number: &[u8], faults: &[FaultKind]) -> FileNotes {
        let mut header = Header::default();
        header.push_value(tags::INSTANCE_NUMBER, Levels::NUMBER, number).unwrap();
        faults.iter().for_each(|kind| header.fault(tags::PATIENT_NAME, *kind));
        FileNotes::of(&header)
    }

    #[test]
    fn notes_come_back_as_they_were() {
        for notes in [noted(b"1", &[]), noted(b"x", &[]), noted(b"7 ", &KINDS), noted(b"-1", &KINDS[3..4])] {
            let bytes = notes.to_bytes();
            assert_eq!(FileNotes::from_bytes(&bytes).as_ref(), Some(&notes));
            for cut in 0..bytes.len() {
                assert_ne!(FileNotes::from_bytes(&bytes[..cut]).as_ref(), Some(&notes));
            }
        }
        assert_eq!(FileNotes::from_bytes(&[4, 0]), None);
        assert_eq!(FileNotes::from_bytes(&[0, 99, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn a_plain_number_is_nothing_to_note() {
        let number = |raw: &[u8]| noted(raw, &[]).number(&Options::default()).map(|mapped| mapped.part.number);
        assert_eq!([number(b"12 "), number(b"+12"), number(b"-1")], [None, Some(Some(12)), Some(None)]);
    }
}
