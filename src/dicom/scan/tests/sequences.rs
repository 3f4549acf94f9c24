//! Sequences and items, regular or odd in a way that real archives know: what they hold is read, and what follows them.

use std::slice;

use dicom_dictionary_std::{tags, uids};

use super::build::{Data, file};
use super::*;
use crate::dicom::scan::element::{SEQUENCE_DELIMITATION, UNDEFINED};

#[test]
fn unknown_sequences_do_not_disturb_the_rest() {
    for encoding in [ExplicitLittle, ExplicitBig] {
        let data = || Data::new(encoding);
        let implicit = Data::new(ImplicitLittle).value(tags::STUDY_INSTANCE_UID, b"UI", b"9.9\0");
        // PS3.5 6.2.2: inside UN of undefined length, all is Implicit VR Little Endian.
        let items = Data::new(ImplicitLittle).open_item(&implicit).open_item(&implicit);
        let items = items.delimiter(SEQUENCE_DELIMITATION).bytes;
        let unknown = data().header(PRIVATE, b"UN", UNDEFINED).raw(&items);
        let explicit = Data::new(ExplicitLittle).value(tags::STUDY_INSTANCE_UID, b"UI", b"9.9\0");
        let explicit = Data::new(ExplicitLittle).open_item(&explicit).delimiter(SEQUENCE_DELIMITATION).bytes;
        for (name, between) in [
            ("empty", data().open_sequence(PRIVATE, b"UN", &[])),
            ("implicit inside", unknown.clone()),
            ("explicit inside", data().header(PRIVATE, b"UN", UNDEFINED).raw(&explicit)),
            (
                "in a sequence",
                data().open_sequence(PRIVATE, b"SQ", &[unknown.raw(&data().value(PRIVATE, b"LO", b"x").bytes)]),
            ),
        ] {
            assert_whole(name, &file(encoding, &Data::instance(encoding, &between.bytes)));
        }
    }
}

#[test]
fn a_sequence_in_the_place_of_a_value_is_no_value() {
    for encoding in ENCODINGS {
        let item = Data::new(encoding).value(PRIVATE, b"LO", b"x");
        for vr in [b"SQ", b"UN"] {
            let sequence = Data::new(encoding).sequence(tags::STUDY_DESCRIPTION, vr, slice::from_ref(&item));
            let (result, header) = scan(&file(encoding, &Data::instance(encoding, &sequence.bytes)));
            assert_eq!((result, text(&header, tags::STUDY_DESCRIPTION)), (Ok(()), None), "{encoding:?}");
        }
    }
}

#[test]
fn items_with_vrs_in_an_implicit_data_set_are_read_wanted_or_not() {
    for (outer, inner) in [(ImplicitLittle, ExplicitLittle), (ImplicitBig, ExplicitBig)] {
        let nested = Data::new(inner).value(tags::CODE_MEANING, b"LO", b"x ");
        let item = |id: &[u8]| Data::new(inner).value(tags::ACCESSION_NUMBER, b"SH", id);
        let more = |id: &[u8]| {
            let open = item(id).open_sequence(tags::PROCEDURE_CODE_SEQUENCE, b"SQ", &[nested.clone(), nested.clone()]);
            open.value(tags::STUDY_INSTANCE_UID, b"UI", b"9.9\0")
        };
        for items in [[item(b"A1"), item(b"A2")], [more(b"A1"), item(b"A2")], [item(b"A1"), more(b"A2")]] {
            let undefined_of_defined = |tag| {
                let open = Data::new(outer).header(tag, b"SQ", UNDEFINED).item(&items[0]).item(&items[1]);
                open.delimiter(SEQUENCE_DELIMITATION)
            };
            let sequences = |tag| {
                let data = || Data::new(outer);
                [
                    data().sequence(tag, b"SQ", &items),
                    data().open_sequence(tag, b"SQ", &items),
                    undefined_of_defined(tag),
                ]
            };
            for unwanted in sequences(PRIVATE) {
                assert_whole("unwanted", &file(outer, &Data::instance(outer, &unwanted.bytes)));
            }
            for wanted in sequences(REQUEST[0]) {
                let (result, header) = scan(&file(outer, &Data::instance(outer, &[]).raw(&wanted.bytes)));
                let found: Vec<_> = header.root().items(REQUEST[0]).map(|item| item.bytes(REQUEST[1])).collect();
                assert_eq!((result, &header.faults), (Ok(()), &vec![]));
                assert_eq!(found, [Some(b"A1".as_slice()), Some(b"A2")], "{outer:?}");
            }
        }
    }
}

#[test]
fn a_length_that_looks_like_a_vr_is_a_length() {
    // 0x4853 is `SH`.
    let item = Data::new(ImplicitLittle).value(PRIVATE, b"OB", &vec![1; 0x4853]);
    let item = item.value(tags::ACCESSION_NUMBER, b"SH", b"A1");
    for sequence in [Data::sequence, Data::open_sequence] {
        let data = sequence(Data::instance(ImplicitLittle, &[]), Tag(0x0040, 0x0275), b"SQ", slice::from_ref(&item));
        let (_, header) = scan(&file(ImplicitLittle, &data));
        let found: Vec<_> = header.root().items(REQUEST[0]).map(|item| item.bytes(REQUEST[1])).collect();
        assert_eq!((found, &header.faults), (vec![Some(b"A1".as_slice())], &vec![]));
    }
    let explicit = Data::new(ExplicitLittle).value(Tag(0x0009, 0x1011), b"OB", &vec![1; 0x4853 - 12]);
    let open = Data::new(ExplicitLittle).header(PRIVATE, b"SQ", UNDEFINED).item(&explicit);
    let open = open.delimiter(SEQUENCE_DELIMITATION);
    assert_whole("an item's length", &file(ExplicitLittle, &Data::instance(ExplicitLittle, &open.bytes)));
}

#[test]
fn what_follows_a_damaged_tag_is_read() {
    const DAMAGED: [Tag; 9] = [
        Tag(0xFFFF, 0xFFFF),
        Tag(0xFFFE, 0xE0DD),
        Tag(0xFFFE, 0xE00D),
        Tag(0xFFFE, 0xE000),
        Tag(0x7FE0, 0x0010),
        Tag(0x5400, 0x0100),
        Tag(0x0029, 0x1010),
        Tag(0x0000, 0x0001),
        Tag(0x0002, 0x0010),
    ];
    for encoding in [ExplicitLittle, ExplicitBig] {
        for tag in DAMAGED {
            let name = format!("{encoding:?} {tag}");
            let damaged = Data::new(encoding).value(tag, b"LO", b"text");
            assert_whole(&name, &file(encoding, &Data::instance(encoding, &damaged.bytes)));
            let late = Data::instance(encoding, &[]).raw(&damaged.bytes);
            let order = Data::new(encoding).raw(&damaged.bytes).value(tags::ACCESSION_NUMBER, b"SH", b"A1");
            for data in [
                late.clone().sequence(REQUEST[0], b"SQ", slice::from_ref(&order)),
                late.open_sequence(REQUEST[0], b"SQ", &[order]),
            ] {
                let (_, header) = scan(&file(encoding, &data));
                let found: Vec<_> = header.root().items(REQUEST[0]).map(|item| item.bytes(REQUEST[1])).collect();
                assert_eq!((found, &header.faults), (vec![Some(b"A1".as_slice())], &vec![]), "{name}");
            }
        }
    }
}

#[test]
fn a_damaged_tag_of_an_item_is_reported() {
    let item =
        |id: &[u8]| Data::new(ExplicitLittle).item(&Data::new(ExplicitLittle).value(tags::ACCESSION_NUMBER, b"SH", id));
    let damaged = Data::new(ExplicitLittle).mark(0xFFFC_E000, 12).raw(&item(b"A2").bytes[8..]);
    let items = item(b"A1").raw(&damaged.bytes).raw(&item(b"A3").bytes);
    let data = Data::instance(ExplicitLittle, &[]).value(REQUEST[0], b"SQ", &items.bytes);
    let (result, header) = scan(&file(ExplicitLittle, &data));
    assert_eq!((result, faults(&header)), (Ok(()), vec![FaultKind::Malformed]));
}

#[test]
fn items_of_wanted_sequences_are_taken() {
    for encoding in ENCODINGS {
        let item = |value: &[u8]| Data::new(encoding).value(tags::ACCESSION_NUMBER, b"SH", value);
        let items = [item(b"A1"), Data::new(encoding), item(b"A2")];
        let start = || Data::instance(encoding, &[]);
        let mut cases = vec![
            ("lengths", start().sequence(REQUEST[0], b"SQ", &items)),
            ("delimiters", start().open_sequence(REQUEST[0], b"SQ", &items)),
            ("no delimiter at the end", {
                let open = start().header(REQUEST[0], b"SQ", UNDEFINED).item(&items[0]).item(&items[1]).item(&items[2]);
                open.value(Tag(0x0041, 0x1010), b"LO", b"x")
            }),
        ];
        if encoding.is_explicit() {
            let implicit = |value| Data::new(ImplicitLittle).value(tags::ACCESSION_NUMBER, b"SH", value);
            let unknown = Data::new(ImplicitLittle).item(&implicit(b"A1")).item(&Data::new(ImplicitLittle));
            cases.push(("typed UN", start().value(REQUEST[0], b"UN", &unknown.item(&implicit(b"A2")).bytes)));
        }
        for (name, data) in cases {
            let (result, header) = scan(&file(encoding, &data));
            let found: Vec<_> = header.root().items(REQUEST[0]).map(|item| item.bytes(REQUEST[1])).collect();
            assert_eq!(result, Ok(()), "{name}");
            assert_eq!(found, [Some(b"A1".as_slice()), None, Some(b"A2")], "{name} {encoding:?}");
            assert_eq!(header.faults, [], "{name} {encoding:?}");
        }
    }
}

#[test]
fn shared_functional_groups_are_reached_behind_large_private_elements() {
    for (class, found) in [(uids::ENHANCED_CT_IMAGE_STORAGE, true), (uids::CT_IMAGE_STORAGE, false)] {
        let laterality = Data::new(ExplicitLittle).value(SHARED[2], b"CS", b"L ");
        let anatomy = Data::new(ExplicitLittle).open_sequence(SHARED[1], b"SQ", &[laterality]);
        let mut data = Data::instance_of(class, ExplicitLittle, &[]);
        for element in 0..5 {
            data = data.value(Tag(0x0043, 0x1000 + element), b"OB", &[3; 50_000]);
        }
        data = data.sequence(SHARED[0], b"SQ", &[anatomy]);
        data = data.header(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, b"SQ", UNDEFINED).raw(&[0xAA; 99]);
        let (result, header) = scan(&file(ExplicitLittle, &data));
        let groups = header.root().items(SHARED[0]).flat_map(|item| item.items(SHARED[1]));
        let values: Vec<_> = groups.filter_map(|item| item.bytes(SHARED[2])).collect();
        assert_eq!((result, &header.faults), (Ok(()), &vec![]));
        assert_eq!(values, if found { vec![b"L ".as_slice()] } else { vec![] });
    }
}
