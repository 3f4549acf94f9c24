//! The requirements of a profile, and which of them a study does not meet.

use super::Profile;
use super::tables::{DCM, SCT};
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
        Lack::PatientNumber => study.subject.identifier.as_ref().is_none_or(|number| fits(number.value.text(), LO)),
        Lack::Started => study.started.is_some(),
        Lack::StartedTime => study.started.is_some_and(|started| started.time.is_some()),
        Lack::Modality => !study.modality.is_empty(),
        Lack::SeriesModality => series(study).all(|series| series.modality.as_ref().is_some_and(is_modality)),
        Lack::Region => !study.regions.is_empty(),
        Lack::Uids => is_uid(&study.uid) && series(study).all(|series| is_uid(&series.uid) && has_uids(series)),
        Lack::Instances => series(study).next().is_some() && series(study).all(|series| series.instances.is_some()),
        Lack::OtherThanManifests => !study.is_manifest,
        Lack::Status => study.status != "entered-in-error",
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

/// Modalities that are not in PS3.16 CID 33: those that PS3.3 has retired, and ANN.
pub const OUTSIDE_CID_33: [&str; 19] = [
    "ANN", "AS", "CD", "CF", "CP", "CS", "DD", "DF", "DM", "DS", "EC", "FA", "FS", "LP", "MA", "MS", "OPR", "ST", "VF",
];

/// Whether a concept is a modality of PS3.16 CID 33.
pub(super) fn is_modality(concept: &CodeableConcept) -> bool {
    code_of(concept, DCM).is_some_and(|code| !OUTSIDE_CID_33.contains(&code))
}

/// Whether a concept is a body structure of SNOMED CT.
pub(super) fn is_body_site(concept: &CodeableConcept) -> bool {
    code_of(concept, SCT).is_some()
}

/// The first code of a concept, if it is of this system.
fn code_of<'c>(concept: &'c CodeableConcept, system: &str) -> Option<&'c str> {
    let coding = concept.coding.first()?;
    (coding.system.as_deref() == Some(system)).then_some(&*coding.code)
}

/// The longest value of LO, in characters (PS3.5 6.2).
pub const LO: usize = 64;
/// The longest value of SH.
pub const SH: usize = 16;

/// Whether a text is a valid single value of an attribute (PS3.5 6.2): a backslash separates values.
pub fn fits(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.contains(|c: char| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::datatypes::Coding;

    #[test]
    fn a_body_site_is_a_code_of_snomed_ct_and_a_modality_one_of_dicom() {
        for (system, code, is_site, is_mode) in [
            (SCT, "816094009", true, false),
            (DCM, "CT", false, true),
            (DCM, "OPR", false, false),
            ("urn:oid:1.2.3", "CT", false, false),
        ] {
            let concept = Coding::constant(system, code, "").into();
            assert_eq!((is_body_site(&concept), is_modality(&concept)), (is_site, is_mode), "{system} {code}");
        }
        let local = Coding { code: "CT".into(), ..Coding::default() }.into();
        assert!(!is_body_site(&local) && !is_modality(&local));
    }

    #[test]
    fn a_number_is_written_as_it_is_or_not_at_all() {
        for (text, want) in [("1234567890123456", true), ("12345678901234567", false), ("A\\B", false), ("A\nB", false)]
        {
            assert_eq!(fits(text, SH), want, "{text:?}");
        }
    }
}
