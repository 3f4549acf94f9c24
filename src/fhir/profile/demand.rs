//! What a profile demands of a study, and whether the study has it.

use super::Profile;
use crate::fhir::datatypes::{CodeableConcept, ResourceType};
use crate::fhir::imaging_study::{ImagingStudy, Series};
use crate::fhir::resource::Resource;
use crate::issue::Lack;

/// What the study lacks of what the profile demands; nothing where it can conform.
pub fn lacks(profile: &Profile, study: &ImagingStudy<'_>) -> Vec<Lack> {
    profile.demands.iter().copied().filter(|demand| !is_met(*demand, study)).collect()
}

fn is_met(demand: Lack, study: &ImagingStudy<'_>) -> bool {
    match demand {
        Lack::StudyUid => study.study_uid.is_some(),
        Lack::OnePatient => !study.mixes_patients,
        Lack::Patient => is_patient(study),
        Lack::NameAndBirthDate => is_named(study),
        Lack::Started => study.started.is_some(),
        Lack::Modality => !study.modality.is_empty(),
        Lack::SeriesModality => series(study).all(|series| series.modality.as_ref().is_some_and(is_coded)),
        Lack::Instances => series(study).next().is_some() && series(study).all(|series| series.instances.is_some()),
    }
}

fn series<'s>(study: &'s ImagingStudy<'_>) -> impl Iterator<Item = &'s Series<'s>> {
    study.series.iter().flatten()
}

/// Whether a patient is known, or the user gave one.
fn is_patient(study: &ImagingStudy<'_>) -> bool {
    let subject = &study.subject;
    subject.target == ResourceType::Patient && (subject.literal.is_some() || subject.resource.is_some())
}

/// Whether the patient's name and birth date are known. What is on the server already, or no patient, is not asked.
fn is_named(study: &ImagingStudy<'_>) -> bool {
    let subject = &study.subject;
    match subject.resource.as_deref() {
        _ if subject.literal.is_some() => true,
        Some(Resource::Patient(patient)) => !patient.name.is_empty() && patient.birth_date.is_some(),
        Some(Resource::Device(_)) => true,
        _ => false,
    }
}

/// Whether a concept has a code of a known system, which comes first.
pub(super) fn is_coded(concept: &CodeableConcept) -> bool {
    concept.coding.first().is_some_and(|coding| coding.system.is_some())
}
