use dicom_dictionary_std::tags;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::dicom::Levels;

/// A header of these values.
fn header(values: &[(Tag, &str)]) -> Header {
    let mut header = Header::default();
    for (tag, value) in values {
        header.push_value(*tag, Levels::ALL, value.as_bytes()).unwrap();
    }
    header
}

fn explained(values: &[(Tag, &str)]) -> Explanation {
    explain("x.dcm".into(), &header(values), &Options::default(), &Release::ALL)
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
