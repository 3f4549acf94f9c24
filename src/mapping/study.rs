//! The rows of what a study has once. What each of its series can add to is in [`series`](super::series).

// Archives hold attributes that the standard has retired since.
#![allow(deprecated)]

use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::identity::{Issuer, kind};
use super::patient;
use super::person::practitioners;
use super::row::{Row, attributes, one};
use super::time::date_time;
use crate::fhir::resource::{Encounter, Location, Resource};
use crate::fhir::{Annotation, DateTime, Identifier, Reference, ResourceType};

/// What the rows of [`STUDY`] fill from one instance.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)]
pub struct StudyPart {
    pub study_id: Option<Identifier>,
    pub subject: Option<Reference>,
    pub encounter: Option<Reference>,
    pub started: Option<DateTime>,
    pub referrer: Option<Reference>,
    pub location: Option<Reference>,
    pub note: Option<Annotation>,
    pub description: Option<String>,
}

/// The rows of the study, in the order of the elements.
#[rustfmt::skip]
pub const STUDY: &[Row<StudyPart>] = &[
    one!("identifier", study_id, [STUDY_ID], "PS3.3 C.7.2.1", study_id),
    one!("subject", subject, [
        PATIENT_NAME, PATIENT_ID, ISSUER_OF_PATIENT_ID, issuer ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
        ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE > IDENTIFIER_TYPE_CODE, PATIENT_BIRTH_DATE, PATIENT_SEX,
        QUALITY_CONTROL_SUBJECT, OTHER_PATIENT_I_DS_SEQUENCE > PATIENT_ID,
        OTHER_PATIENT_I_DS_SEQUENCE > ISSUER_OF_PATIENT_ID,
        issuer OTHER_PATIENT_I_DS_SEQUENCE > ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
        OTHER_PATIENT_I_DS_SEQUENCE > ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE > IDENTIFIER_TYPE_CODE,
        PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE, PATIENT_BREED_DESCRIPTION, code PATIENT_BREED_CODE_SEQUENCE,
        PATIENT_SEX_NEUTERED
    ], "PS3.3 C.7.1.1", patient::subject),
    one!("encounter", encounter, [ADMISSION_ID, ISSUER_OF_ADMISSION_ID, issuer ISSUER_OF_ADMISSION_ID_SEQUENCE], "PS3.3 C.7.2.3", encounter),
    one!("started", started, [STUDY_DATE, STUDY_TIME, TIMEZONE_OFFSET_FROM_UTC], "PS3.3 C.7.2.1", |a| date_time(a, tags::STUDY_DATE, tags::STUDY_TIME)),
    one!("referrer", referrer, [REFERRING_PHYSICIAN_NAME, person REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE], "PS3.3 C.7.2.1", referrer),
    one!("location", location, [INSTITUTIONAL_DEPARTMENT_NAME, PERFORMED_LOCATION], "PS3.3 C.7.5.1, C.4.14", location),
    one!("note", note, [STUDY_COMMENTS], "PS3.3 C.4.1", note),
    one!("description", description, [STUDY_DESCRIPTION], "PS3.3 C.7.2.1", |a: &Attributes<'_>| a.text(tags::STUDY_DESCRIPTION)),
];

fn study_id(attributes: &Attributes<'_>) -> Option<Identifier> {
    let value = attributes.text(tags::STUDY_ID)?;
    Some(Issuer::default().identifier(value, None, attributes.options().systems.study_id.as_ref()))
}

fn encounter(attributes: &Attributes<'_>) -> Option<Reference> {
    let value = attributes.text(tags::ADMISSION_ID)?;
    let named = Issuer::of_name(attributes, attributes.text(tags::ISSUER_OF_ADMISSION_ID));
    let issuer = Issuer::of_sequence(attributes, tags::ISSUER_OF_ADMISSION_ID_SEQUENCE).or(named);
    let identifier = issuer.identifier(value, kind("VN"), attributes.options().systems.visit.as_ref());
    let resource = Resource::Encounter(Encounter { identifier: vec![identifier.clone()] });
    let mut reference = Reference::to(ResourceType::Encounter);
    reference.identifier = Some(identifier);
    reference.resource = Some(Box::new(resource));
    Some(reference)
}

fn referrer(attributes: &Attributes<'_>) -> Option<Reference> {
    let (name, identification) = (tags::REFERRING_PHYSICIAN_NAME, tags::REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE);
    practitioners(attributes, name, identification).into_iter().next()
}

fn location(attributes: &Attributes<'_>) -> Option<Reference> {
    let department = attributes.text(tags::INSTITUTIONAL_DEPARTMENT_NAME);
    let name = department.or_else(|| attributes.text(tags::PERFORMED_LOCATION))?;
    let mut reference = Reference::to(ResourceType::Location);
    reference.display = Some(name.clone());
    reference.resource = Some(Box::new(Resource::Location(Location { name: Some(name) })));
    Some(reference)
}

fn note(attributes: &Attributes<'_>) -> Option<Annotation> {
    attributes.long_text(tags::STUDY_COMMENTS).map(|text| Annotation { text })
}
