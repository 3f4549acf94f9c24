//! The output of a release for some parts: they are made into a study of one instance, which is written like every
//! study.

use dicom_dictionary_std::tags;

use super::leaf::{Leaf, leaves, within, without};
use super::uids::{STAND_IN, Uids};
use crate::dicom::{DataSet, Header};
use crate::fhir::id::Ids;
use crate::fhir::json::{self, Element};
use crate::fhir::profile::{Change, Manifests, Packaging, ProfileOptions, conform, key_object_lacks, lacks};
use crate::fhir::{
    Bundle, DateTime, Dialect, Document, Instance, Instances, Linked, Profile, Release, Sharing, SopClass, link,
};
use crate::group::{
    InstanceRecord, NewKind, NewSelection, Studies, Study, Values, apply_rejections, leave_out_manifests,
};
use crate::issue::Lack;
use crate::mapping::finish::{Finished, imaging_study};
use crate::mapping::{
    self, ContentOptions, KindPart, Mapped, Options, ResolvedStudy, SELECTION, SERIES, STUDY, SelectionPart,
    SeriesPart, StudyPart,
};
use crate::options::{BundleOptions, BundleType, References};
use crate::source::Name;

/// The parts of one instance.
#[derive(Debug, Clone, Default)]
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

impl Parts {
    /// The parts of a data set, which selects others or does not.
    pub fn of(root: DataSet<'_>, options: &Options, selects: bool) -> Parts {
        Parts {
            study: mapping::map(STUDY, root, options).part,
            series: mapping::map(SERIES, root, options).part,
            kind: mapping::kind(root, options).part,
            number: mapping::number(root, options).part.number,
            selection: selects.then(|| mapping::map(SELECTION, root, options).part),
        }
    }
}

/// How a study of one instance is written: the options of a conversion, for one release.
#[derive(Debug, Clone)]
pub struct Target {
    /// The release.
    pub release: &'static Release,
    content: ContentOptions,
    /// How Bundles are written, if they are.
    bundle: Option<BundleOptions>,
    made_at: DateTime,
    /// Whether the study conforms to the profile; else it is written without.
    conforms: bool,
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

impl Target {
    /// The options of a conversion, for a release; documents are made at this time.
    pub fn new(release: &'static Release, content: &ContentOptions, made_at: DateTime) -> Target {
        let content = ContentOptions { fhir: Some(release), ..content.clone() };
        Target { release, content, bundle: None, made_at, conforms: true }
    }

    /// The same in a Bundle for each study, if there are options for it.
    pub fn in_bundle(self, bundle: Option<BundleOptions>) -> Target {
        Target { bundle, ..self }
    }

    /// The profile, unless the study does not conform to it.
    pub fn profile(&self) -> &'static Profile {
        if self.conforms { self.content.profile() } else { Profile::NONE }
    }

    /// The same for the study of this instance: without the profile if it does not conform.
    pub fn of(self, parts: &Parts, uids: &Uids) -> Target {
        Target { conforms: self.judge(parts, uids).lacks.is_empty(), ..self }
    }

    /// With resources beside the study, where nothing is asked for and everything else stays as it is.
    pub fn separate(&self) -> Option<Target> {
        let is_open = self.content.references.or(self.content.profile().references).is_none();
        let content = ContentOptions { references: Some(References::Separate), ..self.content.clone() };
        is_open.then(|| Target { content, ..self.clone() })
    }

    /// Without what the user says of who makes the documents.
    pub fn without_creator(&self) -> Target {
        let profile = ProfileOptions { creator: None, creator_id: None, ..self.content.profile.clone() };
        Target { content: ContentOptions { profile, ..self.content.clone() }, ..self.clone() }
    }

    /// How the study of this instance stands to the profile.
    pub fn judge(&self, parts: &Parts, uids: &Uids) -> Judgment {
        let (profile, options) = (self.content.profile(), &self.content.profile);
        let judge = |resolved: &ResolvedStudy<'_>| {
            let mut study = imaging_study(resolved, &self.content).study;
            let (lacks, key_object_lacks) = (lacks(profile, &study), key_object_lacks(profile, &study));
            Judgment { lacks, key_object_lacks, changes: conform(profile, &mut study, options) }
        };
        self.with_study(parts, uids, judge).unwrap_or_default()
    }

    /// All that is written of the study of this instance.
    pub fn written(&self, parts: &Parts, uids: &Uids) -> Vec<Leaf> {
        let finish = |resolved: &ResolvedStudy<'_>| self.resources(imaging_study(resolved, &self.content));
        let mut written = self.with_study(parts, uids, finish).unwrap_or_default();
        written.retain(|leaf| leaf.value != STAND_IN);
        written
    }

    /// What is written of a study, with an instance of each shape.
    pub fn of_shapes(&self, resolved: &ResolvedStudy<'_>) -> Vec<Leaf> {
        let mut finished = imaging_study(resolved, &self.content);
        let of_series = finished.study.series.iter().flatten();
        let shapes: Vec<Option<Shapes<'_>>> = of_series.map(|series| series.instances.map(Shapes)).collect();
        for (series, shapes) in finished.study.series.iter_mut().flatten().zip(&shapes) {
            series.instances = shapes.as_ref().map(|shapes| shapes as &dyn Instances);
        }
        self.resources(finished)
    }

    /// All that is written of a study, as the writing stage of a conversion does it.
    fn resources(&self, finished: Finished<'_>) -> Vec<Leaf> {
        let (release, content) = (self.release, &self.content);
        let sharing = Sharing::alone(Ids::new(content.id_salt.as_deref().unwrap_or_default()));
        let dialect = Dialect { release, profile: self.profile(), meta: &content.meta };
        let Finished { mut study, selections, .. } = finished;
        conform(dialect.profile, &mut study, &content.profile);
        if dialect.profile.packaging == Packaging::Document {
            let digest = |linked: &Linked<'_>| json::digest(linked, dialect);
            return leaves_of(Document::of(study, release, &sharing, self.made_at, digest), dialect);
        }
        let collection = BundleOptions { bundle_type: Some(BundleType::Collection), ..BundleOptions::default() };
        let is_left = content.profile().packaging == Packaging::Document;
        if let Some(options) = if is_left { Some(collection) } else { self.bundle } {
            return leaves_of(Bundle::of(study, selections, release, &sharing, options), dialect);
        }
        let linked = link(study, selections, release, content.references(), &sharing);
        let mut found = leaves_of(&linked, dialect);
        found.extend(linked.selections.iter().flat_map(|selection| leaves_of(selection, dialect)));
        found.extend(linked.beside.iter().flat_map(|companion| leaves_of(companion, dialect)));
        found
    }

    fn with_study<T>(&self, parts: &Parts, uids: &Uids, use_it: impl FnOnce(&ResolvedStudy<'_>) -> T) -> Option<T> {
        let mut studies = grouped(parts, uids);
        if self.content.apply_rejections {
            apply_rejections(&mut studies);
        }
        if self.content.profile().manifests == Manifests::LeftOut {
            leave_out_manifests(&mut studies);
        }
        let mut resolved = studies.first_mut()?.resolve(&self.content.archive);
        resolved.part = parts.study.clone();
        resolved.series.iter_mut().for_each(|series| series.part = parts.series.clone());
        Some(use_it(&resolved))
    }
}

/// Of instances, the first of each shape: those after it have the same elements.
#[derive(Debug)]
struct Shapes<'a>(&'a dyn Instances);

impl Instances for Shapes<'_> {
    fn visit(&self, each: &mut dyn FnMut(&Instance<'_>) -> bool) {
        let mut seen = Vec::new();
        self.0.visit(&mut |instance| {
            let class = [SopClass::Absent == instance.sop_class, matches!(instance.sop_class, SopClass::Raw(_))];
            let has = [instance.number.is_some(), instance.title.is_some(), instance.number_of_frames.is_some()];
            let shape = (class, has);
            let is_new = !seen.contains(&shape);
            seen.extend(is_new.then_some(shape));
            !is_new || each(instance)
        });
    }
}

/// What a release writes of an instance.
#[derive(Debug)]
pub struct Output {
    /// How.
    pub target: Target,
    /// What is written with the options.
    pub asked: Vec<Leaf>,
    /// What resources beside the study would add, where nothing is asked for.
    pub besides: Vec<Leaf>,
    /// What is written with the options, but for what they say of who makes the documents.
    pub of_headers: Vec<Leaf>,
    uids: Vec<Leaf>,
}

impl Output {
    /// What is written of an instance.
    pub fn of(target: Target, parts: &Parts, uids: &Uids) -> Output {
        let separate = target.separate().map(|separate| separate.written(parts, uids));
        let bare = target.written(&Parts { selection: parts.selection.clone(), ..Parts::default() }, uids);
        let mut asked = target.written(parts, uids);
        if !uids.has(tags::STUDY_INSTANCE_UID) {
            let stand_in: Vec<Leaf> = bare.iter().filter(|leaf| leaf.is_of("identifier")).cloned().collect();
            asked = without(asked, &stand_in);
        }
        Output {
            besides: separate.map(|separate| without(separate, &asked)).unwrap_or_default(),
            of_headers: target.without_creator().written(parts, uids),
            uids: bare,
            asked,
            target,
        }
    }

    /// The release.
    pub fn release(&self) -> &'static Release {
        self.target.release
    }

    /// What is lacking in the study with these parts, but for the ids of what it refers to.
    pub fn lacking(&self, parts: &Parts, uids: &Uids) -> Vec<Leaf> {
        let mut lacking = without(self.asked.clone(), &self.target.written(parts, uids));
        lacking.retain(|leaf| !leaf.is_beside() && !leaf.element.ends_with(".reference"));
        lacking
    }

    /// What is written of a UID, if it is used. The study has other identifiers too, which have rows of their own.
    pub fn of_uid(&self, element: &'static str, is_used: bool) -> Vec<Leaf> {
        let own = self.uids.iter().filter(|leaf| is_used && leaf.is_of(element));
        within(own.cloned().collect(), &self.asked)
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

fn leaves_of(element: impl Element, dialect: Dialect<'_>) -> Vec<Leaf> {
    leaves(&serde_json::from_str(&json::text(element, dialect)).expect("what was written is JSON"))
}
