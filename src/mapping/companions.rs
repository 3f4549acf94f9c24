//! The rows of all companion resources.

use std::sync::LazyLock;

use super::listed::{Listed, listed_of, of};
use super::{encounter, endpoint, location, patient, performer, person, procedure, request, specimen};

/// What all companion resources have.
const COMPANION: &[Listed] = &[
    of("contained", "--references contained; an Endpoint also where references are logical"),
    of(
        "*.id",
        "UUIDv5 of the identifier that has a system, and of what belongs to a patient the patient's too; else of Study \
         Instance UID, role and what is known; keyed by --id-salt",
    ),
];

/// The rows of the companion resources, by type and in the order of the elements.
pub static COMPANIONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let all = [
        COMPANION.to_vec(),
        listed_of(patient::PATIENT),
        listed_of(person::PRACTITIONER),
        listed_of(performer::DEVICE),
        listed_of(performer::ORGANIZATION),
        listed_of(location::LOCATION),
        listed_of(encounter::ENCOUNTER),
        listed_of(request::SERVICE_REQUEST),
        listed_of(procedure::STEP),
        listed_of(procedure::PROCEDURE),
        listed_of(specimen::SPECIMEN),
        endpoint::ENDPOINT.to_vec(),
    ];
    all.concat()
});
