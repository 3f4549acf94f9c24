//! Names and numbers of persons.

use dcm2fhir::Release;
use dcm2fhir::synth::{Attributes, DataSet, Instance};
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::cases::{SEPARATE, SYSTEMS, converted, everywhere, image, of_type, searches};
use crate::checker::list;
use crate::ways::Way;

/// Two images of a study that differ in one attribute.
fn two_images(tag: Tag, values: [&[u8]; 2]) -> [Instance; 2] {
    [image("1", 1, &[(tag, values[0])]), image("1", 2, &[(tag, values[1])])]
}

#[test]
fn names_that_look_alike_and_lost_other_bytes_are_of_two() {
    let (u, o): (&[u8], &[u8]) = (b"M\xFCller", b"M\xF6ller");
    for (tag, kind) in [
        (tags::OPERATORS_NAME, "Practitioner"),
        (tags::PERFORMING_PHYSICIAN_NAME, "Practitioner"),
        (tags::INSTITUTION_NAME, "Organization"),
        (tags::MANUFACTURER, "Device"),
        (tags::STATION_NAME, "Device"),
    ] {
        for (values, count) in [([u, o], 2), ([u, u], 1), ([b"A\tB", b"A B"], 2), ([b"A B", b" A B "], 1)] {
            let images = two_images(tag, values);
            everywhere(&images, &SYSTEMS, |run, way, _| {
                let study = &of_type(run, "ImagingStudy")[0];
                let performers = list(&study["series"][0]["performer"]);
                let of_kind = performers.filter(|one| one["actor"]["type"] == kind).count();
                assert_eq!(of_kind, count, "{tag} {values:?} {way:?}");
            });
            let separate = converted(&images, Release::R5, SEPARATE, &SYSTEMS);
            assert_eq!(of_type(&separate, kind).len(), count, "{tag} {values:?}");
        }
    }
}

#[test]
fn of_several_names_in_one_value_each_keeps_its_own_bytes() {
    for (names, count) in [(&b"M\xFCller\\M\xF6ller"[..], 2), (b"M\xFCller\\M\xFCller", 1), (b"M\xFCller\\Olsen", 2)] {
        let images = two_images(tags::OPERATORS_NAME, [names, b"M\xFCller"]);
        let run = converted(&images, Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(of_type(&run, "Practitioner").len(), count, "{names:?}");
    }
}

#[test]
fn where_there_is_room_for_one_name_another_that_looks_alike_is_a_difference() {
    for tag in [tags::PATIENT_NAME, tags::REFERRING_PHYSICIAN_NAME, tags::INSTITUTIONAL_DEPARTMENT_NAME] {
        for (other, count) in [(&b"M\xF6ller"[..], Some(&1)), (b"M\xFCller ", None)] {
            everywhere(&two_images(tag, [b"M\xFCller", other]), &SYSTEMS, |run, _, _| {
                assert_eq!(run.issues.get("differs"), count, "{tag} {other:?}");
            });
        }
    }
    let names = [b"M\xFCller", b"M\xF6ller"].map(|name| (tags::PATIENT_NAME, &name[..]));
    let studies = [image("1", 1, &names[..1]), image("2", 1, &names[1..])];
    everywhere(&studies, &SYSTEMS, |run, _, _| assert_eq!(run.issues.get("patient-differs"), Some(&1)));
}

#[test]
fn persons_whose_names_are_alike_in_letters_and_differ_in_ideographs_are_two() {
    let named = |study, place, tag, ideographs: &str| {
        let name = format!("Yamada^Tarou{ideographs}");
        image(study, place, &[(tags::SPECIFIC_CHARACTER_SET, b"ISO_IR 192"), (tag, name.as_bytes())])
    };
    for (tag, kind) in
        [(tags::OPERATORS_NAME, "Practitioner"), (tags::NAME_OF_PHYSICIANS_READING_STUDY, "Practitioner")]
    {
        for (other, count) in [("=山田^花子", 2), ("=山田^太郎", 1), ("", 1), ("=山田^太郎=やまだ^たろう", 1)]
        {
            for places in [[1, 2], [2, 1]] {
                let images = [named("1", places[0], tag, "=山田^太郎"), named("1", places[1], tag, other)];
                let run = converted(&images, Release::R4, SEPARATE, &SYSTEMS);
                let persons = of_type(&run, kind);
                assert_eq!(persons.len(), count, "{tag} {other}");
                assert!(persons.iter().all(|person| list(&person["name"]).count() > 1), "the fuller name stays");
            }
        }
    }
    for (other, count) in [("=山田^花子", Some(&1)), ("=山田^太郎", None), ("", None), ("=山田^太郎=やまだ", None)]
    {
        let images = [named("1", 1, tags::PATIENT_NAME, "=山田^太郎"), named("2", 1, tags::PATIENT_NAME, other)];
        everywhere(&images, &SYSTEMS, |run, _, _| assert_eq!(run.issues.get("patient-differs"), count, "{other}"));
    }
    let born = named("1", 2, tags::PATIENT_NAME, "=山田^花子").text(tags::PATIENT_BIRTH_DATE, "19700102");
    let images = [named("1", 1, tags::PATIENT_NAME, "=山田^太郎"), born];
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert!(
            of_type(run, "Patient").iter().all(|patient| patient["birthDate"].is_null()),
            "it is of another person"
        );
        assert_eq!(run.issues.get("differs"), Some(&1));
    });
}

#[test]
fn numbers_of_persons_are_of_their_schemes_and_as_the_file_has_them() {
    let person = |number: &[u8], scheme: &str| {
        let code = dcm2fhir::synth::code("", scheme, "").text(tags::CODE_VALUE, number);
        DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code)
    };
    for (people, count) in [
        ([person(b"D 1", "LN"), person(b"D  1", "LN")], 2),
        ([person(b"D\xC4", "LN"), person(b"D\xD6", "LN")], 2),
        ([person(b"D1", "99A"), person(b"D1", "99B")], 2),
        ([person(b"D1", "99A"), person(b"D1", "99A")], 1),
    ] {
        let image = image("1", 1, &[]).items(tags::OPERATOR_IDENTIFICATION_SEQUENCE, people);
        let run = converted(&[image], Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(of_type(&run, "Practitioner").len(), count);
    }
}

#[test]
fn a_code_of_a_terminology_is_nobodys_number() {
    let systems = ["scheme:99A=urn:99a"];
    for (scheme, count) in [("SCT", 2), ("DCM", 2), ("LN", 2), ("99X", 2), ("99A", 1)] {
        let of = |study: &str| {
            let code = || dcm2fhir::synth::code("309343006", scheme, "Radiologist");
            let person = DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code());
            image(study, 1, &[])
                .item(tags::OPERATOR_IDENTIFICATION_SEQUENCE, person)
                .item(tags::INSTITUTION_CODE_SEQUENCE, code())
        };
        everywhere(&[of("1"), of("2")], &systems, |run, way, _| {
            for kind in ["Practitioner", "Organization"] {
                let is_told = count == 2 && scheme != "99X";
                assert_eq!(run.issues.contains_key("term-as-identity"), is_told, "{scheme}: {:?}", run.issues);
                let found = of_type(run, kind).len();
                assert!(way != SEPARATE || found == count, "{scheme}: {found} {kind}");
                assert_eq!(searches(run, kind).is_empty(), way != Way::Bundles || count == 2, "{scheme}");
            }
        });
    }
}
