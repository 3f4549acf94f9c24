//! Reads one file into the studies: header, record, merge. What a study or series wants of it is kept as it is, once.

use dicom_dictionary_std::tags;

use crate::dicom::bytes::Bytes;
use crate::dicom::header::{Fault, FaultKind};
use crate::dicom::value::{is_fhir_id, trim_uid};
use crate::dicom::{DataSet, Header, Levels, Scanner, Tag, Wanted};
use crate::group::{InstanceRecord, NewKind, NewSelection, Studies};
use crate::issue::{Issue, Reason, Skip};
use crate::mapping::terms::{SopClassKind, sop_class};
use crate::mapping::{self, Mapped, Options, SELECTION, SelectionPart};
use crate::options::filter::{Asked, Filter};
use crate::source::Name;

/// What all workers share.
#[derive(Debug)]
pub struct Reader<'r> {
    /// The attributes that the mapping wants.
    pub wanted: &'r Wanted,
    /// What the user said of the archive.
    pub options: &'r Options,
    /// Where instances are grouped.
    pub studies: &'r Studies,
    /// Which instances are taken.
    pub filter: &'r Filter,
    /// Which selections are kept.
    pub selections: Selections,
}

/// Which Key Object Selections are kept with what they select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selections {
    /// All: they become resources.
    All,
    /// Rejection notes.
    Rejections,
}

/// What one worker uses again for each file.
#[derive(Debug, Default)]
pub struct Worker {
    scanner: Scanner,
    header: Header,
    /// Bytes read since they were last asked for.
    pub read_bytes: u64,
}

impl Worker {
    /// The bytes read since this was last asked.
    pub fn take_read_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.read_bytes)
    }
}

impl Reader<'_> {
    /// Reads a file and groups it; what was dropped of its own values goes to `issue`, and what was dropped of its study's
    /// and series' stays with them.
    pub fn read(
        &self,
        worker: &mut Worker,
        name: &Name,
        bytes: &mut dyn Bytes,
        mut issue: impl FnMut(Issue),
    ) -> Result<(), Skip> {
        let Worker { scanner, header, .. } = worker;
        scanner.scan(bytes, self.wanted, header)?;
        header.faults.iter().for_each(|fault| issue(fault_issue(*fault)));
        let root = header.root();
        if !takes(self.filter, root) {
            return Err(Skip::Filtered);
        }
        let number = mapping::number(root, self.options);
        let record = record(header, number.part.number, name)?;
        if !has_value(root, tags::SOP_INSTANCE_UID) {
            issue(stand_in(keep_values(self.options, record.sop_instance_uid)));
        }
        number.issues.into_iter().for_each(&mut issue);
        if self.studies.merge(&record, None).is_err() {
            let kind = self.kind(root, &mut issue);
            self.studies.merge(&record, Some(kind)).expect("the kind is given");
        }
        if record.fingerprints.selects() {
            self.select(&record, mapping::map(SELECTION, root, self.options));
        }
        Ok(())
    }

    fn select(&self, record: &InstanceRecord<'_>, mapped: Mapped<SelectionPart>) {
        if self.selections == Selections::Rejections && !mapped.part.is_rejection() {
            return;
        }
        let InstanceRecord { series_uid, sop_instance_uid, name, .. } = *record;
        let fingerprint = record.fingerprints.whole();
        self.studies.select(record.study_uid, NewSelection { series_uid, sop_instance_uid, fingerprint, name, mapped });
    }

    fn kind(&self, root: DataSet<'_>, issue: &mut impl FnMut(Issue)) -> NewKind {
        let Mapped { part, issues } = mapping::kind(root, self.options);
        let has_issues = !issues.is_empty();
        issues.into_iter().for_each(issue);
        NewKind { part, has_issues }
    }
}

fn takes(filter: &Filter, root: DataSet<'_>) -> bool {
    let text = |tag| root.bytes(tag).and_then(|value| std::str::from_utf8(trim_uid(value)).ok());
    let asked = || Asked {
        modality: text(tags::MODALITY),
        sop_class: text(tags::SOP_CLASS_UID),
        patient_id: root.bytes(tags::PATIENT_ID),
        study: text(tags::STUDY_INSTANCE_UID),
        date: text(tags::STUDY_DATE),
    };
    !filter.is_partial() || filter.keeps(&asked())
}

/// What the studies need to know of an instance.
pub(crate) fn record<'a>(header: &'a Header, number: Option<u32>, name: &'a Name) -> Result<InstanceRecord<'a>, Skip> {
    let root = header.root();
    let kind = class(root).and_then(sop_class).map(|class| class.kind);
    let mut fingerprints = header.fingerprints();
    if kind == Some(SopClassKind::KeyObjectSelection) {
        fingerprints.selection = header.fingerprint(Levels::SELECTION);
    }
    Ok(InstanceRecord {
        study_uid: uid(root, tags::STUDY_INSTANCE_UID)?,
        series_uid: id(root, tags::SERIES_INSTANCE_UID)?,
        sop_instance_uid: sop_instance_uid(root)?,
        is_image: kind == Some(SopClassKind::Image),
        number,
        fingerprints,
        header,
        name,
    })
}

fn class(root: DataSet<'_>) -> Option<&str> {
    [tags::SOP_CLASS_UID, tags::MEDIA_STORAGE_SOP_CLASS_UID].into_iter().find_map(|tag| uid(root, tag).ok())
}

/// The instance's own UID; where it is empty, the one that the file meta information names (PS3.10 7.1). A data set that
/// lacks the attribute is no instance, whatever stands in front of it.
fn sop_instance_uid(root: DataSet<'_>) -> Result<&str, Skip> {
    match id(root, tags::SOP_INSTANCE_UID) {
        Err(Skip::NoUid(tag)) if root.bytes(tag).is_some() => {
            id(root, tags::MEDIA_STORAGE_SOP_INSTANCE_UID).map_err(|_| Skip::NoUid(tag))
        }
        result => result,
    }
}

/// A UID that has to stand in a FHIR id (R5 ImagingStudy.series.uid).
fn id(root: DataSet<'_>, tag: Tag) -> Result<&str, Skip> {
    let uid = uid(root, tag)?;
    if is_fhir_id(uid) { Ok(uid) } else { Err(Skip::UnusableUid(tag)) }
}

/// A UID without its padding.
fn uid(root: DataSet<'_>, tag: Tag) -> Result<&str, Skip> {
    match root.bytes(tag).map(trim_uid) {
        None | Some([]) => Err(Skip::NoUid(tag)),
        // PS3.5 9.1 has digits and dots only.
        Some(value) => std::str::from_utf8(value).map_err(|_| Skip::UnusableUid(tag)),
    }
}

fn has_value(root: DataSet<'_>, tag: Tag) -> bool {
    root.bytes(tag).is_some_and(|value| !trim_uid(value).is_empty())
}

/// The value of an issue, where the user wants to see values.
fn keep_values(options: &Options, value: &str) -> Option<String> {
    options.keep_values.then(|| value.to_string())
}

/// The file meta information's UID stands in for the instance's own.
fn stand_in(value: Option<String>) -> Issue {
    Issue { element: "series.instance.uid", tags: vec![tags::SOP_INSTANCE_UID], reason: Reason::InstanceStandIn, value }
}

/// What the scanner noticed, as an issue of the file.
pub fn fault_issue(Fault { tag, kind }: Fault) -> Issue {
    let reason = match kind {
        FaultKind::Truncated => Reason::Truncated,
        FaultKind::Repeated => Reason::Repeated,
        FaultKind::TooLong => Reason::TooLong,
        FaultKind::TooDeep => Reason::TooDeep,
        FaultKind::TooMany => Reason::TooMany,
        FaultKind::Malformed => Reason::Malformed,
    };
    Issue { element: "", tags: vec![tag], reason, value: None }
}
