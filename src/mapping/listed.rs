//! Rows that only document what other functions fill: UIDs and companion resources.
//!
//! Tests keep them true: they remove each attribute, and check which elements change in which release.

// Archives hold attributes that the standard has retired since.
#![allow(deprecated)]

use super::attribute::{Attribute, attributes};

/// An element that another row or the grouping fills.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// The FHIR element: of ImagingStudy, or with the type of its resource in front.
    pub element: &'static str,
    /// Its source.
    pub source: Source,
}

/// The source of an element.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// These attributes, and where DICOM defines them.
    Attributes(&'static [Attribute], &'static str),
    /// A constant.
    Always(&'static str),
    /// An option, or another element.
    Of(&'static str),
}

macro_rules! listed {
    ($element:literal, [$($attributes:tt)*], $citation:literal) => {
        Listed { element: $element, source: Source::Attributes(attributes![$($attributes)*], $citation) }
    };
}

const fn always(element: &'static str, value: &'static str) -> Listed {
    Listed { element, source: Source::Always(value) }
}

const fn of(element: &'static str, words: &'static str) -> Listed {
    Listed { element, source: Source::Of(words) }
}

/// The UIDs, by which everything is grouped.
#[rustfmt::skip]
pub const UIDS: &[Listed] = &[
    listed!("id", [STUDY_INSTANCE_UID], "PS3.3 C.7.2.1"),
    listed!("identifier", [STUDY_INSTANCE_UID], "PS3.3 C.7.2.1"),
    listed!("series.uid", [SERIES_INSTANCE_UID], "PS3.3 C.7.3.1"),
    listed!("series.instance.uid", [SOP_INSTANCE_UID, MEDIA_STORAGE_SOP_INSTANCE_UID], "PS3.3 C.12.1, PS3.10 7.1"),
    listed!("ImagingSelection.studyUid", [
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > STUDY_INSTANCE_UID
    ], "PS3.3 C.17.6.2"),
    listed!("ImagingSelection.seriesUid", [
        CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE > REFERENCED_SERIES_SEQUENCE > SERIES_INSTANCE_UID
    ], "PS3.3 C.17.6.2"),
];

/// The companion resources, by type and in the order of the elements.
#[rustfmt::skip]
pub const COMPANIONS: &[Listed] = &[
    of("contained", "--references contained; an Endpoint also where references are logical"),
    of("*.id", "the identifier that has a system, by UUIDv5; else Study Instance UID, role and what is known"),
    listed!("Patient.extension", [
        PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE,
        PATIENT_BREED_DESCRIPTION, code PATIENT_BREED_CODE_SEQUENCE, PATIENT_SEX_NEUTERED
    ], "PS3.3 C.7.1.1, C.7.2.2"),
    listed!("Patient.identifier", [
        patient_id HERE, patient_id OTHER_PATIENT_I_DS_SEQUENCE, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.1.1"),
    listed!("Patient.name", [
        PATIENT_NAME, PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.1.1"),
    listed!("Patient.gender", [PATIENT_SEX], "PS3.3 C.7.1.1"),
    listed!("Patient.birthDate", [PATIENT_BIRTH_DATE], "PS3.3 C.7.1.1"),
    listed!("Practitioner.identifier", [
        person REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE,
        person PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person OPERATOR_IDENTIFICATION_SEQUENCE,
        person REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REQUEST_ATTRIBUTES_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REFERENCED_REQUEST_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.2.1, C.7.3.1, C.4.12"),
    listed!("Practitioner.name", [
        REFERRING_PHYSICIAN_NAME, NAME_OF_PHYSICIANS_READING_STUDY, PERFORMING_PHYSICIAN_NAME, OPERATORS_NAME, REQUESTING_PHYSICIAN,
        REQUEST_ATTRIBUTES_SEQUENCE > REQUESTING_PHYSICIAN, REFERENCED_REQUEST_SEQUENCE > REQUESTING_PHYSICIAN
    ], "PS3.3 C.7.2.1, C.7.3.1, C.4.12"),
    listed!("Device.identifier", [DEVICE_SERIAL_NUMBER, PATIENT_ID, QUALITY_CONTROL_SUBJECT], "PS3.3 C.7.5.1, C.7.1.1"),
    listed!("Device.udiCarrier", [UDI_SEQUENCE > UNIQUE_DEVICE_IDENTIFIER], "PS3.3 C.7.5.1"),
    listed!("Device.manufacturer", [MANUFACTURER], "PS3.3 C.7.5.1"),
    listed!("Device.serialNumber", [DEVICE_SERIAL_NUMBER], "PS3.3 C.7.5.1"),
    listed!("Device.name", [STATION_NAME, PATIENT_NAME, QUALITY_CONTROL_SUBJECT], "PS3.3 C.7.5.1, C.7.1.1"),
    listed!("Device.modelNumber", [MANUFACTURER_MODEL_NAME], "PS3.3 C.7.5.1"),
    listed!("Device.version", [SOFTWARE_VERSIONS], "PS3.3 C.7.5.1"),
    listed!("Organization.identifier", [code INSTITUTION_CODE_SEQUENCE], "PS3.3 C.3.2"),
    listed!("Organization.name", [INSTITUTION_NAME], "PS3.3 C.7.5.1"),
    listed!("Location.name", [INSTITUTIONAL_DEPARTMENT_NAME, PERFORMED_LOCATION], "PS3.3 C.7.5.1, C.4.14"),
    listed!("Encounter.identifier", [
        ADMISSION_ID, ISSUER_OF_ADMISSION_ID, issuer ISSUER_OF_ADMISSION_ID_SEQUENCE
    ], "PS3.3 C.7.2.2, PS3.6 (retired)"),
    always("Encounter.status", "unknown"),
    always("Encounter.class", "unknown"),
    of("Encounter.subject", "the study's subject, if it is a Patient"),
    listed!("ServiceRequest.identifier", [
        numbers HERE, numbers REQUEST_ATTRIBUTES_SEQUENCE, numbers REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.7.2.1, C.4.12, 10.6, C.17.2, C.17.6.2"),
    always("ServiceRequest.status", "unknown"),
    always("ServiceRequest.intent", "order"),
    listed!("ServiceRequest.code", [
        requested HERE, requested REQUEST_ATTRIBUTES_SEQUENCE, requested REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.11, 10.6, C.17.2, C.17.6.2"),
    of("ServiceRequest.subject", "the study's subject"),
    listed!("ServiceRequest.requester", [
        requester HERE, requester REQUEST_ATTRIBUTES_SEQUENCE, requester REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.12"),
    listed!("ServiceRequest.reason", [
        reason HERE, reason REQUEST_ATTRIBUTES_SEQUENCE, reason REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.11, 10.6, C.17.2"),
    listed!("Procedure.identifier", [
        REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE > REFERENCED_SOP_INSTANCE_UID
    ], "PS3.3 C.7.3.1"),
    always("Procedure.status", "unknown"),
    listed!("Procedure.code", [
        code PROCEDURE_CODE_SEQUENCE, REQUESTED_PROCEDURE_DESCRIPTION,
        REQUEST_ATTRIBUTES_SEQUENCE > REQUESTED_PROCEDURE_DESCRIPTION, PERFORMED_PROCEDURE_STEP_DESCRIPTION
    ], "PS3.3 C.7.2.1, C.4.11, 10.6, C.7.3.1"),
    of("Procedure.subject", "the study's subject"),
    listed!("Specimen.identifier", [
        SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_IDENTIFIER,
        issuer SPECIMEN_DESCRIPTION_SEQUENCE > ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE,
        SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_UID
    ], "PS3.3 C.7.6.22"),
    listed!("Specimen.type", [code SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_TYPE_CODE_SEQUENCE], "PS3.3 C.7.6.22"),
    of("Specimen.subject", "the study's subject"),
    always("Endpoint.status", "active"),
    of("Endpoint.connectionType", "--endpoint"),
    of("Endpoint.payload", "--endpoint: what a service of the type hands out"),
    of("Endpoint.address", "--endpoint"),
];

impl Listed {
    /// The attributes, if any.
    pub fn attributes(&self) -> &'static [Attribute] {
        match self.source {
            Source::Attributes(attributes, _) => attributes,
            Source::Always(_) | Source::Of(_) => &[],
        }
    }

    /// Where DICOM defines them.
    pub fn citation(&self) -> &'static str {
        match self.source {
            Source::Attributes(_, citation) => citation,
            Source::Always(_) | Source::Of(_) => "",
        }
    }
}
