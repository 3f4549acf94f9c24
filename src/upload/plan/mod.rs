//! Decides what to do with each resource of a package, given the server's copy. Pure.
//!
//! Equal resources are not sent. Existing companions are kept. A study that would lose instances, or was withdrawn or
//! deleted, is held back. New resources are created on a stable id, only if it is free, so that sending twice is
//! harmless; if the server assigns ids, they are created unless a search finds them. Updates keep everything that
//! others wrote.

mod compare;
mod former;
mod loss;
mod merge;
mod whose;

use std::borrow::Cow;

use super::json::{Json, NewReferences, with_id, with_references};
use super::lookup::{Found, ServerCopy};
use super::package::{Entry, Target};
use super::rejects::Outcome;
use crate::http::Safety;
use former::is_of_unknown_patient;
use loss::{is_withdrawn, lost_instances};
pub use merge::Change;
use merge::{Lists, Merged, merge};
pub use whose::{contradictions, is_of_one_subject, relative, says_who};

/// What the options and the server allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// A study may lose instances (`--replace`).
    pub replace: bool,
    /// What was deleted or withdrawn may come back (`--restore`).
    pub restore: bool,
    /// Companions on the server may be changed (`--overwrite-companions`).
    pub overwrite_companions: bool,
    /// The server assigns ids (`--conditional`, or it does not accept ours).
    pub server_ids: bool,
    /// The conditions that the server refuses.
    pub without: Conditions,
}

/// Preconditions of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// `If-Match`: the copy is still the one that was read.
    pub if_match: bool,
    /// `If-None-Match: *`: no copy exists.
    pub if_none_match: bool,
}

impl Conditions {
    /// The union.
    pub fn or(self, other: Conditions) -> Conditions {
        Conditions {
            if_match: self.if_match || other.if_match,
            if_none_match: self.if_none_match || other.if_none_match,
        }
    }

    /// The difference.
    pub fn but(self, other: Conditions) -> Conditions {
        Conditions {
            if_match: self.if_match && !other.if_match,
            if_none_match: self.if_none_match && !other.if_none_match,
        }
    }
}

/// The action for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'e> {
    /// It is sent.
    Send(Write<'e>),
    /// The server has the same.
    Unchanged,
    /// The server has a different companion, which is kept.
    Kept,
    /// It is held back.
    Held(Harm),
    /// It cannot be sent.
    Refused(Outcome),
}

/// Why something is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The server's study would lose this many instances.
    Lost(u64),
    /// The server's copy is `entered-in-error` or `cancelled`.
    Withdrawn,
    /// The server's copy was deleted.
    Deleted,
    /// The server's copy may be of another patient.
    UnknownPatient,
}

impl Harm {
    /// The reason, for the report.
    pub fn outcome(self) -> Outcome {
        Outcome::ours(&match self {
            Harm::Lost(lost) => {
                format!("held back: the server's copy has {lost} instances that this one lacks; --replace removes them")
            }
            Harm::Withdrawn => {
                "held back: on the server it is entered-in-error or cancelled; --restore undoes that".to_string()
            }
            Harm::Deleted => "held back: it was deleted on the server; --restore brings it back".to_string(),
            Harm::UnknownPatient => "held back: the server's copy refers to a Patient, and may be of another patient \
                                     than this one; --references separate compares them"
                .to_string(),
        })
    }
}

/// A request, alone or as an entry of a Bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write<'e> {
    /// `PUT` or `POST`.
    pub method: &'static str,
    /// `Type/id` or `Type`.
    pub url: &'e str,
    /// `ifNoneExist`.
    pub if_none_exist: Option<&'e str>,
    /// `ifMatch`.
    pub if_match: Option<&'e str>,
    /// `ifNoneMatch` `*`.
    pub if_none_match: bool,
    /// The URL for references within the Bundle, if the id is not known yet.
    pub full_url: Option<&'e str>,
    /// The resource.
    pub text: Cow<'e, str>,
    /// Whether it is safe to send twice.
    pub safety: Safety,
    /// Whether it updates an existing resource.
    pub is_update: bool,
    /// The changes.
    pub changes: Vec<Change>,
}

impl<'e> Write<'e> {
    /// The write with replaced references.
    pub fn with(&'e self, references: &NewReferences<'_>) -> Write<'e> {
        let text = with_references(&self.text, references);
        Write { text, changes: Vec::new(), ..*self }
    }
}

/// The reference for other resources of the package; `None` if only the server knows the id.
pub fn reference<'e>(entry: &'e Entry<'_>, found: &'e Found, allowed: Allowed) -> Option<&'e str> {
    match (found, entry.target) {
        (Found::One(copy), _) => Some(&copy.reference),
        (_, Target::Put) => entry.place.as_deref(),
        (_, Target::Create) if !allowed.server_ids => entry.place.as_deref(),
        _ => None,
    }
}

/// Decides the action for a resource.
pub fn step<'e>(
    entry: &'e Entry<'_>,
    found: &'e Found,
    references: &NewReferences<'_>,
    allowed: Allowed,
    base: &str,
) -> Step<'e> {
    let text = with_references(&entry.text, references);
    let refused = |why: &str| Step::Refused(Outcome::ours(why));
    let copy = match found {
        Found::Nothing => return Step::Send(new(entry, text, allowed, true)),
        Found::Deleted if allowed.restore => return Step::Send(new(entry, text, allowed, false)),
        Found::Deleted => return Step::Held(Harm::Deleted),
        Found::Several => return refused("several resources on the server have its identifier"),
        Found::Other(place) => return refused(&format!("the server's {place} has another identifier")),
        Found::One(copy) => copy,
    };
    let Some(ours) = Json::parse(&text) else { return refused("it is no usable JSON") };
    match whose::check(entry, &ours, copy, base) {
        Err(why) => refused(why),
        Ok(()) => onto(entry, &ours, copy, allowed, base),
    }
}

/// The action for a resource that exists on the server.
fn onto<'e>(entry: &'e Entry<'_>, ours: &Json, copy: &'e ServerCopy, allowed: Allowed, base: &str) -> Step<'e> {
    let theirs = &copy.resource;
    let lists = if entry.is_main() { Lists::Joined } else { Lists::Replaced };
    let merged = merge(ours, theirs, lists, base);
    let is_undone = is_withdrawn(theirs) && theirs.string("status") != ours.string("status") && !allowed.restore;
    if merged.changes.is_empty() && !copy.is_corrected {
        return Step::Unchanged;
    }
    if !entry.is_main() && (!allowed.overwrite_companions || is_undone) {
        return Step::Kept;
    }
    if is_undone {
        return Step::Held(Harm::Withdrawn);
    }
    if entry.is_main() && is_of_unknown_patient(ours, theirs, base) {
        return Step::Held(Harm::UnknownPatient);
    }
    let lost = if entry.kind == "ImagingStudy" { lost_instances(ours, theirs) } else { 0 };
    if lost > 0 && !allowed.replace {
        return Step::Held(Harm::Lost(lost));
    }
    Step::Send(update(entry, merged, copy, allowed))
}

/// The write of a new resource.
fn new<'e>(entry: &'e Entry<'_>, text: Cow<'e, str>, allowed: Allowed, is_first: bool) -> Write<'e> {
    let is_put = entry.target == Target::Put || entry.target == Target::Create && !allowed.server_ids;
    let full_url = entry.full_url.as_deref();
    let Some(place) = entry.place.as_deref().filter(|_| is_put) else {
        let search = entry.search.as_ref().filter(|_| entry.target != Target::New);
        let if_none_exist = search.and_then(|search| search.query.split_once('?')).map(|(_, query)| query);
        let safety = if if_none_exist.is_some() { Safety::Repeatable } else { Safety::Once };
        return Write { method: "POST", url: &entry.kind, if_none_exist, full_url, text, safety, ..Write::default() };
    };
    let text = if entry.target == Target::Create { with_id(&text, place).into() } else { text };
    let if_none_match = is_first && !allowed.without.if_none_match;
    Write { method: "PUT", url: place, if_none_match, full_url, text, ..Write::default() }
}

fn update<'e>(entry: &'e Entry<'_>, merged: Merged, copy: &'e ServerCopy, allowed: Allowed) -> Write<'e> {
    Write {
        method: "PUT",
        url: &copy.reference,
        if_match: copy.etag.as_deref().filter(|_| !allowed.without.if_match),
        full_url: entry.full_url.as_deref(),
        text: merged.resource.to_string().into(),
        is_update: true,
        changes: merged.changes,
        ..Write::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::package::{Search, parse};

    const STUDY: &str = r#"{"resourceType":"ImagingStudy","id":"1","numberOfInstances":2}"#;

    fn entry(text: &str) -> Entry<'_> {
        parse(text, &Ids::new("")).unwrap().remove(0)
    }

    fn stored(reference: &str, text: &str) -> Found {
        Found::One(ServerCopy {
            reference: reference.into(),
            etag: Some("W/\"4\"".into()),
            resource: Json::parse(text).unwrap(),
            is_corrected: false,
        })
    }

    fn plan<'e>(entry: &'e Entry<'_>, found: &'e Found, allowed: Allowed) -> Step<'e> {
        step(entry, found, &NewReferences::new(), allowed, "http://h")
    }

    #[test]
    fn equal_is_not_sent_and_what_would_be_lost_is_held_back() {
        let study = entry(STUDY);
        let none = Allowed::default();
        assert_eq!(plan(&study, &stored("ImagingStudy/1", STUDY), none), Step::Unchanged);
        let more = STUDY.replace(":2", ":5");
        assert_eq!(plan(&study, &stored("ImagingStudy/1", &more), none), Step::Held(Harm::Lost(3)));
        let replace = Allowed { replace: true, ..none };
        let more = stored("ImagingStudy/1", &more);
        let Step::Send(write) = plan(&study, &more, replace) else { panic!("sent") };
        assert_eq!((write.method, write.url), ("PUT", "ImagingStudy/1"));
        assert_eq!((write.if_match, write.is_update), (Some("W/\"4\""), true));
        let less = STUDY.replace(":2", ":1");
        assert!(matches!(plan(&study, &stored("ImagingStudy/1", &less), none), Step::Send(_)));
    }

    #[test]
    fn what_was_withdrawn_or_deleted_is_held_back() {
        let study = entry(r#"{"resourceType":"ImagingStudy","id":"1","status":"available"}"#);
        let restore = Allowed { restore: true, ..Allowed::default() };
        for (status, harm) in [("entered-in-error", true), ("cancelled", true), ("registered", false)] {
            let theirs = format!(r#"{{"resourceType":"ImagingStudy","id":"1","status":"{status}"}}"#);
            let theirs = stored("ImagingStudy/1", &theirs);
            let step = plan(&study, &theirs, Allowed::default());
            assert_eq!(step == Step::Held(Harm::Withdrawn), harm, "{status}");
            assert!(matches!(plan(&study, &theirs, restore), Step::Send(_)), "{status}");
        }
        assert_eq!(plan(&study, &Found::Deleted, Allowed::default()), Step::Held(Harm::Deleted));
        let Step::Send(write) = plan(&study, &Found::Deleted, restore) else { panic!("sent") };
        assert!(!write.if_none_match);
        let Step::Send(write) = plan(&study, &Found::Nothing, restore) else { panic!("sent") };
        assert!(write.if_none_match);
    }

    #[test]
    fn a_study_that_may_be_of_another_patient_is_held_back() {
        let of = |subject: &str| format!(r#"{{"resourceType":"ImagingStudy","id":"1","subject":{{{subject}}}}}"#);
        let number = |system: &str, value: &str| format!(r#""identifier":{{{system}"value":"{value}"}}"#);
        let (mine, bare) = (number(r#""system":"urn:p","#, "P1"), number("", "P1"));
        let linked = |number: &str| format!(r#""reference":"Patient/7",{number}"#);
        for (ours, theirs, is_held) in [
            (&*mine, r#""reference":"Patient/7""#, true),
            (r##""reference":"#p""##, r#""reference":"Patient/7""#, true),
            (&*bare, &*linked(&mine), true),
            (&*mine, &*linked(&mine), false),
            (&*bare, &*linked(&bare), false),
            (&*mine, &*linked(&number(r#""system":"urn:p","#, "P2")), false),
            (&*bare, &*linked(&number("", "P2")), false),
            (r#""reference":"Patient/7""#, r#""reference":"Patient/8""#, false),
            (&*mine, r#""display":"Jane Doe""#, false),
            (r##""reference":"#p""##, r##""reference":"#p""##, false),
        ] {
            let study = of(&format!(r#"{ours}}},"description":"d","x":{{"#));
            let study = entry(&study);
            let found = stored("ImagingStudy/1", &of(theirs));
            let step = plan(&study, &found, Allowed::default());
            assert_eq!(step == Step::Held(Harm::UnknownPatient), is_held, "{ours} {theirs}: {step:?}");
        }
    }

    #[test]
    fn a_companion_on_the_server_stays_unless_the_user_wants_otherwise() {
        let text =
            |rest: &str| format!(r#"{{"resourceType":"Patient","id":"11111111-2222-5333-8444-555555555555"{rest}}}"#);
        let (ours, theirs) = (text(r#","gender":"male""#), text(""));
        let patient = entry(&ours);
        let theirs = stored("Patient/11111111-2222-5333-8444-555555555555", &theirs);
        assert_eq!(plan(&patient, &theirs, Allowed::default()), Step::Kept);
        let overwrite = Allowed { overwrite_companions: true, ..Allowed::default() };
        assert!(matches!(plan(&patient, &theirs, overwrite), Step::Send(_)));
        assert!(matches!(plan(&patient, &Found::Several, overwrite), Step::Refused(_)));
    }

    #[test]
    fn what_is_new_goes_onto_a_stable_id_or_is_created_once() {
        let uuid = "11111111-2222-5333-8444-555555555555";
        let created = Entry {
            target: Target::Create,
            place: Some(format!("Patient/{uuid}")),
            search: Some(Search::parse("Patient?identifier=a%7Cb".into())),
            ..entry(r#"{"resourceType":"Patient","id":"x"}"#)
        };
        let created = Entry { text: r#"{"resourceType":"Patient"}"#.into(), ..created };
        let sent = |allowed| match plan(&created, &Found::Nothing, allowed) {
            Step::Send(write) => write,
            other => panic!("{other:?}"),
        };
        let put = sent(Allowed::default());
        assert_eq!((put.method, put.url), ("PUT", &*format!("Patient/{uuid}")));
        assert!(put.text.contains(&format!(r#""id":"{uuid}""#)));
        let post = sent(Allowed { server_ids: true, ..Allowed::default() });
        assert_eq!((post.method, post.url, post.safety), ("POST", "Patient", Safety::Repeatable));
        assert_eq!(post.if_none_exist, Some("identifier=a%7Cb"));
        let any = Entry { target: Target::New, ..created };
        let Step::Send(post) = plan(&any, &Found::Nothing, Allowed::default()) else { panic!("sent") };
        assert_eq!(post.safety, Safety::Once);
    }
}
