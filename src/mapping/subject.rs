//! The subject of the study: a Patient, or a Device where the object is of a quality control phantom (PS3.3 C.7.1.1).

use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::listed::companion;
use super::patient::{PATIENT, is_phantom};
use super::performer::DEVICE;
use super::person::only_name;
use crate::fhir::Reference;
use crate::fhir::resource::{Device, DeviceKind, Patient, Resource};

/// The subject; one of whom nothing is known has no resource.
pub fn subject(attributes: &Attributes<'_>) -> Reference {
    let (resource, is_known) = if is_phantom(attributes) {
        let device = Device { kind: DeviceKind::Phantom, ..companion(DEVICE, attributes) };
        (Resource::Device(device), true)
    } else {
        let patient = companion(PATIENT, attributes);
        let is_known = patient != Patient::default();
        (Resource::Patient(patient), is_known)
    };
    if !is_known {
        return Reference::default();
    }
    let has_id = attributes.text(tags::PATIENT_ID).is_some();
    let identifier = resource.identifier().first().filter(|_| has_id).cloned();
    let (display, lost) = only_name(attributes, tags::PATIENT_NAME).map(|one| (one.name.display(), one.lost)).unzip();
    Reference::with(resource, identifier, display).losing(lost.flatten())
}
