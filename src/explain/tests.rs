use dicom_dictionary_std::tags;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::dicom::Levels;
use crate::mapping::sample;
use crate::mapping::tests::is_missed;
use crate::mapping::{COMPANIONS, Options, SELECTION, SERIES, STUDY, UIDS};
use crate::options::References;

/// A header of these values.
fn header(values: &[(Tag, &str)]) -> Header {
    let mut header = Header::default();
    for (tag, value) in values {
        header.push_value(*tag, Levels::ALL, value.as_bytes()).unwrap();
    }
    header
}

fn explained(values: &[(Tag, &str)]) -> Explanation {
    explain("x.dcm".into(), &header(values), &ContentOptions::default(), None, &Release::ALL, made_at())
}

fn made_at() -> DateTime {
    "2026-11-26T15:00:00Z".parse().unwrap()
}

fn row<'e>(explanation: &'e Explanation, element: &str) -> &'e Explained {
    explanation.rows.iter().find(|row| row.element == element).unwrap()
}

#[test]
fn a_row_says_what_each_release_writes_of_it() {
    let explanation = explained(&[(tags::MODALITY, "CT"), (tags::SERIES_NUMBER, "7")]);
    let modality = row(&explanation, "series.modality");
    assert_eq!(modality.read[0].keyword, "Modality");
    let releases: Vec<_> = modality.written.iter().map(|group| group.releases.as_slice()).collect();
    assert_eq!(releases, [&["r4", "r4b"] as &[&str], &["r5", "r6-ballot2", "r6-ballot5"]]);
    let element = |group: usize| modality.written[group].values.last().unwrap().element.as_str();
    assert_eq!((element(0), element(1)), ("series.modality.system", "series.modality.coding.system"));
    let number = row(&explanation, "series.number");
    assert_eq!(number.written[0].values, [Leaf { element: "series.number".into(), value: "7".into() }]);
    assert_eq!(number.written.len(), 1, "all releases write the same");
}

#[test]
fn a_row_says_why_nothing_is_written() {
    let explanation = explained(&[(tags::SERIES_NUMBER, "-1"), (tags::STUDY_DATE, "20240230")]);
    for (element, reason) in [("series.number", "negative"), ("started", "not a date")] {
        let row = row(&explanation, element);
        assert!(row.issues[0].contains(reason), "{:?}", row.issues);
        assert!(row.written.iter().all(|group| group.values.is_empty()));
    }
    let absent = row(&explanation, "description");
    assert!(absent.read.is_empty() && absent.issues.is_empty());
    assert!(row(&explanation, "series.uid").issues[0].contains("absent"));
}

#[test]
fn an_empty_sop_instance_uid_is_explained_by_the_one_that_stands_in() {
    let meta = (tags::MEDIA_STORAGE_SOP_INSTANCE_UID, "1.2.3");
    let explanation = explained(&[meta, (tags::SOP_INSTANCE_UID, "")]);
    let row = row(&explanation, "series.instance.uid");
    let read: Vec<_> = row.read.iter().map(|read| (read.keyword.as_str(), read.value.as_str())).collect();
    assert_eq!(read, [("SOPInstanceUID", ""), ("MediaStorageSOPInstanceUID", "1.2.3")]);
    assert_eq!(row.written[0].values, [Leaf { element: "series.instance.uid".into(), value: "1.2.3".into() }]);
    assert!(row.issues[0].contains("Media Storage SOP Instance UID"), "{:?}", row.issues);
    // A data set without the attribute is no instance.
    let absent = explained(&[meta]);
    assert!(self::row(&absent, "series.instance.uid").issues[0].contains("absent"));
}

#[test]
fn a_release_without_the_element_says_so() {
    let explanation = explained(&[(tags::NUMBER_OF_FRAMES, "3")]);
    let table = table(&explanation, 100);
    assert!(table.contains("series.instance.numberOfFrames = 3"), "{table}");
    assert!(table.contains("r4, r4b, r5, r6-ballot2: no such element"), "{table}");
}

#[test]
fn a_value_cannot_command_the_terminal() {
    let explanation = explained(&[
        (tags::SERIES_DESCRIPTION, "a\x1b[31mb"),
        (tags::MANUFACTURER, "a\u{85}b"),
        (tags::IMAGE_TYPE, "A\\B"),
    ]);
    let table = table(&explanation, 160);
    assert!(!table.contains('\x1b'));
    assert!(table.contains("ImageType = A\\B"), "{table}");
}

#[test]
fn a_table_fits_its_columns() {
    let long = "x".repeat(400);
    let wide = "山田".repeat(40);
    let values =
        [(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192"), (tags::STUDY_DESCRIPTION, &long), (tags::PATIENT_NAME, &wide)];
    let explanation = explained(&values);
    for columns in [60, 80, 100, 160, 300] {
        let table = table(&explanation, columns);
        let widest = table.lines().map(UnicodeWidthStr::width).max().unwrap();
        assert!(widest <= columns, "{widest} of {columns}: {table}");
    }
    assert!(table(&explanation, 1).lines().count() > 1, "a width that cannot be is the narrowest");
}

/// The values of an element in a release, with resources beside the study, but for their ids.
fn written_of(element: &'static str, release: &'static Release, parts: &Parts, uids: &Uids) -> Vec<Leaf> {
    let content = ContentOptions { references: Some(References::Separate), ..ContentOptions::default() };
    let mut found = Target::new(release, &content, made_at()).written(parts, uids);
    let name = release.element(element).unwrap();
    found.retain(|leaf| leaf.is_of(&name) && !leaf.element.ends_with(".reference"));
    found
}

/// The values of a companion's element in a release, of a data set.
fn values(element: &'static str, release: &'static Release, data_set: &[sample::Sample]) -> Vec<Leaf> {
    // One person in two places is one, by a number of a scheme that the user knows.
    let schemes: &[&str] = if element.starts_with("Practitioner") { &["scheme:SRT=urn:x"] } else { &[] };
    let header = sample::header(data_set);
    let parts = Parts::of(header.root(), &sample::options(schemes, &[]), false);
    let parts = Parts { study: parts.study, series: parts.series, ..Parts::default() };
    written_of(element, release, &parts, &Uids::of(header.root()))
}

/// Releases whose companions differ in what they have.
const DIFFERENT: [&Release; 3] = [Release::R4, Release::R5, Release::R6_BALLOT5];

/// Every attribute that a row of study or series names.
fn all_attributes() -> Vec<mapping::Attribute> {
    let mut all: Vec<_> = STUDY.iter().flat_map(|row| row.attributes).copied().collect();
    for attribute in SERIES.iter().flat_map(|row| row.attributes) {
        if !all.contains(attribute) {
            all.push(*attribute);
        }
    }
    all
}

/// What brings a resource about, where the element alone does not.
fn beside(element: &str) -> &'static [mapping::Attribute] {
    use mapping::Attribute::Value;
    match element.split('.').next() {
        Some("ServiceRequest" | "Practitioner") => &[
            Value(&[tags::ACCESSION_NUMBER]),
            Value(&[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::ACCESSION_NUMBER]),
            Value(&[tags::REFERENCED_REQUEST_SEQUENCE, tags::ACCESSION_NUMBER]),
        ],
        Some("Specimen") => &[Value(&[tags::SPECIMEN_DESCRIPTION_SEQUENCE, tags::SPECIMEN_IDENTIFIER])],
        Some("Device") => &[Value(&[tags::MANUFACTURER])],
        _ => &[],
    }
}

#[test]
fn each_attribute_that_is_listed_of_a_companion_changes_what_is_written_of_it() {
    let mut idle = Vec::new();
    for row in COMPANIONS.iter() {
        let release = DIFFERENT.into_iter().find(|release| release.element(row.element).is_some()).unwrap();
        let others = [row.attributes(), beside(row.element)].concat();
        // One person in two places is one.
        let others = if row.element.starts_with("Practitioner") { beside(row.element).to_vec() } else { others };
        for attribute in row.attributes() {
            if !is_missed(*attribute, &others, |data_set| values(row.element, release, data_set)) {
                idle.push(format!("{} {attribute:?}", row.element));
            }
        }
    }
    assert_eq!(idle, [""; 0]);
}

#[test]
fn each_attribute_that_is_listed_of_a_uid_changes_what_is_written_of_it() {
    const SOP_REFERENCE: mapping::Attribute = mapping::Attribute::Value(&[
        tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE,
        tags::REFERENCED_SERIES_SEQUENCE,
        tags::REFERENCED_SOP_SEQUENCE,
        tags::REFERENCED_SOP_INSTANCE_UID,
    ]);
    let written = |element: &'static str, data_set: &[sample::Sample]| {
        let header = sample::header(data_set);
        let selection = Some(mapping::map(SELECTION, header.root(), &Options::default()).part);
        let parts = Parts { selection, ..Parts::default() };
        written_of(element, Release::R5, &parts, &Uids::of(header.root()))
    };
    let mut all: Vec<_> = UIDS.iter().flat_map(|row| row.attributes()).copied().collect();
    all.push(SOP_REFERENCE);
    all.dedup();
    // It stands in for one that is there and empty, which a test of its own looks at.
    let stands_in = |attribute: &&mapping::Attribute| attribute.path() == [tags::MEDIA_STORAGE_SOP_INSTANCE_UID];
    let mut idle = Vec::new();
    for row in UIDS {
        for attribute in row.attributes().iter().filter(|attribute| !stands_in(attribute)) {
            if !is_missed(*attribute, &all, |data_set| written(row.element, data_set)) {
                idle.push(format!("{} {attribute:?}", row.element));
            }
        }
    }
    assert_eq!(idle, [""; 0]);
}

#[test]
fn nothing_else_changes_what_is_written_of_a_companion() {
    let all = all_attributes();
    let data_set = |attributes: &[mapping::Attribute]| mapping::tests::having(attributes, 0);
    let mut unlisted = Vec::new();
    for row in COMPANIONS.iter().filter(|row| !row.attributes().is_empty()) {
        let release = DIFFERENT.into_iter().find(|release| release.element(row.element).is_some()).unwrap();
        let whole = values(row.element, release, &data_set(&all));
        for attribute in all.iter().filter(|attribute| !row.attributes().contains(attribute)) {
            let rest: Vec<_> = all.iter().copied().filter(|other| other != attribute).collect();
            if values(row.element, release, &data_set(&rest)) != whole {
                unlisted.push(format!("{} {attribute:?}", row.element));
            }
        }
    }
    assert_eq!(unlisted, [""; 0]);
}
