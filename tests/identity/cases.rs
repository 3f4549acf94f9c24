//! Small inputs that once went wrong, each with the right values, in all releases.

use std::collections::BTreeSet;

use dcm2fhir::synth::{Attributes, Instance};
use dcm2fhir::{References, Release};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use serde_json::Value;

use crate::checker::{check, list, text};
use crate::ways::{Run, WAYS, Way, run};

pub const SYSTEMS: [&str; 3] = ["patient=urn:p", "accession=urn:a", "visit=urn:v"];

/// An image of a study, with what else stands in it.
pub fn image(study: &str, place: u32, attributes: &[(Tag, &[u8])]) -> Instance {
    let image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "x", 1, 1)
        .text(tags::STUDY_INSTANCE_UID, format!("1.2.{study}"))
        .text(tags::SERIES_INSTANCE_UID, format!("1.2.{study}.1"))
        .text(tags::SOP_INSTANCE_UID, format!("1.2.{study}.1.{place}"))
        .text(tags::PATIENT_ID, "PID1");
    attributes.iter().fold(image, |image, (tag, value)| image.text(*tag, *value))
}

/// Two studies whose images differ in one attribute.
fn two_studies(tag: Tag, values: [&[u8]; 2]) -> [Instance; 2] {
    [image("1", 1, &[(tag, values[0])]), image("2", 1, &[(tag, values[1])])]
}

pub fn converted(images: &[Instance], release: &'static Release, way: Way, systems: &[&str]) -> Run {
    converted_files(&files(images), release, way, systems)
}

fn files(images: &[Instance]) -> Vec<Vec<u8>> {
    images.iter().map(Instance::bytes).collect()
}

pub fn converted_files(files: &[Vec<u8>], release: &'static Release, way: Way, systems: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    for (place, file) in files.iter().enumerate() {
        std::fs::write(folder.path().join(place.to_string()), file).unwrap();
    }
    let run = run(folder.path(), release, way, systems);
    check(&run.documents);
    run
}

/// The same in every release and way; `each` looks at the result.
pub fn everywhere(images: &[Instance], systems: &[&str], each: impl FnMut(&Run, Way, &'static Release)) {
    everywhere_files(&files(images), systems, each);
}

pub fn everywhere_files(files: &[Vec<u8>], systems: &[&str], mut each: impl FnMut(&Run, Way, &'static Release)) {
    for release in Release::ALL {
        for way in WAYS {
            each(&converted_files(files, release, way, systems), way, release);
        }
    }
}

pub const SEPARATE: Way = Way::Refer(References::Separate);

/// All resources, also those of Bundles and inside of others.
pub fn all(run: &Run) -> Vec<Value> {
    let entries = run.documents.iter().flat_map(|bundle| list(&bundle["entry"])).map(|entry| entry["resource"].clone());
    let contained = run.documents.iter().flat_map(|study| list(&study["contained"])).cloned();
    run.documents.iter().cloned().chain(entries).chain(contained).collect()
}

pub fn of_type(run: &Run, kind: &str) -> Vec<Value> {
    all(run).into_iter().filter(|resource| resource["resourceType"] == kind).collect()
}

/// All `ifNoneExist` of a type.
pub fn searches(run: &Run, kind: &str) -> Vec<String> {
    let requests = run.documents.iter().flat_map(|bundle| list(&bundle["entry"])).map(|entry| &entry["request"]);
    let of_kind = requests.filter(|request| text(&request["url"]) == kind);
    of_kind.filter_map(|request| request["ifNoneExist"].as_str().map(str::to_string)).collect()
}

/// Where the entries of a type are put, each once.
pub fn places(run: &Run, kind: &str) -> BTreeSet<String> {
    let urls =
        run.documents.iter().flat_map(|bundle| list(&bundle["entry"])).map(|entry| text(&entry["request"]["url"]));
    urls.filter(|url| url.starts_with(&format!("{kind}/"))).map(str::to_string).collect()
}

#[test]
fn a_patient_id_that_lost_bytes_is_nobodys_but_its_studys() {
    for values in [
        [&b"\xC4-1001"[..], b"\xD6-1001"],
        [b"\xC4-1001", b"\xC4-1001"],
        [b"ID\t1", b"ID 1"],
        [b"ID\n1", b"ID\r\n1"],
        [b"ID1\n", b"ID1"],
        [b"A\x001", b"A\x011"],
        [b"\xEF\xBF\xBD1", b"\xEF\xBF\xBD1"],
    ] {
        let images = two_studies(tags::PATIENT_ID, values);
        everywhere(&images, &SYSTEMS, |run, way, _| {
            let ids: BTreeSet<String> =
                of_type(run, "Patient").iter().map(|patient| patient["id"].to_string()).collect();
            let expected = match way {
                SEPARATE => 2,
                _ => ids.len(),
            };
            assert_eq!(ids.len(), expected, "{values:?}");
            assert!(searches(run, "Patient").iter().all(|search| !search.contains("%EF%BF%BD")), "{values:?}");
        });
        let bundles = converted(&images, Release::R4, Way::Bundles, &SYSTEMS);
        let whole = values.iter().filter(|value| matches!(**value, b"ID 1" | b"ID1")).count();
        assert_eq!(searches(&bundles, "Patient").len(), whole, "{values:?}");
        let codes: Vec<&str> = bundles.issues.keys().copied().collect();
        let is_said = ["undecodable", "control-character", "taken-as-utf8"].iter().any(|code| codes.contains(code));
        assert!(is_said, "{values:?} {codes:?}");
    }
}

#[test]
fn patient_ids_of_one_study_are_compared_as_they_are_in_the_file() {
    for (values, is_several) in [
        ([&b"\xC4-1001"[..], b"\xD6-1001"], true),
        ([b"\xC4-1001", b"\xC4-1001 "], false),
        ([b"ID\t1", b"ID 1"], true),
        ([b"ID 1", b"ID  1"], true),
        ([b"ID1", b"id1"], true),
        ([b"ID1", b" ID1 "], false),
    ] {
        let images = [1, 2].map(|place| image("1", place, &[(tags::PATIENT_ID, values[place as usize - 1])]));
        everywhere(&images, &SYSTEMS, |run, _, _| {
            assert_eq!(run.issues.contains_key("several-patients"), is_several, "{values:?}");
            assert_eq!(run.exit_code, u8::from(is_several), "{values:?}");
        });
    }
}

#[test]
fn accession_and_visit_that_lost_bytes_are_two_and_not_searched_for() {
    for (tag, kind) in [(tags::ACCESSION_NUMBER, "ServiceRequest"), (tags::ADMISSION_ID, "Encounter")] {
        let images = two_studies(tag, [b"A\xC4", b"A\xD6"]);
        everywhere(&images, &SYSTEMS, |run, _, _| {
            assert_eq!(searches(run, kind), Vec::<String>::new());
            assert_eq!(run.exit_code, 0);
            let numbers = all(run).into_iter().flat_map(|one| list(&one["identifier"]).cloned().collect::<Vec<_>>());
            for number in numbers.filter(|number| text(&number["value"]).contains('\u{FFFD}')) {
                assert!(number["system"].is_null(), "{number}");
            }
        });
        let run = converted(&images, Release::R4, SEPARATE, &SYSTEMS);
        assert_eq!(of_type(&run, kind).len(), 2);
    }
}

#[test]
fn blanks_inside_a_number_stay_as_the_file_has_them() {
    let images = two_studies(tags::PATIENT_ID, [b"A  1", b"A 1"]);
    everywhere(&images, &SYSTEMS, |run, _, _| {
        let subjects: BTreeSet<String> = of_type(run, "ImagingStudy")
            .iter()
            .map(|study| text(&study["subject"]["identifier"]["value"]).to_string())
            .collect();
        assert_eq!(subjects, ["A  1", "A 1"].map(str::to_string).into());
        assert_eq!(run.exit_code, 0);
    });
    assert_eq!(of_type(&converted(&images, Release::R5, SEPARATE, &SYSTEMS), "Patient").len(), 2);
}

/// Two studies of two patients with one accession number and one admission.
fn numbers_of_two(patients: [&[u8]; 2]) -> [Instance; 2] {
    two_studies(tags::PATIENT_ID, patients)
        .map(|image| image.text(tags::ACCESSION_NUMBER, "ACC7").text(tags::ADMISSION_ID, "V7"))
}

#[test]
fn an_order_and_a_visit_of_two_patients_are_two_and_reported() {
    let images = numbers_of_two([b"PID1", b"PID2"]);
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert_eq!(run.issues.get("other-patient"), Some(&4), "the order and the visit of each study");
        assert_eq!(run.exit_code, 1);
        assert_eq!(searches(run, "ServiceRequest").len() + searches(run, "Encounter").len(), 0);
    });
    let run = converted(&images, Release::R4, SEPARATE, &SYSTEMS);
    for kind in ["ServiceRequest", "Encounter"] {
        let subjects: BTreeSet<String> = of_type(&run, kind).iter().map(|one| one["subject"].to_string()).collect();
        assert_eq!(subjects.len(), 2, "each patient has an own {kind}");
    }
    let bare = converted(&images, Release::R4, SEPARATE, &SYSTEMS[1..]);
    assert_eq!(bare.exit_code, 1, "two numbers are two patients, also without a system");
}

#[test]
fn an_order_of_one_patient_is_shared_by_the_patients_studies() {
    let images = numbers_of_two([b"PID1", b"PID1"]);
    everywhere(&images, &SYSTEMS, |run, way, _| {
        assert_eq!((run.exit_code, run.issues.contains_key("other-patient")), (0, false));
        if way == SEPARATE {
            assert_eq!(of_type(run, "ServiceRequest").len(), 1);
        }
        if way == Way::Bundles {
            assert_eq!(places(run, "ServiceRequest").len(), 1, "one id in both Bundles");
        }
    });
}

#[test]
fn an_order_and_a_visit_of_two_patients_are_two_also_in_two_runs() {
    let images = numbers_of_two([b"PID1", b"PID2"]);
    for release in Release::ALL {
        let [first, second] = [0, 1].map(|one| converted(&images[one..=one], release, Way::Bundles, &SYSTEMS));
        for kind in ["ServiceRequest", "Encounter"] {
            let [first, second] = [&first, &second].map(|run| places(run, kind));
            assert_eq!((first.len(), second.len(), first.intersection(&second).count()), (1, 1, 0), "{kind}");
        }
        for run in [first, second] {
            assert_eq!(run.exit_code, 0);
            assert_eq!(searches(&run, "ServiceRequest").len() + searches(&run, "Encounter").len(), 0);
        }
    }
}

#[test]
fn what_belongs_to_a_patient_whom_nobody_knows_is_not_shared() {
    for patients in [[&b""[..], b""], [b"ANON", b"ANON"], [b"\xC41", b"\xC41"]] {
        let run = converted(&numbers_of_two(patients), Release::R4, Way::Bundles, &SYSTEMS);
        assert_eq!(searches(&run, "ServiceRequest").len(), 0, "{patients:?}");
        for kind in ["ServiceRequest", "Encounter"] {
            assert_eq!(places(&run, kind).len(), 2, "{patients:?}: a {kind} for each study");
        }
        assert_eq!(run.exit_code, 0, "{patients:?}");
    }
}

#[test]
fn what_the_first_image_lacks_of_its_patient_comes_from_the_next_that_has_it() {
    let with = |place, attributes: &[(Tag, &[u8])]| {
        image("1", place, &[&[(tags::PATIENT_NAME, &b"Test^A"[..])], attributes].concat())
    };
    let born: (Tag, &[u8]) = (tags::PATIENT_BIRTH_DATE, b"19700102");
    let sex = |value: &'static [u8]| (tags::PATIENT_SEX, value);
    let (female, male) = (sex(b"F"), sex(b"M"));
    let images = [with(1, &[]), with(2, &[born]), with(3, &[born, female])];
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert!(!run.issues.contains_key("differs"), "{:?}", run.issues);
        for patient in of_type(run, "Patient") {
            assert_eq!((&patient["birthDate"], &patient["gender"]), (&"1970-01-02".into(), &"female".into()));
        }
    });
    let differing = converted(&[with(1, &[born, female]), with(2, &[male])], Release::R4, SEPARATE, &SYSTEMS);
    assert_eq!(differing.issues.get("differs"), Some(&1));
    let patient = of_type(&differing, "Patient").remove(0);
    assert_eq!(patient["gender"], "female", "the first decides");
    let others = [
        with(1, &[]),
        with(2, &[born]).text(tags::PATIENT_NAME, "Else^B"),
        with(3, &[born]).text(tags::PATIENT_ID, "PID2"),
    ];
    let patient = of_type(&converted(&others, Release::R4, SEPARATE, &SYSTEMS), "Patient").remove(0);
    assert!(patient["birthDate"].is_null(), "it is another's");
}

#[test]
fn one_patient_id_with_two_names_birth_dates_or_sexes_is_reported_in_every_way() {
    for (tag, values) in [
        (tags::PATIENT_NAME, [&b"Doe^Jane"[..], b"Roe^Joan"]),
        (tags::PATIENT_BIRTH_DATE, [b"19700102", b"19700103"]),
        (tags::PATIENT_SEX, [b"F", b"M"]),
    ] {
        everywhere(&two_studies(tag, values), &SYSTEMS, |run, _, _| {
            assert_eq!(run.issues.get("patient-differs"), Some(&1), "{tag}");
        });
        let bare = converted(&two_studies(tag, values), Release::R4, SEPARATE, &[]);
        assert!(!bare.issues.contains_key("patient-differs"), "one bare number can be two people");
    }
    let same = two_studies(tags::PATIENT_NAME, [b"Doe^Jane", b"DOE^JANE"]);
    assert!(!converted(&same, Release::R4, SEPARATE, &SYSTEMS).issues.contains_key("patient-differs"));
}

#[test]
fn a_series_in_two_studies_is_reported_in_both() {
    let images = two_studies(tags::SERIES_INSTANCE_UID, [b"1.9", b"1.9"]);
    everywhere(&images, &[], |run, _, _| assert_eq!(run.issues.get("series-elsewhere"), Some(&2)));
}

#[test]
fn study_uids_that_differ_never_share_an_identifier() {
    let images = two_studies(tags::STUDY_INSTANCE_UID, [b"1.2.3\x004.56", b"1.2.3\x014.56"]);
    everywhere(&images, &SYSTEMS, |run, _, _| {
        let studies = of_type(run, "ImagingStudy");
        let ids: BTreeSet<String> = studies.iter().map(|study| study["id"].to_string()).collect();
        assert_eq!((studies.len(), ids.len()), (2, 2));
        let mut systems = studies.iter().flat_map(|study| list(&study["identifier"]));
        assert!(systems.all(|identifier| identifier["system"] != "urn:dicom:uid"), "they would read alike");
    });
}

#[test]
fn a_study_uid_with_letters_is_not_searched_for() {
    for (uids, is_searched) in [([&b"1.2.3"[..], b"1.2.4"], true), ([b"1.2.3A", b"1.2.3a"], false)] {
        let images = two_studies(tags::STUDY_INSTANCE_UID, uids);
        let run = converted(&images, Release::R4, Way::BundlesOf("transaction", true), &SYSTEMS);
        let entries = run.documents.iter().flat_map(|bundle| list(&bundle["entry"]));
        let urls: BTreeSet<&str> = entries.map(|entry| text(&entry["request"]["url"])).collect();
        let studies: Vec<&&str> = urls.iter().filter(|url| url.starts_with("ImagingStudy")).collect();
        assert_eq!(studies.len(), 2);
        assert!(studies.iter().all(|url| url.contains('?') == is_searched), "a server may ignore case: {studies:?}");
    }
}

#[test]
fn of_two_patient_names_the_first_is_taken_and_it_is_reported() {
    for (name, want, is_several) in [
        (&b"Doe^Jane\\Roe^Richard"[..], "Jane Doe", true),
        (b"\\Roe^Richard", "Richard Roe", false),
        (b"Doe^Jane\\", "Jane Doe", false),
        (b"Doe^Jane\\^^", "Jane Doe", false),
    ] {
        everywhere(&[image("1", 1, &[(tags::PATIENT_NAME, name)])], &SYSTEMS, |run, _, _| {
            let study = of_type(run, "ImagingStudy").remove(0);
            assert_eq!(study["subject"]["display"], want);
            assert_eq!(run.issues.contains_key("several-persons"), is_several, "{name:?}");
            for patient in of_type(run, "Patient") {
                assert_eq!(list(&patient["name"]).count(), 1);
            }
        });
    }
}

#[test]
fn a_study_of_several_patients_shares_no_order() {
    let images = [
        image("1", 1, &[(tags::ACCESSION_NUMBER, b"ACC1")]),
        image("1", 2, &[(tags::PATIENT_ID, b"PID2"), (tags::ACCESSION_NUMBER, b"ACC2")]),
        image("2", 1, &[(tags::PATIENT_ID, b"PID2"), (tags::ACCESSION_NUMBER, b"ACC2")]),
        image("3", 1, &[(tags::ACCESSION_NUMBER, b"ACC1")]),
    ];
    everywhere(&images, &SYSTEMS, |run, way, _| {
        assert_eq!(run.exit_code, 1);
        if way == Way::Bundles {
            assert_eq!(places(run, "ServiceRequest").len(), 4, "those of the first study are its own");
        }
    });
}

#[test]
fn a_phantom_with_a_patients_number_shares_nothing_with_the_patient() {
    let [patient, phantom] = numbers_of_two([b"PID1", b"PID1"]);
    let images = [patient, phantom.text(tags::QUALITY_CONTROL_SUBJECT, "YES")];
    everywhere(&images, &SYSTEMS, |run, _, _| {
        assert_eq!((run.exit_code, run.issues.get("other-patient")), (1, Some(&4)));
        assert_eq!(searches(run, "Encounter").len() + searches(run, "ServiceRequest").len(), 0);
    });
}

#[test]
fn a_character_set_that_is_not_known_is_reported_once_also_where_no_text_needs_one() {
    for (set, want) in [(&b"ISO_IR 100"[..], None), (b"ISO_IR 999", Some(&1))] {
        everywhere(&[image("1", 1, &[(tags::SPECIFIC_CHARACTER_SET, set)])], &[], |run, _, _| {
            assert_eq!(run.issues.get("unknown-character-set"), want, "{set:?}");
        });
    }
}

#[test]
fn what_a_batch_refers_to_is_processed_before() {
    let image = image("1", 1, &[(tags::ACCESSION_NUMBER, b"A1"), (tags::ADMISSION_ID, b"V1")]);
    let image = image.text(tags::MANUFACTURER, "ACME").text(tags::PATIENT_NAME, "Doe^Jane");
    for release in Release::ALL {
        let run = converted(std::slice::from_ref(&image), release, Way::BundlesOf("batch", false), &[]);
        let entries: Vec<&Value> = list(&run.documents[0]["entry"]).collect();
        let place = |url: &str| entries.iter().position(|entry| entry["request"]["url"] == url);
        for (at, entry) in entries.iter().enumerate() {
            let subject = text(&entry["resource"]["subject"]["reference"]);
            assert!(place(subject).is_none_or(|patient| patient < at), "{} before {subject}", entry["request"]["url"]);
        }
        assert!(entries.len() > 3);
    }
}
