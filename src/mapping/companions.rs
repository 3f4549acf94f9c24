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
    of(
        "*.reference",
        "type and id of the resource that the reference leads to; what --subject and --endpoint TYPE=Endpoint/ID say",
    ),
    of("*.meta", "--meta-source, --meta-tag, --meta-security; not inside another resource"),
];

/// What a Bundle has beside its resources.
const BUNDLE: &[Listed] = &[
    of(
        "Bundle.type",
        "--bundle-type; a document with --profile mado, or a collection of a study that does not conform",
    ),
    of("Bundle.entry.fullUrl", "urn:uuid: and the id; of the study, the UUIDv5 of its UID"),
    of(
        "Bundle.entry.request",
        "--format bundle, but for a collection: the study's is a PUT on its id, with --conditional on its identifier; \
         a companion's a POST with ifNoneExist if it is shared and of no patient, else or with --overwrite-companions \
         a PUT",
    ),
    of(
        "Bundle.entry.request.ifNoneExist",
        "the identifier of the companion by which it is shared: its system and value",
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
        BUNDLE.to_vec(),
    ];
    all.concat()
});
