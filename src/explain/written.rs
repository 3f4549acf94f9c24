//! The output of a release for some parts: they are made into a study of one instance, which is written like every
//! study.

use super::leaf::{Leaf, leaves, without};
use crate::dicom::value::{is_fhir_id, is_oid, trim_uid};
use crate::dicom::{DataSet, Header, Tag};
use crate::fhir::id::Ids;
use crate::fhir::json::{self, Element};
use crate::fhir::profile::{Change, ProfileOptions, conform, key_object_lacks, lacks};
use crate::fhir::{Dialect, Meta, Profile, Release, Sharing, link};
use crate::group::{InstanceRecord, NewKind, NewSelection, Studies, Study, Values};
use crate::issue::{Issue, Lack, Reason};
use crate::mapping::finish::{Finished, imaging_study};
use crate::mapping::{self, KindPart, Mapped, SelectionPart, SeriesPart, StudyPart};
use crate::mapping::{ContentOptions, ResolvedStudy};
use crate::options::References;
use crate::source::Name;

/// The parts of one instance.
#[derive(Debug, Default)]
pub struct Parts {
    /// Of the study.
    pub study: StudyPart,
    /// Of the series.
    pub series: SeriesPart,
    /// Class, title and frames.
    pub kind: KindPart,
    /// The number.
    pub number: Option<u32>,
    /// What it selects.
    pub selection: Option<SelectionPart>,
}

/// The UIDs of the instance; unusable ones are replaced, so that the rest can be explained.
#[derive(Debug)]
pub struct Uids {
    study: String,
    series: String,
    instance: String,
    issues: Vec<Issue>,
}

impl Uids {
    /// The UIDs of a data set.
    pub fn of(root: DataSet<'_>) -> Uids {
        use dicom_dictionary_std::tags::{SERIES_INSTANCE_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID};
        let mut issues = Vec::new();
        let mut uid = |tag, element| {
            let (value, stood_in) = match value(root, tag) {
                None if tag == SOP_INSTANCE_UID => (stand_in(root), true),
                value => (value, false),
            };
            let reason = match reason(value.as_deref(), tag == STUDY_INSTANCE_UID) {
                None if stood_in => Some(Reason::InstanceStandIn),
                reason => reason,
            };
            issues.extend(reason.map(|reason| Issue { element, tags: vec![tag], reason, value: None }));
            value.filter(|value| tag == STUDY_INSTANCE_UID || is_fhir_id(value)).unwrap_or_else(|| "0.0".to_string())
        };
        let study = uid(STUDY_INSTANCE_UID, "identifier");
        let series = uid(SERIES_INSTANCE_UID, "series.uid");
        let instance = uid(SOP_INSTANCE_UID, "series.instance.uid");
        Uids { study, series, instance, issues }
    }

    /// The issues of one UID.
    pub fn issues(&self, tag: Tag) -> Vec<Issue> {
        self.issues.iter().filter(|issue| issue.tags == [tag]).cloned().collect()
    }
}

/// A UID that is not empty.
fn value(root: DataSet<'_>, tag: Tag) -> Option<String> {
    let value = root.bytes(tag).map(|bytes| String::from_utf8_lossy(trim_uid(bytes)).into_owned());
    value.filter(|value| !value.is_empty())
}

/// The UID in the file meta information, which replaces an empty SOP Instance UID (PS3.10 7.1).
fn stand_in(root: DataSet<'_>) -> Option<String> {
    use dicom_dictionary_std::tags::{MEDIA_STORAGE_SOP_INSTANCE_UID, SOP_INSTANCE_UID};
    root.bytes(SOP_INSTANCE_UID).and_then(|_| value(root, MEDIA_STORAGE_SOP_INSTANCE_UID))
}

fn reason(uid: Option<&str>, is_study: bool) -> Option<Reason> {
    match uid {
        None => Some(Reason::Absent),
        Some(uid) if !is_fhir_id(uid) => Some(if is_study { Reason::NotAnId } else { Reason::UnusableUid }),
        Some(uid) if is_study && !is_oid(uid) => Some(Reason::NotAnOid),
        Some(_) => None,
    }
}

/// The output of a release for the parts, without the output for `others`.
pub fn written(parts: &Parts, others: &Parts, uids: &Uids, target: &Target<'_>) -> Vec<Leaf> {
    without(whole(parts, uids, target), whole(others, uids, target))
}

/// The complete output of a release for the parts: the study with logical references, and its companions.
pub fn whole(parts: &Parts, uids: &Uids, target: &Target<'_>) -> Vec<Leaf> {
    with_study(parts, uids, |resolved| {
        let mut found = own(target.finished(resolved), target.dialect());
        found.extend(companions(target.finished(resolved), target.dialect()));
        found
    })
    .unwrap_or_default()
}

/// How the study of one instance stands to a profile.
#[derive(Debug, Default)]
pub struct Judgment {
    /// What the profile demands and the study lacks.
    pub lacks: Vec<Lack>,
    /// What it lacks besides to be a Key Object Selection.
    pub key_object_lacks: Vec<Lack>,
    /// What is changed so that it conforms.
    pub changes: Vec<Change>,
}

/// How the study of this one instance stands to the profile.
pub fn conformance(parts: &Parts, uids: &Uids, target: &Target<'_>) -> Judgment {
    let judge = |resolved: &ResolvedStudy<'_>| {
        let mut study = imaging_study(resolved, &target.options()).study;
        let profile = target.profile();
        let (lacks, key_object_lacks) = (lacks(profile, &study), key_object_lacks(profile, &study));
        Judgment { lacks, key_object_lacks, changes: conform(profile, &mut study, target.profile) }
    };
    with_study(parts, uids, judge).unwrap_or_default()
}

fn with_study<T>(parts: &Parts, uids: &Uids, use_it: impl FnOnce(&ResolvedStudy<'_>) -> T) -> Option<T> {
    let mut studies = grouped(parts, uids);
    let mut resolved = studies.first_mut()?.resolve(&mapping::Options::default());
    resolved.part = parts.study.clone();
    resolved.series.iter_mut().for_each(|series| series.part = parts.series.clone());
    Some(use_it(&resolved))
}

/// A release and a profile.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// The release.
    pub release: &'static Release,
    /// The profile with its options.
    pub profile: &'t ProfileOptions,
}

impl<'t> Target<'t> {
    fn profile(&self) -> &'static Profile {
        self.profile.profile(Some(self.release))
    }

    fn dialect(&self) -> Dialect<'t> {
        Dialect { release: self.release, profile: self.profile(), meta: Meta::NONE }
    }

    /// Options that write everything.
    fn options(&self) -> ContentOptions {
        ContentOptions { selections: true, profile: self.profile.clone(), ..ContentOptions::of(self.release) }
    }

    fn finished<'r>(&self, resolved: &'r ResolvedStudy<'r>) -> Finished<'r> {
        let mut finished = imaging_study(resolved, &self.options());
        conform(self.profile(), &mut finished.study, self.profile);
        finished
    }
}

/// The study that consists of this one instance.
fn grouped(parts: &Parts, uids: &Uids) -> Vec<Study> {
    let name = Name::file("");
    let studies = Studies::default();
    let record = InstanceRecord {
        study_uid: &uids.study,
        series_uid: &uids.series,
        sop_instance_uid: &uids.instance,
        is_image: true,
        number: parts.number,
        fingerprint: 0,
        kind: 0,
        study_part: 0,
        series_part: 0,
        values: Values::Header(&Header::default()),
        name: &name,
    };
    let kind = NewKind { part: parts.kind.clone(), has_issues: false };
    studies.merge(&record, Some(kind)).expect("the kind is given");
    if let Some(part) = parts.selection.clone() {
        let mapped = Mapped { part, issues: Vec::new() };
        let (series_uid, sop_instance_uid) = (record.series_uid, record.sop_instance_uid);
        studies.select(&uids.study, NewSelection { series_uid, sop_instance_uid, fingerprint: 0, name: &name, mapped });
    }
    studies.finish()
}

/// The study and its selections, with logical references.
fn own(finished: Finished<'_>, dialect: Dialect<'_>) -> Vec<Leaf> {
    let Finished { study, selections, .. } = finished;
    let linked = link(study, selections, dialect.release, References::Logical, &Sharing::alone(Ids::new("")));
    let mut found = leaves_of(&linked, dialect);
    for selection in &linked.selections {
        let all = leaves_of(selection, dialect);
        found.extend(all.into_iter().filter(|leaf| !is_fixed(&leaf.element)));
    }
    found
}

/// The companions, without ids, references and subjects, which no row fills.
fn companions(finished: Finished<'_>, dialect: Dialect<'_>) -> Vec<Leaf> {
    let linked = link(finished.study, Vec::new(), dialect.release, References::Separate, &Sharing::alone(Ids::new("")));
    let mut found = Vec::new();
    for companion in &linked.beside {
        found.extend(leaves_of(companion, dialect));
    }
    found.retain(|leaf| !is_fixed(&leaf.element) && !leaf.element.contains(".subject."));
    found
}

/// Whether an element of another resource does not depend on the header.
fn is_fixed(element: &str) -> bool {
    let ends = [".id", ".reference", ".status", ".intent", ".extension.valueCode", ".extension.url"];
    ends.iter().any(|end| element.ends_with(end))
}

fn leaves_of(element: impl Element, dialect: Dialect<'_>) -> Vec<Leaf> {
    leaves(&serde_json::from_str(&json::text(element, dialect)).expect("what was written is JSON"))
}
