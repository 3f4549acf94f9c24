//! The rows of values that a study has once. Rows to which each series contributes are in [`series`](super::series).

// Archives hold attributes that the standard has retired since.
#![allow(deprecated)]

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::{Attributes, text};
use super::encounter::{ADMISSION, encounter};
use super::identity::Issuer;
use super::location::{PLACE, location};
use super::patient::SUBJECT;
use super::person::only_person;
use super::row::{Agreement, Row, first, one};
use super::subject::subject;
use super::time::date_time;
use crate::fhir::{Identifier, ImagingStudy, Reference};
use crate::options::SystemKind;

/// The elements that the rows of [`STUDY`] fill from one instance.
pub type StudyPart = ImagingStudy<'static>;

/// The rows of the study, in the order of the elements.
#[rustfmt::skip]
pub const STUDY: &[Row<StudyPart>] = &[
    one!("identifier", study_id, [STUDY_ID], "PS3.3 C.7.2.1", study_id),
    one!(SUBJECT, subject, subject, identified_first),
    one!(ADMISSION, encounter, encounter, told_in_full),
    one!("started", started, [
        STUDY_DATE, STUDY_TIME, TIMEZONE_OFFSET_FROM_UTC
    ], "PS3.3 C.7.2.1, C.12.1", date_time),
    one!("referrer", referrer, [
        REFERRING_PHYSICIAN_NAME, person REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.2.1", only_person),
    one!(PLACE, location, location),
    one!("note", note, [STUDY_COMMENTS], "PS3.6 (retired)", note),
    one!("description", description, [STUDY_DESCRIPTION], "PS3.3 C.7.2.1", text),
];

/// The subject of the first instance with a Patient ID, else of the first with any patient attribute: a de-identified
/// file does not remove a patient's number. Missing values come from the next instance that agrees in Patient ID,
/// issuer and name.
fn identified_first(into: &mut StudyPart, from: &StudyPart) -> Agreement {
    let (known, other) = (&mut into.subject, &from.subject);
    match (known.resource.is_some(), other.resource.is_some()) {
        (_, false) => Agreement::Agree,
        (false, true) => {
            known.clone_from(other);
            Agreement::Agree
        }
        _ if known.identifier.is_none() && other.identifier.is_some() => {
            known.clone_from(other);
            Agreement::Differ
        }
        _ if is_one_person(known, other) => merge_into(known, other.clone()),
        _ => Agreement::Differ,
    }
}

/// Whether two instances agree in Patient ID, issuer and name, as far as both have them.
fn is_one_person(one: &Reference, other: &Reference) -> bool {
    let ids = match (&one.identifier, &other.identifier) {
        (Some(one), Some(other)) => one.can_be(other),
        (None, None) => one.numbers().is_empty() || other.numbers().is_empty() || one.shares_a_number(other),
        _ => false,
    };
    let has_name = one.display.is_some() && other.display.is_some();
    one.target == other.target && ids && (!has_name || one.can_be_called(other))
}

/// The first admission, with the most complete form of its issuer.
fn told_in_full(into: &mut StudyPart, from: &StudyPart) -> Agreement {
    let is_one = |one: &Reference, other: &Reference| match (&one.identifier, &other.identifier) {
        (Some(one), Some(other)) => one.can_be(other),
        _ => false,
    };
    match (&mut into.encounter, &from.encounter) {
        (Some(known), Some(other)) if is_one(known, other) => merge_into(known, other.clone()),
        (known, other) => first(known, other),
    }
}

/// Merges another instance of the same person or visit; returns whether they contradict each other.
fn merge_into(known: &mut Reference, other: Reference) -> Agreement {
    if known.merge_into(other) { Agreement::Differ } else { Agreement::Agree }
}

fn study_id(attributes: &Attributes<'_>) -> Option<Identifier> {
    let value = attributes.id_text(tags::STUDY_ID)?;
    Some(Issuer::default().identifier(value, None, attributes.options().system(&SystemKind::StudyId)))
}

fn note(attributes: &Attributes<'_>) -> Option<String> {
    attributes.long_text(tags::STUDY_COMMENTS)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::fhir::resource::Resource;
    use crate::issue::Reason;
    use crate::mapping::sample::{Sample, items, mapped, reasons, reference, text};

    #[test]
    fn a_text_is_taken_without_its_padding_and_an_empty_one_is_absent() {
        for (value, want) in [("CT head ", Some("CT head")), ("  ", None), ("", None), ("a\r\nb", Some("a b"))] {
            let part = mapped(STUDY, &[text(tags::STUDY_DESCRIPTION, value)]).part;
            assert_eq!(part.description.as_deref(), want, "{value:?}");
        }
    }

    #[test]
    fn several_values_where_there_is_one_stay_as_one_text_and_are_reported() {
        let mapped = mapped(STUDY, &[text(tags::STUDY_DESCRIPTION, "a\\b"), text(tags::STUDY_ID, "1\\2")]);
        assert_eq!(mapped.part.description.as_deref(), Some("a\\b"));
        assert_eq!(mapped.part.study_id.map(|id| id.value.to_string()).as_deref(), Some("1\\2"));
        let want = [(tags::STUDY_DESCRIPTION, Reason::SeveralValues), (tags::STUDY_ID, Reason::RepeatedIdentity)];
        assert_eq!(reasons(&mapped.issues), want);
    }

    #[test]
    fn comments_keep_their_lines() {
        let note = mapped(STUDY, &[text(tags::STUDY_COMMENTS, "one\r\n  two\\three\r\n")]).part.note.unwrap();
        assert_eq!(note, "one\r\n  two\\three");
    }

    #[test]
    fn a_subject_with_a_patient_id_decides_before_one_without() {
        let of = |data_set: &[Sample]| mapped(STUDY, data_set).part;
        let (named, numbered) = (of(&[text(tags::PATIENT_NAME, "Doe")]), of(&[text(tags::PATIENT_ID, "1")]));
        let row = STUDY.iter().find(|row| row.field == "subject").unwrap();
        for (first, then, want, agreement) in [
            (&named, &numbered, "MR 1", Agreement::Differ),
            (&numbered, &named, "MR 1", Agreement::Differ),
            (&StudyPart::default(), &named, "Doe", Agreement::Agree),
            (&StudyPart::default(), &numbered, "MR 1", Agreement::Agree),
            (&numbered, &StudyPart::default(), "MR 1", Agreement::Agree),
            (&named, &StudyPart::default(), "Doe", Agreement::Agree),
        ] {
            let mut part = first.clone();
            assert_eq!((row.merge)(&mut part, then), agreement, "{want}");
            assert_eq!(reference(&part.subject), want);
        }
    }

    #[test]
    fn a_birth_date_comes_from_the_next_instance_of_the_same_person() {
        let name = |name: &str| text(tags::PATIENT_NAME, name);
        let number = |number: &str| text(tags::PATIENT_ID, number);
        let other = |number: &str| items(tags::OTHER_PATIENT_I_DS_SEQUENCE, [vec![text(tags::PATIENT_ID, number)]]);
        let row = STUDY.iter().find(|row| row.field == "subject").unwrap();
        for (first, then, is_one) in [
            (vec![name("Doe")], vec![name("Doe")], true),
            (vec![name("Doe")], vec![name("Roe")], false),
            (vec![number("1")], vec![number("1"), name("Doe")], true),
            (vec![number("1"), name("Doe")], vec![number("1")], true),
            (vec![number("1"), name("Doe")], vec![number("1"), name("Roe")], false),
            (vec![number("1")], vec![number("2")], false),
            (vec![number("1")], vec![name("Doe")], false),
            (vec![name("Doe")], vec![name("Doe"), other("7")], true),
            (vec![name("Doe"), other("7")], vec![name("Doe")], true),
            (vec![name("Doe"), other("7")], vec![name("Doe"), other("7")], true),
            (vec![name("Doe"), other("7")], vec![name("Doe"), other("8")], false),
        ] {
            let born = [then.clone(), vec![text(tags::PATIENT_BIRTH_DATE, "19700102")]].concat();
            let mut part = mapped(STUDY, &first).part;
            (row.merge)(&mut part, &mapped(STUDY, &born).part);
            let Some(Resource::Patient(patient)) = part.subject.resource.as_deref() else { panic!("a Patient") };
            assert_eq!(patient.birth_date.is_some(), is_one, "{first:?} {then:?}");
        }
    }

    #[test]
    fn another_visit_is_a_difference_and_completes_nothing() {
        let of = |number: &str| mapped(STUDY, &[text(tags::ADMISSION_ID, number)]).part;
        let row = STUDY.iter().find(|row| row.field == "encounter").unwrap();
        for (other, agreement) in [("V1", Agreement::Agree), ("V2", Agreement::Differ)] {
            let mut part = of("V1");
            assert_eq!((row.merge)(&mut part, &of(other)), agreement);
            assert_eq!(part.encounter.unwrap().numbers().len(), 1);
        }
    }
}
