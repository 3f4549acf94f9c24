//! The rows of a series: what it has once, and what it adds to the lists of its study.

use dicom_dictionary_std::tags;

use super::anatomy::{BodySite, Side, body_site, sides};
use super::attribute::attributes;
use super::attributes::{Attributes, number, text};
use super::performer::{EQUIPMENT, INSTITUTION, device, operators, organization, physicians};
use super::person::persons;
use super::procedure::{PROCEDURES, STEPS, part_of, procedures};
use super::reason::reasons;
use super::request::{ORDERS, accessions, based_on};
use super::row::{Row, many, one};
use super::specimen::{SPECIMENS, specimens};
use super::terms;
use super::time::date_time;
use crate::fhir::{CodeableConcept, Coding, DateTime, Identifier, Performer, Procedure, Reference};
use crate::issue::Reason;

/// What the rows of [`SERIES`] fill from one instance.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)]
pub struct SeriesPart {
    pub accession: Vec<Identifier>,
    pub based_on: Vec<Reference>,
    pub part_of: Vec<Reference>,
    pub interpreter: Vec<Reference>,
    pub procedure: Vec<Procedure>,
    pub reason: Vec<CodeableConcept>,
    pub number: Option<u32>,
    pub modality: Option<CodeableConcept>,
    pub description: Option<String>,
    pub body_site: Vec<BodySite>,
    pub laterality: Vec<Side>,
    pub specimen: Vec<Reference>,
    pub started: Option<DateTime>,
    pub physicians: Vec<Performer>,
    pub operators: Vec<Performer>,
    pub device: Vec<Performer>,
    pub organization: Vec<Performer>,
}

/// The rows of the series, in the order of the elements; those of the study's lists first.
#[rustfmt::skip]
pub const SERIES: &[Row<SeriesPart>] = &[
    many!("identifier", accession, [
        accession HERE, accession REQUEST_ATTRIBUTES_SEQUENCE, accession REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.7.2.1, 10.6, C.17.2, C.17.6.2", accessions),
    many!(ORDERS, based_on, based_on),
    many!(STEPS, part_of, part_of),
    many!("interpreter", interpreter, [
        NAME_OF_PHYSICIANS_READING_STUDY, person PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.2.1", persons),
    many!(PROCEDURES, procedure, procedures),
    many!("reason", reason, [
        reason HERE, reason REQUEST_ATTRIBUTES_SEQUENCE, reason REFERENCED_REQUEST_SEQUENCE
    ], "PS3.3 C.4.11, 10.6, C.17.2", reasons),
    one!("series.number", number, [SERIES_NUMBER], "PS3.3 C.7.3.1", number),
    one!("series.modality", modality, [MODALITY], "PS3.3 C.7.3.1", modality),
    one!("series.description", description, [SERIES_DESCRIPTION], "PS3.3 C.7.3.1", text),
    many!("series.bodySite", body_site, [
        code ANATOMIC_REGION_SEQUENCE,
        code SHARED_FUNCTIONAL_GROUPS_SEQUENCE > FRAME_ANATOMY_SEQUENCE > ANATOMIC_REGION_SEQUENCE, BODY_PART_EXAMINED
    ], "PS3.3 10.5, C.7.6.16.2.8, C.7.3.1; PS3.16 Annex L: the term or its meaning, by letters and digits", body_site),
    many!("series.laterality", laterality, [
        LATERALITY, IMAGE_LATERALITY, SHARED_FUNCTIONAL_GROUPS_SEQUENCE > FRAME_ANATOMY_SEQUENCE > FRAME_LATERALITY,
        code ANATOMIC_REGION_SEQUENCE > ANATOMIC_REGION_MODIFIER_SEQUENCE,
        code SHARED_FUNCTIONAL_GROUPS_SEQUENCE > FRAME_ANATOMY_SEQUENCE > ANATOMIC_REGION_SEQUENCE
            > ANATOMIC_REGION_MODIFIER_SEQUENCE
    ], "PS3.3 C.7.3.1, C.7.6.1, 10.5, C.7.6.16.2.8", sides),
    many!(SPECIMENS, specimen, specimens),
    one!("series.started", started, [
        SERIES_DATE, SERIES_TIME, TIMEZONE_OFFSET_FROM_UTC
    ], "PS3.3 C.7.3.1, C.12.1", date_time),
    many!("series.performer", physicians, [
        PERFORMING_PHYSICIAN_NAME, person PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.3.1", physicians),
    many!("series.performer", operators, [
        OPERATORS_NAME, person OPERATOR_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.3.1", operators),
    many!(EQUIPMENT, device, device),
    many!(INSTITUTION, organization, organization),
];

/// Modality (0008,0060): a code of DCM with its display, else text (R5 ImagingStudy.series.modality). A code string is
/// in capitals (PS3.5 6.2), so small letters cannot mean anything else.
fn modality(attributes: &Attributes<'_>) -> Option<CodeableConcept> {
    let term = attributes.line(tags::MODALITY)?;
    let (known, reason) = match terms::modality(&term) {
        Some(known) => (Some(known), None),
        None => match terms::modality(&term.to_ascii_uppercase()) {
            Some(known) => (Some(known), Some(Reason::NotInCapitals)),
            None => (None, Some(Reason::UnknownTerm)),
        },
    };
    reason.into_iter().for_each(|reason| attributes.note(tags::MODALITY, reason, &term));
    let Some(known) = known else { return Some(CodeableConcept::text(term)) };
    Some(Coding::constant(terms::system::DCM, known.code, known.display).into())
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{concept, mapped, reasons, text};

    const CT: &str = "http://dicom.nema.org/resources/ontology/DCM|CT Computed Tomography";

    #[test]
    fn a_modality_is_a_code_of_the_dicom_terminology_else_text() {
        for (value, want, issues) in [
            ("CT", CT, vec![]),
            ("CT ", CT, vec![]),
            ("Ct", CT, vec![(tags::MODALITY, Reason::NotInCapitals)]),
            ("zz", ": zz", vec![(tags::MODALITY, Reason::UnknownTerm)]),
            ("CT\\MR", ": CT\\MR", vec![(tags::MODALITY, Reason::UnknownTerm)]),
        ] {
            let mapped = mapped(SERIES, &[text(tags::MODALITY, value)]);
            let shown = mapped.part.modality.as_ref().map(concept).unwrap();
            assert_eq!(shown, want, "{value}");
            assert_eq!(reasons(&mapped.issues), issues, "{value}");
        }
        assert_eq!(mapped(SERIES, &[text(tags::MODALITY, " ")]).part.modality, None);
    }

    #[test]
    fn a_number_that_fhir_cannot_hold_is_left_out_and_reported() {
        use Reason::*;
        for (value, want, reason) in [
            ("7", Some(7), None),
            ("+7 ", Some(7), None),
            ("007", Some(7), None),
            ("0", Some(0), None),
            ("2147483647", Some(2_147_483_647), None),
            ("2147483648", None, Some(TooLarge)),
            ("-1", None, Some(Negative)),
            ("3.0", Some(3), None),
            ("3.5", None, Some(Fractional)),
            ("1\\2", None, Some(NotAnInteger)),
            ("one", None, Some(NotAnInteger)),
            ("", None, None),
        ] {
            let mapped = mapped(SERIES, &[text(tags::SERIES_NUMBER, value)]);
            let issue = mapped.issues.first().map(|issue| issue.reason);
            assert_eq!((mapped.part.number, issue), (want, reason), "{value:?}");
        }
    }
}
