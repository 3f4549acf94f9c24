//! Files that are cut, lie, or mean harm: what they held is kept, and nothing else happens.

use std::io;
use std::slice;

use dicom_dictionary_std::{tags, uids};
use proptest::prelude::*;

use super::build::{Data, file, meta, part_10};
use super::*;
use crate::dicom::bytes::{Counted, Forward};
use crate::dicom::header::{Fault, MAX_HEADER_BYTES};
use crate::dicom::scan::element::{ITEM, ITEM_DELIMITATION, UNDEFINED};

#[test]
fn a_deflated_data_set_that_is_cut_gives_what_it_held() {
    let data = Data::instance(ExplicitLittle, &[]).bytes;
    let stream = deflated(&data);
    let meta = meta(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    let (result, header) = scan(&part_10(&meta.bytes, &stream[..stream.len() - 20]));
    assert_eq!(result, Ok(()));
    assert_eq!(faults(&header), [FaultKind::Truncated]);
    assert_eq!(text(&header, tags::SOP_INSTANCE_UID).as_deref(), Some("1.2.3"));
    let (result, _) = scan(&part_10(&meta.bytes, &[0xFF; 40]));
    assert!(matches!(result, Err(Skip::Compressed(_))), "{result:?}");
}

#[test]
fn a_deflate_bomb_stops_at_its_cap() {
    let start = Data::new(ExplicitLittle).value(tags::SOP_INSTANCE_UID, b"UI", b"1.2.3\0");
    let mut bomb = start.header(PRIVATE, b"OB", u32::MAX - 1).bytes;
    bomb.resize(usize::try_from(MAX_INFLATED_BYTES).unwrap() + 100, 0);
    let meta = meta(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    let (result, header) = scan(&part_10(&meta.bytes, &deflated(&bomb)));
    assert_eq!((result, faults(&header)), (Ok(()), vec![FaultKind::TooMany]));
    assert_eq!(text(&header, tags::SOP_INSTANCE_UID).as_deref(), Some("1.2.3"));
}

#[test]
fn a_false_length_ends_the_scan_and_allocates_nothing() {
    for vr in [b"UT", b"UC", b"OB", b"OW", b"UN", b"SQ", b"UR", b"OD", b"OF", b"OL", b"OV"] {
        for (encoding, tag) in [(ExplicitLittle, PRIVATE), (ImplicitLittle, PRIVATE), (ExplicitBig, PRIVATE)] {
            let lie = Data::new(encoding).header(tag, vr, 0xFFFF_FFF0);
            let (result, header) = scan(&file(encoding, &Data::instance(encoding, &lie.bytes)));
            assert_eq!((result, faults(&header)), (Ok(()), vec![FaultKind::Truncated]), "{vr:?}");
            assert_eq!(text(&header, tags::SOP_INSTANCE_UID).as_deref(), Some("1.2.3"));
        }
    }
    let lie = Data::new(ImplicitLittle).header(tags::STUDY_DESCRIPTION, b"LO", 0xFFFF_FFF0);
    let (_, header) = scan(&file(ImplicitLittle, &Data::instance(ImplicitLittle, &lie.bytes)));
    assert_eq!(faults(&header), [FaultKind::TooLong, FaultKind::Truncated]);
}

#[test]
fn a_value_over_its_cap_is_left_out_and_the_rest_is_read() {
    let long = vec![b'x'; 1 + MAX_VALUE_BYTES as usize];
    let data =
        Data::instance(ExplicitLittle, &Data::new(ExplicitLittle).value(tags::STUDY_DESCRIPTION, b"UT", &long).bytes);
    let (result, header) = scan(&file(ExplicitLittle, &data));
    assert_eq!(result, Ok(()));
    assert_eq!(header.faults, [Fault { tag: tags::STUDY_DESCRIPTION, kind: FaultKind::TooLong }]);
    assert_eq!(text(&header, tags::STUDY_ID).as_deref(), Some("S1"));
}

#[test]
fn a_value_of_exactly_its_cap_is_read() {
    let long = vec![b'x'; MAX_VALUE_BYTES as usize];
    for encoding in [ExplicitLittle, ImplicitLittle] {
        let value = Data::new(encoding).value(tags::STUDY_DESCRIPTION, b"UT", &long).bytes;
        let (result, header) = scan(&file(encoding, &Data::instance(encoding, &value)));
        assert_eq!((result, faults(&header)), (Ok(()), Vec::new()));
        assert_eq!(text(&header, tags::STUDY_DESCRIPTION).map(|text| text.len()), Some(long.len()));
    }
}

#[test]
fn nesting_stops_at_its_cap() {
    for (encoding, vr) in [(ExplicitLittle, b"SQ"), (ExplicitLittle, b"UN"), (ImplicitLittle, b"SQ")] {
        let inside = if vr == b"UN" { ImplicitLittle } else { encoding };
        let level = Data::new(inside).mark(ITEM, UNDEFINED).header(PRIVATE, b"SQ", UNDEFINED).bytes;
        let deep = Data::new(encoding).header(PRIVATE, vr, UNDEFINED).raw(&level.repeat(1_000_000));
        let (result, header) = scan(&file(encoding, &Data::instance(encoding, &deep.bytes)));
        assert_eq!((result, faults(&header)), (Ok(()), vec![FaultKind::TooDeep]));
    }
}

#[test]
fn content_without_end_stops_at_the_budget() {
    let value = Data::new(ExplicitLittle).value(PRIVATE, b"LO", &[0; 1000]);
    let item = Data::new(ExplicitLittle).item(&value).bytes;
    let value = value.bytes;
    let delimiter = Data::new(ExplicitLittle).delimiter(ITEM_DELIMITATION).bytes;
    let in_request = Data::new(ExplicitLittle).header(REQUEST[0], b"SQ", UNDEFINED).bytes;
    let in_private = Data::new(ExplicitLittle).header(PRIVATE, b"SQ", UNDEFINED).bytes;
    let root = Vec::new();
    for (start, endless) in [(&in_private, &item), (&in_request, &item), (&root, &delimiter), (&root, &value)] {
        let head = Data::new(ExplicitLittle).value(tags::SOP_INSTANCE_UID, b"UI", b"1.2.3\0").raw(start);
        let head = file(ExplicitLittle, &head);
        let endless = io::Read::chain(head.as_slice(), Endless(endless.repeat(512), 0));
        let mut source = Counted::new(Forward::new(endless, u64::MAX));
        let (result, header) = scan_source(&mut source);
        assert_eq!(result, Ok(()));
        assert_eq!(faults(&header).last(), Some(&FaultKind::TooMany), "{:?}", header.faults);
        assert!(source.bytes <= (MAX_READ_BYTES + READ_BYTES) as u64, "{}", source.bytes);
    }
}

/// The same bytes again and again.
struct Endless(Vec<u8>, usize);

impl io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.0[self.1..]).read(buffer)?;
        self.1 = (self.1 + count) % self.0.len();
        Ok(count)
    }
}

#[test]
fn a_source_that_fails_makes_the_file_unreadable() {
    struct Failing(Vec<u8>);
    impl Bytes for Failing {
        fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            if offset > 0 { Err(io::Error::other("the disk says no")) } else { self.0.as_slice().read_at(0, buffer) }
        }
    }
    let large = Data::new(ExplicitLittle).value(PRIVATE, b"OB", &[0; 100_000]);
    let mut source = Failing(file(ExplicitLittle, &Data::instance(ExplicitLittle, &large.bytes)));
    assert_eq!(scan_source(&mut source).0, Err(Skip::Unreadable("the disk says no".into())));
}

/// The values of a header at its root, in a fixed order.
fn values(header: &Header) -> Vec<Option<Vec<u8>>> {
    const TAGS: [Tag; 6] = [
        tags::SPECIFIC_CHARACTER_SET,
        tags::SOP_CLASS_UID,
        tags::SOP_INSTANCE_UID,
        tags::PATIENT_NAME,
        tags::STUDY_INSTANCE_UID,
        tags::STUDY_ID,
    ];
    TAGS.iter().map(|tag| header.root().bytes(*tag).map(<[u8]>::to_vec)).collect()
}

#[test]
fn a_file_cut_at_any_byte_keeps_the_values_before() {
    for encoding in ENCODINGS {
        let item = Data::new(encoding).value(tags::ACCESSION_NUMBER, b"SH", b"A1");
        let bytes = file(encoding, &Data::instance(encoding, &[]).open_sequence(REQUEST[0], b"SQ", &[item]));
        let whole = values(&scan(&bytes).1);
        for end in 0..bytes.len() {
            let (_, header) = scan(&bytes[..end]);
            let cut = values(&header);
            let held = cut.iter().take_while(|value| value.is_some()).count();
            assert_eq!(cut[..held], whole[..held], "cut at {end}");
            assert!(cut[held..].iter().all(Option::is_none), "cut at {end}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_end_within_the_caps(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for start in [vec![], part_10(&[], &[]), file(ExplicitLittle, &Data::new(ExplicitLittle))] {
            let (_, header) = scan(&[start, bytes.clone()].concat());
            prop_assert!(header.faults.len() < 2000);
        }
    }

    #[test]
    fn a_damaged_file_ends_within_the_caps(
        encoding in prop::sample::select(ENCODINGS.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let item = Data::new(encoding).value(tags::ACCESSION_NUMBER, b"SH", b"A1");
        let between = Data::new(encoding).open_sequence(PRIVATE, b"SQ", &[item.clone(), item.clone()]);
        let data = Data::instance(encoding, &between.bytes).open_sequence(REQUEST[0], b"SQ", slice::from_ref(&item));
        let mut bytes = file(encoding, &data.sequence(Tag(0x0041, 0x1010), b"SQ", &[item]));
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let from_memory = scan(&bytes);
        let from_stream = scan_source(&mut Forward::new(bytes.as_slice(), u64::MAX));
        prop_assert_eq!(format!("{from_memory:?}"), format!("{from_stream:?}"));
        prop_assert!(from_memory.1.root().bytes(tags::PATIENT_NAME).is_none_or(|name| name.len() < MAX_HEADER_BYTES));
    }
}
