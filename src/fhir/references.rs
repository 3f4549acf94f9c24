//! What the references of a study point to: the companion resources are taken out of them and go inside the study,
//! beside it, or nowhere.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::contested::{Contested, has_subject};
use super::datatypes::ResourceType;
use super::id::{self, Ids};
use super::identifier::{IdText, Identifier};
use super::imaging_selection::ImagingSelection;
use super::imaging_study::ImagingStudy;
use super::release::{Datatype, Release};
use super::resource::Reference;
use super::resource::Resource;
use crate::options::References;

/// A study whose references are final, with what they refer to.
#[derive(Debug)]
pub struct Linked<'a> {
    /// The study.
    pub study: ImagingStudy<'a>,
    /// What is selected of it, and by its documents of others.
    pub selections: Vec<ImagingSelection>,
    /// The resources inside it, by type and id.
    pub contained: Vec<Companion>,
    /// The resources beside it, by type and id.
    pub beside: Vec<Companion>,
    /// The numbers of it that studies of other patients have too, each once.
    pub held: Vec<Held>,
}

/// A number that several patients have: what it names is not shared with their studies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// What it names.
    pub kind: ResourceType,
    /// The number.
    pub identifier: Identifier,
}

/// Who can share what.
#[derive(Debug, Clone)]
pub struct Sharing {
    /// Gives out the ids.
    pub ids: Ids,
    /// The numbers that several patients of this run have.
    pub contested: Contested,
}

impl Sharing {
    /// Of a study of which no other is known.
    pub fn alone(ids: Ids) -> Sharing {
        Sharing { ids, contested: Contested::default() }
    }
}

/// A companion resource with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The id, stable over runs.
    pub id: String,
    /// Whose it is: where else the same thing can be met.
    pub identity: Identity,
    /// What is known of it.
    pub resource: Resource,
    /// The subject of the study, for the resources that have one.
    pub subject: Reference,
    /// Whether it was met more than once with statements that contradict each other; the first ones stand.
    pub contradicted: bool,
}

/// Where else a companion can be met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// In every study that has this identifier, whose system says whose it is.
    Identified(Box<Identifier>),
    /// In every study: its address says all.
    Addressed,
    /// Only in its study.
    Private,
}

impl Companion {
    /// Whether other studies can have the same resource, which is then to be merged and written once.
    pub fn is_shared(&self) -> bool {
        self.identity != Identity::Private
    }

    /// The resource's type.
    pub fn resource_type(&self) -> ResourceType {
        self.resource.resource_type()
    }

    /// Adds values of another resource for the same thing; existing values are kept.
    pub fn merge(&mut self, other: Companion) {
        self.contradicted |= self.resource.merge(other.resource) | other.contradicted;
    }
}

/// Where a companion goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: the reference stays logical.
    Nowhere,
    /// Inside the study.
    Contained,
    /// Beside the study.
    Beside,
}

/// How companions are linked.
pub(super) struct Links<'l> {
    /// Where those of a type go.
    pub place: &'l dyn Fn(ResourceType) -> Place,
    /// What refers to one; `None` leaves the reference logical.
    pub literal: &'l dyn Fn(&Companion) -> Option<String>,
}

/// Links a study and its companions in the way asked for.
pub fn link<'a>(
    mut study: ImagingStudy<'a>,
    selections: Vec<ImagingSelection>,
    release: &Release,
    references: References,
    sharing: &Sharing,
) -> Linked<'a> {
    if references == References::Contained {
        // What is contained has to be referred to (dom-3).
        study.other_orders.clear();
    }
    let own = (references == References::Separate).then(|| format!("ImagingStudy/{}", study.id));
    let place = |kind| match (references, kind) {
        (References::Logical, ResourceType::Endpoint) | (References::Contained, _) => Place::Contained,
        (References::Logical, _) => Place::Nowhere,
        (References::Separate, _) => Place::Beside,
    };
    let literal = |companion: &Companion| match references {
        References::Logical | References::Contained => Some(format!("#{}", companion.id)),
        References::Separate => Some(format!("{}/{}", companion.resource_type().name(), companion.id)),
    };
    link_by(study, selections, own, release, sharing, &Links { place: &place, literal: &literal })
}

/// Links a study and its companions; `own` is what refers to the study itself.
pub(super) fn link_by<'a>(
    mut study: ImagingStudy<'a>,
    mut selections: Vec<ImagingSelection>,
    own: Option<String>,
    release: &Release,
    sharing: &Sharing,
    links: &Links<'_>,
) -> Linked<'a> {
    let study_urn = format!("urn:oid:{}", study.uid);
    let subject = Reference::to(study.subject.target);
    let whose = subject_key(&study);
    let (found, held) = (BTreeMap::new(), BTreeSet::new());
    let mut linker = Linker { sharing, study_urn: &study_urn, subject, whose, links, found, held };
    linker.link("subject", &mut study.subject);
    linker.subject = study.subject.clone();
    for done in &mut study.procedure {
        let display = || done.concept.label().map(str::to_owned);
        done.reference.display = done.reference.display.take().or_else(display);
    }
    for (role, reference) in references(&mut study, release) {
        linker.link(role, reference);
    }
    for selection in &mut selections {
        linker.link_selection(selection, &study_urn, own.as_deref());
    }
    let (contained, beside): (Vec<_>, Vec<_>) =
        linker.found.into_values().partition(|(place, _)| *place == Place::Contained);
    let companions = |found: Vec<(Place, Companion)>| found.into_iter().map(|(_, companion)| companion).collect();
    let held = linker.held.into_iter().collect();
    Linked { study, selections, contained: companions(contained), beside: companions(beside), held }
}

/// The identity of a study's patient: the user's reference, else an identifier with a system. `None` without these, or
/// if the study mixes patients, so that its orders and visits may be of either.
fn subject_key(study: &ImagingStudy<'_>) -> Option<Vec<String>> {
    if let Some(literal) = &study.subject.literal {
        return Some(vec![literal.clone()]);
    }
    let identifier = study.subject.identifier.as_ref().filter(|_| !study.mixes_patients)?;
    let (system, value) = identifier.token().filter(|_| id::is_shared(identifier))?;
    Some([study.subject.target.name(), system, value].map(str::to_string).into())
}

/// The references that the release writes, but for the subject, each with the element that it stands in.
fn references<'s>(study: &'s mut ImagingStudy<'_>, release: &Release) -> Vec<(&'static str, &'s mut Reference)> {
    let mut found: Vec<(&'static str, &mut Reference)> = Vec::new();
    found.extend(study.encounter.iter_mut().map(|reference| ("encounter", reference)));
    found.extend(study.based_on.iter_mut().map(|reference| ("basedOn", reference)));
    found.extend(study.other_orders.iter_mut().map(|reference| ("basedOn", reference)));
    found.extend(study.authors.iter_mut().map(|reference| ("author", reference)));
    if release.part_of {
        found.extend(study.part_of.iter_mut().map(|reference| ("partOf", reference)));
    }
    found.extend(study.referrer.iter_mut().map(|reference| ("referrer", reference)));
    if release.interpreter {
        found.extend(study.interpreter.iter_mut().map(|reference| ("interpreter", reference)));
    }
    found.extend(study.endpoint.iter_mut().map(|reference| ("endpoint", reference)));
    if release.procedure.datatype == Datatype::Reference {
        found.extend(study.procedure.iter_mut().map(|done| ("procedure", &mut done.reference)));
    }
    found.extend(study.location.iter_mut().map(|reference| ("location", reference)));
    for series in study.series.iter_mut().flatten() {
        found.extend(series.endpoint.iter_mut().map(|reference| ("endpoint", reference)));
        found.extend(series.specimen.iter_mut().map(|reference| ("specimen", reference)));
        found.extend(series.performer.iter_mut().map(|performer| ("actor", &mut performer.actor)));
    }
    found
}

/// Takes companions out of references.
struct Linker<'l> {
    sharing: &'l Sharing,
    study_urn: &'l str,
    subject: Reference,
    whose: Option<Vec<String>>,
    links: &'l Links<'l>,
    found: BTreeMap<(ResourceType, String), (Place, Companion)>,
    held: BTreeSet<Held>,
}

impl Linker<'_> {
    /// Makes one reference final; `role` is the element that it stands in.
    fn link(&mut self, role: &'static str, reference: &mut Reference) {
        let Some(resource) = reference.resource.take() else { return };
        if reference.literal.is_some() {
            return;
        }
        let identity = self.own(&resource, identity(reference.identifier.as_ref(), &resource));
        let place = (self.links.place)(resource.resource_type());
        // An id takes longer than all else here, and is not asked for where it stands nowhere.
        let companion = (place != Place::Nowhere).then(|| self.companion(role, reference, *resource, identity.clone()));
        if let (None, Identity::Identified(identifier)) = (&reference.identifier, identity) {
            reference.identifier = Some(*identifier);
        }
        let Some(mut companion) = companion else { return };
        reference.literal = (self.links.literal)(&companion);
        match &mut companion.resource {
            Resource::ServiceRequest(request) => {
                request.requester.iter_mut().for_each(|requester| self.link("requester", requester));
            }
            Resource::Device(device) => device.owner.iter_mut().for_each(|owner| self.link("author", owner)),
            _ => {}
        }
        self.keep(place, companion);
    }

    /// Makes the references of a selection final. What is contained in the study cannot be referred to from outside.
    fn link_selection(&mut self, selection: &mut ImagingSelection, study_urn: &str, own: Option<&str>) {
        let subject = self.subject.clone();
        let literal = subject.literal.clone().filter(|literal| !literal.starts_with('#'));
        selection.subject = Reference { literal, ..subject };
        for order in &mut selection.based_on {
            self.link_beside("basedOn", order);
        }
        let study = &mut selection.derived_from;
        if study.identifier.as_ref().is_some_and(|identifier| identifier.value.exact() == Some(study_urn)) {
            study.literal = own.map(str::to_owned);
        }
    }

    /// Makes a reference final that stands outside of the study: to what is beside it, else logical.
    fn link_beside(&mut self, role: &'static str, reference: &mut Reference) {
        let Some(resource) = &reference.resource else { return };
        match (self.links.place)(resource.resource_type()) {
            Place::Beside => self.link(role, reference),
            Place::Contained | Place::Nowhere => {
                self.own(resource, identity(reference.identifier.as_ref(), resource));
                reference.resource = None;
            }
        }
    }

    /// Keeps a companion once.
    fn keep(&mut self, place: Place, companion: Companion) {
        let key = (companion.resource_type(), companion.id.clone());
        if let Some((_, known)) = self.found.get_mut(&key) {
            known.merge(companion);
        } else {
            self.found.insert(key, (place, companion));
        }
    }

    /// The companion of a reference, with the id that is its own.
    fn companion(&self, role: &str, reference: &Reference, resource: Resource, identity: Identity) -> Companion {
        let id = self.id(role, reference, &identity, &resource);
        Companion { id, identity, resource, subject: self.subject.clone(), contradicted: false }
    }

    /// A resource that belongs to a patient is shared only with studies of the same patient: it is private if the
    /// patient is unknown, or other patients have one of its numbers.
    fn own(&mut self, resource: &Resource, identity: Identity) -> Identity {
        let kind = resource.resource_type();
        if !has_subject(kind) {
            return identity;
        }
        let contested: Vec<_> =
            resource.identifier().iter().filter(|number| self.sharing.contested.has(kind, number)).collect();
        self.held.extend(contested.iter().map(|number| Held { kind, identifier: (*number).clone() }));
        if !contested.is_empty() || self.whose.is_none() { Identity::Private } else { identity }
    }

    /// The id that goes with an identity.
    fn id(&self, role: &str, reference: &Reference, identity: &Identity, resource: &Resource) -> String {
        let kind = resource.resource_type();
        let ids = &self.sharing.ids;
        if let Some((system, value)) = token(identity) {
            return match &self.whose {
                Some(subject) if has_subject(kind) => ids.shared_of(kind, system, value, subject),
                _ => ids.shared(kind, system, value),
            };
        }
        if let Resource::Endpoint(endpoint) = resource {
            let address = match &endpoint.location {
                Some(location) => Cow::Owned(format!("{} {location}", endpoint.address)),
                None => Cow::Borrowed(&*endpoint.address),
            };
            return ids.shared(kind, &endpoint.connection_type.code, &address);
        }
        let identifier = reference.identifier.as_ref().or_else(|| resource.identifier().first());
        let mut known = match identifier {
            Some(identifier) => private_parts(identifier, resource),
            None => resource.known().into_iter().map(str::to_string).collect(),
        };
        if identifier.is_none() || kind == ResourceType::Device {
            known.extend(reference.lost.iter().map(|raw| raw.escape_ascii().to_string()));
        }
        ids.private(kind, self.study_urn, role, &known.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn token(identity: &Identity) -> Option<(&str, &str)> {
    if let Identity::Identified(identifier) = identity { identifier.token() } else { None }
}

/// What tells a resource from others of its study: its number, with the bytes that were lost of it. A person's number
/// is of a coding scheme, a device's of its maker.
fn private_parts(identifier: &Identifier, resource: &Resource) -> Vec<String> {
    let mut parts = identifier.value.parts();
    match resource {
        Resource::Device(_) => parts.extend(resource.known().into_iter().map(str::to_string)),
        Resource::Practitioner(_) | Resource::Organization(_) => {
            parts.extend(identifier.scheme.iter().flat_map(IdText::parts));
        }
        _ => {}
    }
    parts
}

/// Whose a resource is: its own identifier decides, the one that the reference has before others, so that a server
/// finds it by that.
fn identity(referred: Option<&Identifier>, resource: &Resource) -> Identity {
    let same = |identifier: &&Identifier| {
        referred.is_none_or(|referred| (&referred.system, &referred.value) == (&identifier.system, &identifier.value))
    };
    match (resource, resource.identifier().iter().find(same)) {
        (Resource::Endpoint(_), _) => Identity::Addressed,
        (_, Some(identifier)) if id::is_shared(identifier) => Identity::Identified(Box::new(identifier.clone())),
        _ => Identity::Private,
    }
}
