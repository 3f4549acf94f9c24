use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::*;
use crate::dicom::header::Fault;
use crate::dicom::wanted::TagPath;

/// An instance without what is told of it.
const UIDS: &str = r#""0020000D":{"vr":"UI","Value":["1.2"]}"#;

fn wanted() -> Wanted {
    const PATHS: [TagPath; 8] = [
        &[tags::PATIENT_NAME],
        &[tags::PATIENT_ID],
        &[tags::STUDY_DESCRIPTION],
        &[tags::INSTANCE_NUMBER],
        &[tags::IMAGE_TYPE],
        &[tags::DOCUMENT_TITLE],
        &[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::ACCESSION_NUMBER],
        &[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, tags::CODE_VALUE],
    ];
    Wanted::new(PATHS.map(|path| (path, Levels::STUDY)), |class| match class {
        Some(b"1.2.840.10008.5.1.4.1.1.2") => Tag(0x0040, 0xFFFF),
        _ => tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
    })
}

/// What comes of a text: for each instance what `show` makes of it, or why there is none.
fn read(text: &[u8], show: impl Fn(&Header) -> String) -> Vec<Result<String, Skip>> {
    let (wanted, mut header, mut source) = (wanted(), Header::default(), text);
    let mut instances = Instances::new(&mut source);
    let mut all = Vec::new();
    while let Some(result) = instances.next(&wanted, &mut header) {
        all.push(result.map(|()| show(&header)));
        assert!(all.len() < 100, "it ends");
    }
    all
}

/// One attribute of an instance that has these members beside its UID.
fn value(members: &str, tag: Tag) -> Option<String> {
    let text = format!("{{{members},{UIDS}}}");
    let shown = read(text.as_bytes(), |header| {
        let bytes = header.root().bytes(tag).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        serde_json::to_string(&bytes).unwrap()
    });
    let [Ok(shown)] = &shown[..] else { panic!("{members}: {shown:?}") };
    serde_json::from_str(shown).unwrap()
}

fn faults(members: &str) -> Vec<(Tag, FaultKind)> {
    let text = format!("{{{UIDS},{members}}}");
    let (wanted, mut header, mut source) = (wanted(), Header::default(), text.as_bytes());
    Instances::new(&mut source).next(&wanted, &mut header).unwrap().unwrap();
    header.faults.iter().map(|Fault { tag, kind }| (*tag, *kind)).collect()
}

#[test]
fn a_value_is_what_stands_in_a_file() {
    for (members, tag, want) in [
        (r#""00100020":{"vr":"LO","Value":["7"]}"#, tags::PATIENT_ID, Some("7")),
        (r#""00100020":{"Value":["7"],"vr":"LO"}"#, tags::PATIENT_ID, Some("7")),
        (r#""00100020":{"vr":"LO"}"#, tags::PATIENT_ID, Some("")),
        (r#""00100020":{"vr":"LO","Value":[]}"#, tags::PATIENT_ID, Some("")),
        (r#""00100020":{"vr":"LO","Value":[null]}"#, tags::PATIENT_ID, Some("")),
        (r#""00100020":{"vr":"LO","Value":"7"}"#, tags::PATIENT_ID, Some("7")),
        (r#""00100020":null"#, tags::PATIENT_ID, None),
        (r#""00100020":{"vr":"LO","BulkDataURI":"http://h/b"}"#, tags::PATIENT_ID, None),
        (r#""00100020":{"vr":"UN","InlineBinary":"Nzg="}"#, tags::PATIENT_ID, Some("78")),
        (r#""00100020":{"vr":"UN","InlineBinary":"Nzg"}"#, tags::PATIENT_ID, Some("78")),
        (r#""00100021":{"vr":"LO","Value":["7"]}"#, tags::PATIENT_ID, None),
        (r#""00200013":{"vr":"IS","Value":[-3]}"#, tags::INSTANCE_NUMBER, Some("-3")),
        (r#""00200013":{"vr":"IS","Value":["3 "]}"#, tags::INSTANCE_NUMBER, Some("3 ")),
        (r#""00200013":{"vr":"IS","Value":[3.50]}"#, tags::INSTANCE_NUMBER, Some("3.50")),
        (r#""00080008":{"vr":"CS","Value":["A",null,"B"]}"#, tags::IMAGE_TYPE, Some("A\\\\B")),
        (r#""00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B"}]}"#, tags::PATIENT_NAME, Some("A^B")),
        (r#""00100010":{"vr":"PN","Value":[{"Phonetic":"C","Alphabetic":"A"}]}"#, tags::PATIENT_NAME, Some("A==C")),
        (r#""00100010":{"vr":"PN","Value":[{"Ideographic":"山田"}]}"#, tags::PATIENT_NAME, Some("=山田")),
        (r#""00100010":{"vr":"PN","Value":[{}]}"#, tags::PATIENT_NAME, Some("")),
        (r#""00100010":{"vr":"PN","Value":["A^B"]}"#, tags::PATIENT_NAME, Some("A^B")),
        (r#""00100010":{"vr":"PN","Value":[{"Alphabetic":"A"},{"Alphabetic":"B"}]}"#, tags::PATIENT_NAME, Some("A\\B")),
        (r#""00081030":{"vr":"LO","Value":["J\u00f6rg"]}"#, tags::STUDY_DESCRIPTION, Some("Jörg")),
        (r#""00080005":{"vr":"CS","Value":["GB18030"]}"#, tags::SPECIFIC_CHARACTER_SET, Some("ISO_IR 192")),
        (r#""0010001g":{"vr":"LO","Value":["7"]}"#, tags::PATIENT_ID, None),
    ] {
        assert_eq!(value(members, tag).as_deref(), want, "{members}");
    }
}

#[test]
fn items_lie_in_each_other_and_what_is_not_wanted_of_them_is_passed_over() {
    let members = r#""00400275":{"vr":"SQ","Value":[
        {"00080050":{"vr":"SH","Value":["a"]},"00080005":{"vr":"CS","Value":["ISO_IR 13"]}},
        {},
        null,
        {"00321064":{"vr":"SQ","Value":[{"00080100":{"vr":"SH","Value":["c"]},"00080104":{"vr":"LO","Value":["x"]}}]}}
    ]}"#;
    let shown = read(format!("{{{members},{UIDS}}}").as_bytes(), |header| {
        let items = header.root().items(tags::REQUEST_ATTRIBUTES_SEQUENCE);
        let item = |item: crate::dicom::DataSet<'_>| {
            let codes = item.items(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE);
            let codes: Vec<_> = codes.map(|code| code.bytes(tags::CODE_VALUE).map(<[u8]>::escape_ascii)).collect();
            let set = item.character_set().escape_ascii();
            format!(
                "{:?} {} {set}",
                item.bytes(tags::ACCESSION_NUMBER).map(<[u8]>::escape_ascii).map(|it| it.to_string()),
                codes.len()
            )
        };
        items.map(item).collect::<Vec<_>>().join(", ")
    });
    assert_eq!(shown, [Ok("Some(\"a\") 0 ISO_IR 192, None 0 ISO_IR 192, None 1 ISO_IR 192".to_string())]);
}

#[test]
fn instances_come_alone_in_arrays_and_one_a_line() {
    let one = |id: &str| format!(r#"{{"00100020":{{"vr":"LO","Value":["{id}"]}},{UIDS}}}"#);
    let id = |header: &Header| String::from_utf8(header.root().bytes(tags::PATIENT_ID).unwrap().to_vec()).unwrap();
    for text in [
        format!("[{},{}]", one("a"), one("b")),
        format!("\u{feff} [\n{} ,\n{}\n]\n", one("a"), one("b")),
        format!("{}\n{}\n", one("a"), one("b")),
        format!("{}{}", one("a"), one("b")),
        format!("[{}][{}]", one("a"), one("b")),
        format!("[]\n[{},{}] []", one("a"), one("b")),
    ] {
        assert_eq!(read(text.as_bytes(), id), [Ok("a".into()), Ok("b".into())], "{text}");
    }
    assert_eq!(read(one("a").as_bytes(), id), [Ok("a".into())]);
    let mixed = format!("[{},null,[1,{{}}],{{\"00100020\":{{}}}},{}]", one("a"), one("b"));
    let none = || Err(Skip::NotDicom);
    assert_eq!(read(mixed.as_bytes(), id), [Ok("a".into()), none(), none(), none(), Ok("b".into())]);
    for empty in ["", " ", "[]", "[ ]\n"] {
        assert_eq!(read(empty.as_bytes(), id), [], "{empty}");
    }
}

#[test]
fn a_text_that_breaks_off_keeps_what_stands_before() {
    let one = |id: &str| format!(r#"{{{UIDS},"00100020":{{"vr":"LO","Value":["{id}"]}}}}"#);
    let id =
        |header: &Header| String::from_utf8_lossy(header.root().bytes(tags::PATIENT_ID).unwrap_or(b"-")).into_owned();
    let whole = format!("[{},{}]", one("a"), one("b"));
    let first = one("a").len() + 1;
    for end in 1..whole.len() {
        let results = read(&whole.as_bytes()[..end], id);
        let (last, instances) = results.split_last().unwrap();
        assert_eq!(*last, Err(Skip::Cut), "{end}");
        assert!(instances.iter().all(Result::is_ok) && instances.len() <= 2, "{end} {instances:?}");
        assert_eq!(instances.first() == Some(&Ok("a".into())), end >= first - 1, "{end} {instances:?}");
    }
    for (broken, want) in [
        (format!("[{},}}", one("a")), vec![Ok("a".into())]),
        (format!("[{} {}", one("a"), one("b")), vec![Ok("a".into())]),
        (format!("[{},{{{UIDS},oops", one("a")), vec![Ok("a".into()), Ok("-".into())]),
        (format!("{} oops", one("a")), vec![Ok("a".into())]),
    ] {
        let results = read(broken.as_bytes(), id);
        let (last, instances) = results.split_last().unwrap();
        assert!(matches!(last, Err(Skip::NotJson(_))), "{broken} {last:?}");
        assert_eq!(instances, want, "{broken}");
    }
}

#[test]
fn what_cannot_be_taken_is_a_fault_of_its_attribute() {
    let long = "x".repeat(70_000);
    let many = format!(r#""00080008":{{"vr":"CS","Value":[{}null]}}"#, "null,".repeat(100_000));
    let items = format!(r#""00400275":{{"vr":"SQ","Value":[{}{{}}]}}"#, "{},".repeat(70_000));
    for (members, want) in [
        (format!(r#""00100020":{{"vr":"LO","Value":["{long}"]}}"#), vec![(tags::PATIENT_ID, FaultKind::TooLong)]),
        (
            format!(r#""00100020":{{"vr":"UN","InlineBinary":"{long}{long}"}}"#),
            vec![(tags::PATIENT_ID, FaultKind::TooLong)],
        ),
        (r#""00100020":{"vr":"LO","BulkDataURI":"x"}"#.into(), vec![(tags::PATIENT_ID, FaultKind::TooLong)]),
        (
            r#""00100020":{"Value":["1"]},"00100020":{"Value":["2"]}"#.into(),
            vec![(tags::PATIENT_ID, FaultKind::Repeated)],
        ),
        (many, vec![(tags::IMAGE_TYPE, FaultKind::TooLong)]),
        (items, vec![(tags::REQUEST_ATTRIBUTES_SEQUENCE, FaultKind::TooMany)]),
        (format!(r#""7FE00010":{{"vr":"OW","InlineBinary":"{long}"}}"#), vec![]),
    ] {
        assert_eq!(faults(&members), want, "{}", &members[..40]);
    }
    assert_eq!(
        value(r#""00100020":{"Value":["1"]},"00100020":{"Value":["2"]}"#, tags::PATIENT_ID).as_deref(),
        Some("2")
    );
}

#[test]
fn a_former_value_that_differs_stays_behind_the_later_one_and_so_do_the_items_of_another_sequence() {
    let all = |members: &str| {
        read(format!("{{{UIDS},{members}}}").as_bytes(), |header| {
            let values = header.root().all_bytes(tags::PATIENT_ID).map(String::from_utf8_lossy);
            let items = header.root().items(tags::REQUEST_ATTRIBUTES_SEQUENCE).count();
            format!("{:?} {items}", values.collect::<Vec<_>>())
        })
    };
    for (members, want) in [
        (r#""00100020":{"Value":["1"]},"00100020":{"Value":["2"]}"#, r#"["2", "1"] 0"#),
        (r#""00100020":{"Value":["1"]},"00100020":{"Value":["1"]}"#, r#"["1"] 0"#),
        (r#""00400275":{"Value":[{}]},"00400275":{"Value":[{},{}]}"#, "[] 3"),
    ] {
        assert_eq!(all(members), [Ok(want.to_string())], "{members}");
    }
}

#[test]
fn attributes_come_in_ascending_order_and_none_that_a_file_would_not_be_read_to() {
    let ordered =
        r#""00080016":{"Value":["1.2.840.10008.5.1.4.1.1.2"]},"00081030":{"Value":["x"]},"00100020":{"Value":["1"]}"#;
    let shuffled =
        r#""00100020":{"Value":["1"]},"00081030":{"Value":["x"]},"00080016":{"Value":["1.2.840.10008.5.1.4.1.1.2"]}"#;
    let fingerprint = |members: &str| {
        let (wanted, mut header, text) = (wanted(), Header::default(), format!("{{{members},{UIDS}}}"));
        Instances::new(&mut text.as_bytes()).next(&wanted, &mut header).unwrap().unwrap();
        header.fingerprints()
    };
    assert_eq!(fingerprint(ordered), fingerprint(shuffled));
    let title = r#""00420010":{"Value":["t"]}"#;
    assert_eq!(value(&format!("{ordered},{title}"), tags::DOCUMENT_TITLE), None);
    assert_eq!(value(title, tags::DOCUMENT_TITLE).as_deref(), Some("t"));
}

#[test]
fn dicom_json_is_told_from_other_json() {
    for (text, want) in [
        (r#"[{"00080005":{"vr":"CS"}}]"#, true),
        ("\u{feff} [ \n { \n \"0008000a\" : {", true),
        (r#"{"0020000D":{"#, true),
        (r#"{"resourceType":"Patient"}"#, false),
        (r#"{"EchoTime":1}"#, false),
        (r#"{"00080005x":1}"#, false),
        (r#"{"0008000":1}"#, false),
        ("[]", false),
        ("[", false),
        ("", false),
        (r#"[[{"00080005":1}]]"#, false),
    ] {
        assert_eq!(is_dicom_json(text.as_bytes()), want, "{text}");
    }
}
