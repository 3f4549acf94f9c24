//! Changes a study so that it conforms to a profile: removes what the profile forbids and adds what it requires.
//!
//! There is a step for each field of [`Profile`]; it does nothing if the profile changes nothing there.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::demand::{is_body_site, is_modality};
use super::{Limit, Performers, Profile, ProfileOptions};
use crate::fhir::datatypes::{CodeableConcept, Coding, ResourceType};
use crate::fhir::identifier::Identifier;
use crate::fhir::imaging_study::{ImagingStudy, Performer, Procedure, Series};
use crate::fhir::resource::{Device, DeviceKind, Endpoint, Organization, Reference, Resource};
use crate::issue::Reason;

/// A change that was necessary to conform, for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The element.
    pub element: &'static str,
    /// What was changed, and why.
    pub reason: Reason,
}

/// This program, the author of documents.
pub const PROGRAM: &str = "dcm2fhir";

/// Makes a study that meets all requirements conform; returns changes that lose information.
pub fn conform(profile: &Profile, study: &mut ImagingStudy<'_>, options: &ProfileOptions) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |element, reason| changes.push(Change { element, reason });
    identifiers(profile, study, &mut note);
    orders(profile, study, &mut note);
    procedure(profile, study, &mut note);
    codes(profile, study, &mut note);
    for series in study.series.iter_mut().flatten() {
        performers(profile, series, options, &mut note);
        wado(profile, &mut series.endpoint, options);
        unknown_wado(profile, &mut series.endpoint, options);
    }
    wado(profile, &mut study.endpoint, options);
    study.endpoint.extend(viewer(profile, &study.uid, options));
    study.authors = authors(profile, options);
    changes.sort();
    changes.dedup();
    changes
}

type Note<'n> = &'n mut dyn FnMut(&'static str, Reason);

fn identifiers(profile: &Profile, study: &mut ImagingStudy<'_>, note: Note<'_>) {
    if !profile.has(Limit::StudyUidAlone) {
        return;
    }
    // The accession numbers are in `basedOn` too.
    study.accession.clear();
    if study.study_id.take().is_some() {
        note("identifier", Reason::NoPlace);
    }
}

/// Bases the study on the first order whose accession number has a system; the others become separate resources.
fn orders(profile: &Profile, study: &mut ImagingStudy<'_>, note: Note<'_>) {
    if !profile.has(Limit::OneOrder) || study.based_on.is_empty() {
        return;
    }
    let names = |number: &Identifier| number.is_accession() && number.token().is_some();
    let first = study.based_on.iter().position(|order| order.identifier.as_ref().is_some_and(names));
    let kept: Vec<Reference> = first.map(|at| study.based_on.remove(at)).into_iter().collect();
    match (kept.is_empty(), study.based_on.is_empty()) {
        (true, _) => note("basedOn", Reason::OrderWithoutSystem),
        (false, false) => note("basedOn", Reason::SeveralOrders),
        (false, true) => {}
    }
    study.other_orders = std::mem::replace(&mut study.based_on, kept);
}

/// A procedure with text: its code's display, or a description.
fn procedure(profile: &Profile, study: &mut ImagingStudy<'_>, note: Note<'_>) {
    let has_words = |procedure: &Procedure| {
        let concept = &procedure.concept;
        concept.text.is_some() || concept.coding.iter().any(|coding| coding.display.is_some())
    };
    if !profile.has(Limit::ProcedureInWords) || study.procedure.iter().any(has_words) {
        return;
    }
    let (words, reason) = match &study.description {
        Some(description) => (description.clone(), Reason::ProcedureFromDescription),
        None => (modalities(study), Reason::ProcedureFromModality),
    };
    note("procedure", reason);
    let concept = CodeableConcept::text(words);
    study.procedure.push(Procedure { concept, reference: Reference::to(ResourceType::Procedure) });
}

/// The modalities of the series as text; `Imaging` if none is known.
fn modalities(study: &ImagingStudy<'_>) -> String {
    let mut words: Vec<&str> =
        study.series.iter().flatten().filter_map(|series| series.modality.as_ref()?.label()).collect();
    words.sort_unstable();
    words.dedup();
    if words.is_empty() { "Imaging".to_string() } else { words.join(", ") }
}

/// Leaves text and unknown codes out if the profile requires codes.
fn codes(profile: &Profile, study: &mut ImagingStudy<'_>, note: Note<'_>) {
    if !profile.has(Limit::CodesAlone) {
        return;
    }
    study.modality.retain(is_modality);
    for series in study.series.iter_mut().flatten() {
        let before = series.body_site.len();
        series.body_site.retain(is_body_site);
        if series.body_site.len() < before {
            note("series.bodySite", Reason::NoPlace);
        }
    }
}

fn performers(profile: &Profile, series: &mut Series<'_>, options: &ProfileOptions, note: Note<'_>) {
    match profile.performers {
        Performers::All => {}
        Performers::OrganizationsByName => {
            let all = series.performer.iter_mut().map(|performer| &mut performer.actor);
            all.filter(|actor| actor.target == ResourceType::Organization).for_each(|actor| actor.resource = None);
        }
        Performers::Devices => {
            let before = series.performer.len();
            series.performer.retain(|performer| performer.actor.target == ResourceType::Device);
            if series.performer.len() < before {
                note("series.performer", Reason::NoPlace);
            }
        }
        Performers::OneInEachFunction => {
            one_in_each(&mut series.performer, note);
            series.performer.extend(options.organization().as_ref().map(custodian));
        }
    }
}

const fn function(code: &'static str, display: &'static str) -> Coding {
    Coding::constant("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code, display)
}

/// Gives physician, device and institution their functions, of which each stands once. A physician is known in a role,
/// which no header describes, so that the reference stays logical.
fn one_in_each(performers: &mut [Performer], note: Note<'_>) {
    let mut taken: Vec<Coding> = Vec::new();
    for performer in performers {
        let is_physician = performer.function.as_ref().is_some_and(|function| function.code == "PRF");
        let wanted = match performer.actor.target {
            ResourceType::Practitioner if is_physician => function("PRF", "performer"),
            ResourceType::Device => function("DEV", "device"),
            ResourceType::Organization => function("LOC", "location"),
            _ => continue,
        };
        if taken.contains(&wanted) {
            performer.function = None;
            note("series.performer", Reason::NoFunction);
            continue;
        }
        if is_physician {
            (performer.actor.target, performer.actor.resource) = (ResourceType::PractitionerRole, None);
        }
        performer.function = Some(wanted.clone());
        taken.push(wanted);
    }
}

fn custodian(creator: &Organization) -> Performer {
    Performer { function: Some(function("CST", "custodian")), actor: to_organization(creator) }
}

fn to_organization(organization: &Organization) -> Reference {
    let (identifier, display) = (organization.identifier.first().cloned(), organization.name.clone());
    Reference::with(Resource::Organization(organization.clone()), identifier, display)
}

const WADO_RS: Coding = Coding::constant(
    "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
    "dicom-wado-rs",
    "DICOM WADO-RS",
);

fn is_wado_rs(endpoint: &Endpoint) -> bool {
    endpoint.connection_type.code == WADO_RS.code
}

/// Gives WADO-RS endpoints the UID of the repository.
fn wado(profile: &Profile, endpoints: &mut [Reference], options: &ProfileOptions) {
    for reference in endpoints.iter_mut().filter(|_| profile.location.is_some()) {
        match reference.resource.as_deref_mut() {
            Some(Resource::Endpoint(endpoint)) if is_wado_rs(endpoint) => {
                endpoint.location.clone_from(&options.retrieve_location)
            }
            _ => {}
        }
    }
}

/// Without an address of the images, only the repository is stated.
fn unknown_wado(profile: &Profile, endpoints: &mut Vec<Reference>, options: &ProfileOptions) {
    let Some(address) = profile.unknown_address else { return };
    let resources = endpoints.iter().filter_map(|reference| reference.resource.as_deref());
    let mut known = resources.filter(|one| matches!(one, Resource::Endpoint(endpoint) if is_wado_rs(endpoint)));
    if known.next().is_none() {
        let endpoint =
            Endpoint { location: options.retrieve_location.clone(), ..Endpoint::at(WADO_RS, address.to_string()) };
        endpoints.push(to_endpoint(endpoint));
    }
}

fn to_endpoint(endpoint: Endpoint) -> Reference {
    Reference::with(Resource::Endpoint(endpoint), None, None)
}

/// The web viewer, opened at the study.
fn viewer(profile: &Profile, study_uid: &str, options: &ProfileOptions) -> Option<Reference> {
    let (connection_type, template) = (profile.viewer?.coding(), options.viewer.as_ref()?);
    let address = template.replace("{study}", &utf8_percent_encode(study_uid, ENCODED).to_string());
    Some(to_endpoint(Endpoint { mime_type: Some("text/html".into()), ..Endpoint::at(connection_type, address) }))
}

/// What is encoded in a part of a URL (RFC 3986 2.3); a UID stays as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who makes the document: the user's organization, with this program.
fn authors(profile: &Profile, options: &ProfileOptions) -> Vec<Reference> {
    let (Some(kind), Some(creator)) = (profile.creator, options.organization()) else { return Vec::new() };
    let organization = to_organization(&creator);
    let device = Device {
        manufacturer: Some(PROGRAM.to_string()),
        kind: DeviceKind::Program(kind.coding().into()),
        owner: Some(Box::new(organization.clone())),
        ..Device::default()
    };
    vec![organization, Reference::with(Resource::Device(device), None, Some(PROGRAM.to_string()))]
}
