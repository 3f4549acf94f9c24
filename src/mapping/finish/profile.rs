//! Issues of studies that a profile changes, or that lack what it requires.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::fhir::profile::Change;
use crate::issue::{Issue, Lack, Reason};

/// The issue of what a study lacks, with the element and the attribute that would have it.
pub fn lack_issue(lack: Lack, reason: fn(Lack) -> Reason) -> Issue {
    let (element, tags): (_, &[Tag]) = match lack {
        Lack::StudyUid => ("identifier", &[tags::STUDY_INSTANCE_UID]),
        Lack::OnePatient | Lack::Patient | Lack::PatientIssuer | Lack::PatientNumber => {
            ("subject", &[tags::PATIENT_ID])
        }
        Lack::NameAndBirthDate => ("subject", &[tags::PATIENT_BIRTH_DATE]),
        Lack::Started => ("started", &[tags::STUDY_DATE]),
        Lack::StartedTime => ("started", &[tags::STUDY_TIME]),
        Lack::Modality => ("modality", &[tags::MODALITY]),
        Lack::SeriesModality => ("series.modality", &[tags::MODALITY]),
        Lack::Region => ("series.bodySite", &[tags::BODY_PART_EXAMINED]),
        Lack::Uids => ("series.instance", &[tags::SOP_CLASS_UID]),
        Lack::Instances => ("series.instance", &[]),
        Lack::OtherThanManifests => ("series.instance", &[tags::CONCEPT_NAME_CODE_SEQUENCE]),
        Lack::Status => ("status", &[]),
    };
    Issue::new(element, tags, reason(lack))
}

/// The issue of a change, with the attribute that it concerns.
pub fn change_issue(change: Change) -> Issue {
    let tags: &[Tag] = match change.element {
        "identifier" => &[tags::STUDY_ID],
        "basedOn" => &[tags::ACCESSION_NUMBER],
        "procedure" => &[tags::PROCEDURE_CODE_SEQUENCE],
        "series.bodySite" => &[tags::BODY_PART_EXAMINED],
        "series.performer" => &[tags::PERFORMING_PHYSICIAN_NAME],
        _ => &[],
    };
    Issue::new(change.element, tags, change.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_the_attribute_that_it_concerns() {
        for (element, tags) in [
            ("identifier", &[tags::STUDY_ID] as &[Tag]),
            ("basedOn", &[tags::ACCESSION_NUMBER]),
            ("procedure", &[tags::PROCEDURE_CODE_SEQUENCE]),
            ("series.bodySite", &[tags::BODY_PART_EXAMINED]),
            ("series.performer", &[tags::PERFORMING_PHYSICIAN_NAME]),
            ("note", &[]),
        ] {
            let found = change_issue(Change { element, reason: Reason::NoPlace });
            assert_eq!((found.element, &found.tags[..]), (element, tags));
        }
    }
}
