//! The rows of all companion resources.

use std::sync::LazyLock;

use super::listed::{Listed, of};
use super::{endpoint, patient, performer, person, procedure, request, specimen, study};

/// What all companion resources have.
const COMPANION: &[Listed] = &[
    of("contained", "--references contained; an Endpoint also where references are logical"),
    of("*.id", "the identifier that has a system, by UUIDv5; else Study Instance UID, role and what is known"),
];

/// The companion resources, by type and in the order of the elements; the rows of each stand beside the functions that
/// fill it.
pub static COMPANIONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let all = [
        COMPANION,
        patient::PATIENT,
        person::PRACTITIONER,
        performer::DEVICE,
        performer::ORGANIZATION,
        study::LOCATION,
        study::ENCOUNTER,
        request::SERVICE_REQUEST,
        procedure::PROCEDURE,
        specimen::SPECIMEN,
        endpoint::ENDPOINT,
    ];
    all.concat()
});
