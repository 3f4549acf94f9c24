//! The issue for a number that studies of several patients have.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::fhir::{Held, ResourceType};
use crate::issue::{Issue, Reason};
use crate::mapping::terms::system;

/// The issue of such a number, with the element and the attribute that has it.
pub fn held_issue(held: &Held) -> Issue {
    let kind = held.identifier.kind.as_ref().map(|kind| &*kind.code);
    let (element, tags): (_, &[Tag]) = match (held.kind, kind) {
        (ResourceType::Encounter, _) => ("encounter", &[tags::ADMISSION_ID]),
        (ResourceType::Specimen, _) if held.identifier.system.as_deref() == Some(system::DICOM_UID) => {
            ("series.specimen", &[tags::SPECIMEN_DESCRIPTION_SEQUENCE, tags::SPECIMEN_UID])
        }
        (ResourceType::Specimen, _) => {
            ("series.specimen", &[tags::SPECIMEN_DESCRIPTION_SEQUENCE, tags::SPECIMEN_IDENTIFIER])
        }
        (ResourceType::Procedure, _) => {
            ("partOf", &[tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, tags::REFERENCED_SOP_INSTANCE_UID])
        }
        (_, Some("PLAC")) => ("basedOn", &[tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST]),
        (_, Some("FILL")) => ("basedOn", &[tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST]),
        _ => ("basedOn", &[tags::ACCESSION_NUMBER]),
    };
    Issue::new(element, tags, Reason::OtherPatient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Identifier;
    use crate::mapping::identity::of_uid;
    use crate::mapping::terms::identifier_type as kind;

    #[test]
    fn a_number_of_several_patients_is_named_by_its_element_and_attribute() {
        use ResourceType::{Encounter, Procedure, ServiceRequest, Specimen};
        let typed = |code| Identifier { value: "1".into(), kind: kind(code), ..Identifier::default() };
        for (of, identifier, element, tag) in [
            (Encounter, typed("VN"), "encounter", tags::ADMISSION_ID),
            (Specimen, Identifier::default(), "series.specimen", tags::SPECIMEN_IDENTIFIER),
            (Specimen, of_uid("1.2"), "series.specimen", tags::SPECIMEN_UID),
            (Procedure, of_uid("1.2"), "partOf", tags::REFERENCED_SOP_INSTANCE_UID),
            (ServiceRequest, typed("ACSN"), "basedOn", tags::ACCESSION_NUMBER),
            (ServiceRequest, typed("PLAC"), "basedOn", tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST),
            (ServiceRequest, typed("FILL"), "basedOn", tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST),
        ] {
            let issue = held_issue(&Held { kind: of, identifier });
            assert_eq!((issue.element, issue.tags.last(), issue.reason), (element, Some(&tag), Reason::OtherPatient));
        }
    }
}
