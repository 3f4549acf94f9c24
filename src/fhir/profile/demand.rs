//! The requirements of a profile, and which of them a study does not meet.

use super::Profile;
use crate::fhir::datatypes::{CodeableConcept, ResourceType};
use crate::fhir::imaging_study::{ImagingStudy, Series, SopClass};
use crate::fhir::resource::Resource;
use crate::issue::Lack;
use crate::options::uri;

/// The requirements that the study does not meet; empty if it can conform.
pub fn lacks(profile: &Profile, study: &ImagingStudy<'_>) -> Vec<Lack> {
    unmet(profile.demands, study)
}

/// The additional requirements of a Key Object Selection that it does not meet.
pub fn key_object_lacks(profile: &Profile, study: &ImagingStudy<'_>) -> Vec<Lack> {
    unmet(profile.key_object_demands, study)
}

fn unmet(demands: &[Lack], study: &ImagingStudy<'_>) -> Vec<Lack> {
    demands.iter().copied().filter(|demand| !is_met(*demand, study)).collect()
}

fn is_met(demand: Lack, study: &ImagingStudy<'_>) -> bool {
    match demand {
        Lack::StudyUid => study.study_uid.is_some(),
        Lack::OnePatient => !study.mixes_patients,
        Lack::Patient => is_patient(study),
        Lack::NameAndBirthDate => is_named(study),
        Lack::PatientIssuer => study.subject.identifier.as_ref().is_some_and(|number| number.token().is_some()),
        Lack::Started => study.started.is_some(),
        Lack::StartedTime => study.started.is_some_and(|started| started.time.is_some()),
        Lack::Modality => !study.modality.is_empty(),
        Lack::SeriesModality => series(study).all(|series| series.modality.as_ref().is_some_and(is_coded)),
        Lack::Region => !study.regions.is_empty(),
        Lack::Uids => is_uid(&study.uid) && series(study).all(|series| is_uid(&series.uid) && has_uids(series)),
        Lack::Instances => series(study).next().is_some() && series(study).all(|series| series.instances.is_some()),
    }
}

fn series<'s>(study: &'s ImagingStudy<'_>) -> impl Iterator<Item = &'s Series<'s>> {
    study.series.iter().flatten()
}

/// Whether every instance has a valid UID and SOP class.
fn has_uids(series: &Series<'_>) -> bool {
    let mut all = true;
    if let Some(instances) = series.instances {
        instances.visit(&mut |instance| {
            all = is_uid(instance.uid) && matches!(instance.sop_class, SopClass::Urn(_));
            all
        });
    }
    all
}

/// Whether a text is a valid UID (PS3.5 9.1).
fn is_uid(text: &str) -> bool {
    text.len() <= 64 && uri::is_oid(text)
}

/// Whether a patient is known, or the user gave one.
fn is_patient(study: &ImagingStudy<'_>) -> bool {
    let subject = &study.subject;
    subject.target == ResourceType::Patient && (subject.literal.is_some() || subject.resource.is_some())
}

/// Whether the patient's name and birth date are known. A subject on the server, or a phantom, needs none.
fn is_named(study: &ImagingStudy<'_>) -> bool {
    let subject = &study.subject;
    match subject.resource.as_deref() {
        _ if subject.literal.is_some() => true,
        Some(Resource::Patient(patient)) => !patient.name.is_empty() && patient.birth_date.is_some(),
        Some(Resource::Device(_)) => true,
        _ => false,
    }
}

/// Whether the first coding of a concept has a known system.
pub(super) fn is_coded(concept: &CodeableConcept) -> bool {
    concept.coding.first().is_some_and(|coding| coding.system.is_some())
}
