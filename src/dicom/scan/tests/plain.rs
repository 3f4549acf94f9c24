//! The fast way over plain elements: what it takes, and what it leaves to the careful one.

use dicom_dictionary_std::tags;

use super::build::Data;
use super::*;
use crate::dicom::scan::cursor::{Cursor, MAX_VALUE_BYTES};
use crate::dicom::scan::element::number;
use crate::dicom::scan::plain::pass;

/// Whether the value of an element in memory is taken, and whether the way ends at it.
fn taken(encoding: Encoding, data: &Data) -> (bool, bool) {
    let (wanted, mut header) = (wanted(), Header::default());
    let mut cursor = Cursor::new(wanted.children(wanted.root()), number(tags::PIXEL_DATA), 0);
    let data = data.clone().value(tags::DEVICE_DESCRIPTION, b"LO", b"behind it");
    let passed = pass(encoding, &data.bytes, &mut cursor, &mut header);
    (header.end() > 0, passed.behind.is_some())
}

#[test]
fn the_fast_way_takes_plain_values_and_stops_at_all_else() {
    let long = |bytes: u32| vec![b'x'; bytes as usize];
    for encoding in ENCODINGS {
        let data = || Data::new(encoding);
        let item = data().item(&data().value(tags::ACCESSION_NUMBER, b"SH", b"A1"));
        for (name, data, want) in [
            ("a value", data().value(tags::STUDY_DESCRIPTION, b"UT", b"CT of the head"), (true, false)),
            ("no value", data().value(tags::STUDY_DESCRIPTION, b"UT", b""), (true, false)),
            ("the cap", data().value(tags::STUDY_DESCRIPTION, b"UT", &long(MAX_VALUE_BYTES)), (true, false)),
            ("beyond it", data().value(tags::STUDY_DESCRIPTION, b"UT", &long(MAX_VALUE_BYTES + 1)), (false, true)),
            ("items", data().value(tags::STUDY_DESCRIPTION, b"UT", &item.bytes), (false, true)),
            ("a sequence", data().value(tags::REQUEST_ATTRIBUTES_SEQUENCE, b"SQ", &item.bytes), (false, true)),
            ("without items", data().value(tags::REQUEST_ATTRIBUTES_SEQUENCE, b"SQ", b""), (false, true)),
            ("with text", data().value(tags::REQUEST_ATTRIBUTES_SEQUENCE, b"SQ", b"text"), (false, true)),
            ("a SOP class", data().value(tags::SOP_CLASS_UID, b"UI", b"1.2.840.10"), (false, true)),
            ("what nobody wants", data().value(tags::PATIENT_ADDRESS, b"LO", b"Some Street"), (false, false)),
        ] {
            assert_eq!(taken(encoding, &data), want, "{name} {encoding:?}");
        }
    }
}
