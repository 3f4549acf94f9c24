//! Procedures and procedure steps.

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::concepts;
use super::identity::of_uid;
use super::listed::{CompanionRow, Listed, always, companion, filled, listed, of, unfilled};
use crate::fhir::resource::{self, Resource};
use crate::fhir::{CodeableConcept, Identifier, Procedure, Reference};

/// The references to performed procedure steps.
pub const STEPS: Listed =
    listed!("partOf", [REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE > REFERENCED_SOP_INSTANCE_UID], "PS3.3 C.7.3.1");

/// The rows of a Procedure that is a performed procedure step, of an item of the sequence of steps.
#[rustfmt::skip]
pub const STEP: &[CompanionRow<resource::Procedure>] = &[
    filled!("Procedure.identifier", identifier, [
        REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE > REFERENCED_SOP_INSTANCE_UID
    ], "PS3.3 C.7.3.1", uid),
    unfilled(always("Procedure.status", "unknown")),
];

/// The procedures, each with a reference.
pub const PROCEDURES: Listed = listed!("procedure", [
    code PROCEDURE_CODE_SEQUENCE, REQUESTED_PROCEDURE_DESCRIPTION,
    REQUEST_ATTRIBUTES_SEQUENCE > REQUESTED_PROCEDURE_DESCRIPTION, PERFORMED_PROCEDURE_STEP_DESCRIPTION
], "PS3.3 C.7.2.1, C.4.11, 10.6, C.7.3.1");

/// The rows of the Procedures of a data set, one for each code.
#[rustfmt::skip]
pub const PROCEDURE: &[CompanionRow<Performed>] = &[
    filled!("Procedure.code", codes, [
        code PROCEDURE_CODE_SEQUENCE, REQUESTED_PROCEDURE_DESCRIPTION,
        REQUEST_ATTRIBUTES_SEQUENCE > REQUESTED_PROCEDURE_DESCRIPTION, PERFORMED_PROCEDURE_STEP_DESCRIPTION
    ], "PS3.3 C.7.2.1, C.4.11, 10.6, C.7.3.1", codes),
    unfilled(of("Procedure.subject", "the study's subject")),
];

/// What was performed, as a data set says it.
#[derive(Debug, Default)]
pub struct Performed {
    codes: Vec<CodeableConcept>,
}

/// The performed procedure steps, by their UIDs.
pub fn part_of(attributes: &Attributes<'_>) -> Vec<Reference> {
    let step = |item: &Attributes<'_>| {
        let step = companion(STEP, item);
        let identifier = step.identifier.first()?.clone();
        Some(Reference::with(Resource::Procedure(step), Some(identifier), None))
    };
    attributes.items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE).iter().filter_map(step).collect()
}

fn uid(item: &Attributes<'_>) -> Vec<Identifier> {
    item.oid(tags::REFERENCED_SOP_INSTANCE_UID).map(|uid| of_uid(&uid)).into_iter().collect()
}

/// The procedures.
pub fn procedures(attributes: &Attributes<'_>) -> Vec<Procedure> {
    companion(PROCEDURE, attributes).codes.into_iter().map(procedure).collect()
}

/// The codes, else the names in requests or the step.
fn codes(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let codes = concepts(attributes, tags::PROCEDURE_CODE_SEQUENCE);
    if codes.is_empty() { descriptions(attributes).into_iter().map(CodeableConcept::text).collect() } else { codes }
}

fn descriptions(attributes: &Attributes<'_>) -> Vec<String> {
    let of_request = |attributes: &Attributes<'_>| attributes.text(tags::REQUESTED_PROCEDURE_DESCRIPTION);
    let items = attributes.items(tags::REQUEST_ATTRIBUTES_SEQUENCE);
    let mut found: Vec<String> = of_request(attributes).into_iter().collect();
    if found.is_empty() {
        found = items.iter().filter_map(of_request).collect();
    }
    if found.is_empty() {
        found.extend(attributes.text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION));
    }
    found
}

fn procedure(concept: CodeableConcept) -> Procedure {
    let resource = resource::Procedure { identifier: Vec::new(), code: Some(concept.clone()) };
    let reference = Reference::with(Resource::Procedure(resource), None, concept.label().map(str::to_string));
    Procedure { concept, reference }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::issue::Reason;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{Sample, code, concept, items, mapped, reasons, reference, text};

    fn requested(item: Vec<Sample>) -> Sample {
        items(tags::REQUEST_ATTRIBUTES_SEQUENCE, [item])
    }

    #[test]
    fn a_procedure_is_its_code_else_what_the_request_else_what_the_step_is_called() {
        let coded = items(tags::PROCEDURE_CODE_SEQUENCE, [code("X", "LN", "Scan")]);
        let request = |value: &str| text(tags::REQUESTED_PROCEDURE_DESCRIPTION, value);
        let step = text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION, "step");
        for (data_set, want) in [
            (vec![coded.clone(), request("asked"), step.clone()], vec!["http://loinc.org|X Scan"]),
            (vec![request("asked"), requested(vec![request("item")]), step.clone()], vec![": asked"]),
            (vec![requested(vec![request("item")]), step.clone()], vec![": item"]),
            (vec![requested(vec![]), step], vec![": step"]),
            (vec![], vec![]),
        ] {
            let procedures = mapped(SERIES, &data_set).part.procedure;
            let shown: Vec<String> = procedures.iter().map(|procedure| concept(&procedure.concept)).collect();
            assert_eq!(shown, want, "{data_set:?}");
            let displays = procedures.iter().map(|procedure| procedure.reference.display.as_deref());
            assert!(displays.eq(procedures.iter().map(|procedure| procedure.concept.label())), "{data_set:?}");
        }
    }

    #[test]
    fn reasons_are_those_of_the_root_and_of_each_request_once() {
        let coded = items(tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE, [code("X", "LN", "Pain")]);
        let words = |value: &str| text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, value);
        let report = items(tags::REFERENCED_REQUEST_SEQUENCE, [vec![words("fever")]]);
        for (data_set, want) in [
            (vec![words("Pain")], vec![": Pain"]),
            (vec![coded.clone(), words("Pain")], vec!["http://loinc.org|X Pain"]),
            (vec![coded.clone(), words("since May")], vec![": since May", "http://loinc.org|X Pain"]),
            (vec![requested(vec![coded.clone()])], vec!["http://loinc.org|X Pain"]),
            (vec![coded.clone(), requested(vec![coded])], vec!["http://loinc.org|X Pain"]),
            (vec![report], vec![": fever"]),
        ] {
            let shown: Vec<String> = mapped(SERIES, &data_set).part.reason.iter().map(concept).collect();
            assert_eq!(shown, want, "{data_set:?}");
        }
    }

    #[test]
    fn a_step_is_referred_to_by_its_uid_and_only_if_it_is_one() {
        let step = |uid: &str| {
            items(
                tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE,
                [vec![text(tags::REFERENCED_SOP_INSTANCE_UID, uid)]],
            )
        };
        let good = mapped(SERIES, &[step("1.2.3\0")]);
        assert_eq!(good.part.part_of.iter().map(reference).collect::<Vec<_>>(), ["urn:dicom:uid|urn:oid:1.2.3"]);
        let bad = mapped(SERIES, &[step("1.02")]);
        assert_eq!(bad.part.part_of, []);
        assert_eq!(reasons(&bad.issues), [(tags::REFERENCED_SOP_INSTANCE_UID, Reason::NotAnOid)]);
        assert_eq!(mapped(SERIES, &[step("")]), mapped(SERIES, &[]));
    }
}
