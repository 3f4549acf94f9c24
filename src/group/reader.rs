//! Reads one file into the studies: header, record, merge. Raw values for study and series are kept once.

use std::fmt::Debug;

use dicom_dictionary_std::tags;

pub use super::file_notes::fault_issue;
use super::file_notes::{has_value, stand_in};
use crate::dicom::bytes::Bytes;
use crate::dicom::json;
use crate::dicom::value::{is_fhir_id, trim_uid};
use crate::dicom::{DataSet, Header, Levels, Scanner, Tag, Wanted};
use crate::group::{Files, InstanceRecord, NewKind, Studies, Values};
use crate::issue::{Issue, Skip};
use crate::mapping::terms::{SopClassKind, sop_class};
use crate::mapping::{self, Options, SELECTION};
use crate::name::Name;
use crate::options::filter::{Filter, FilterValues};
use crate::stamp::Mark;

/// The context of all workers.
#[derive(Debug)]
pub struct Reader<'r> {
    /// The attributes that the mapping wants.
    pub wanted: &'r Wanted,
    /// The options of the archive.
    pub options: &'r Options,
    /// The groups.
    pub studies: &'r Studies,
    /// The filter of instances.
    pub filter: &'r Filter,
    /// Which selections are kept.
    pub selections: Selections,
    /// The collector of files, for a catalog.
    pub files: Option<&'r Files>,
    /// The store of an index or a scan.
    pub keeper: Option<&'r dyn Keeper>,
}

/// A store of the files that are read: an index, a scan or a survey.
pub trait Keeper: Sync + Debug {
    /// A file was read, which an index knows as `mark`. Its parts are in the header, by level, and
    /// [`FileNotes`](super::FileNotes) has the rest.
    fn read(&self, name: &Name, mark: Option<Mark>, header: &Header, grouped: Result<&Record<'_>, &Skip>);

    /// A file or an entry was left out, DICOM or not. If it was read, `read` was called before. Returns who reports it.
    fn left_out(&self, _name: &Name, _mark: Option<Mark>, _skip: &Skip) -> ReportedBy {
        ReportedBy::Stage
    }

    /// Whether it groups, counts and reports the files itself, together with those of earlier runs.
    fn is_index(&self) -> bool {
        false
    }

    /// A file is an archive or DICOM JSON, whose entries will be read.
    fn opens_archive(&self, _name: &Name, _mark: Option<Mark>) {}

    /// All entries of an archive were read.
    fn closes_archive(&self, _name: &Name) {}

    /// A file is read in each run, and not stored.
    fn forgets(&self, _name: &Name) {}
}

/// Who reports a file that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "index"), allow(dead_code, reason = "without an index it is the stage"))]
pub enum ReportedBy {
    /// The index, together with all other files.
    Index,
    /// The reading stage. An index checks the file again in the next run.
    Stage,
    /// The reading stage, which does not count it: its records of an earlier run are kept and counted.
    StageNotCounted,
}

/// Which Key Object Selections are kept with what they select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selections {
    /// All: they become resources.
    All,
    /// Rejection notes.
    Rejections,
}

/// Buffers that a worker reuses for each file.
#[derive(Debug, Default)]
pub struct Worker {
    scanner: Scanner,
    /// The header of the last file.
    pub header: Header,
    /// Bytes read since they were last asked for.
    pub read_bytes: u64,
    /// What an index knows of the file that is going to be read.
    pub mark: Option<Mark>,
}

impl Worker {
    /// The bytes read since this was last asked.
    pub fn take_read_bytes(&mut self) -> u64 {
        std::mem::take(&mut self.read_bytes)
    }
}

impl Reader<'_> {
    /// Whether an index groups, counts and reports the files.
    pub fn is_indexed(&self) -> bool {
        self.keeper.is_some_and(Keeper::is_index)
    }

    /// Reads a file and groups it. Issues of its own values are passed to `issue`; those of study and series are kept
    /// with these.
    pub fn read(
        &self,
        worker: &mut Worker,
        name: &Name,
        bytes: &mut dyn Bytes,
        issue: impl FnMut(Issue),
    ) -> Result<(), Skip> {
        let Worker { scanner, header, mark, .. } = worker;
        scanner.scan(bytes, self.wanted, header)?;
        let length = self.files.and_then(|_| bytes.known_length());
        self.take(header, name, mark.take(), length, issue)
    }

    /// Like `read`, for the next instance of a DICOM JSON text; `None` at its end.
    pub fn read_json(
        &self,
        worker: &mut Worker,
        instances: &mut json::Instances<'_>,
        name: impl FnOnce(&json::Instances<'_>) -> Name,
        mut issue: impl FnMut(&Name, Issue),
    ) -> Option<(Name, Result<(), Skip>)> {
        let read = instances.next(self.wanted, &mut worker.header)?;
        let name = name(instances);
        let result = read.and_then(|()| self.take(&worker.header, &name, None, None, |found| issue(&name, found)));
        Some((name, result))
    }

    /// Groups a header, and passes it to the store.
    fn take(
        &self,
        header: &Header,
        name: &Name,
        mark: Option<Mark>,
        length: Option<u64>,
        mut issue: impl FnMut(Issue),
    ) -> Result<(), Skip> {
        header.faults.iter().for_each(|fault| issue(fault_issue(*fault)));
        let grouped = self.group(header, name, issue);
        if let (Some(files), Ok(grouped)) = (self.files, &grouped) {
            files.add(&grouped.record, length);
        }
        if let Some(keeper) = self.keeper {
            keeper.read(name, mark, header, grouped.as_ref());
        }
        grouped.map(drop)
    }

    fn group<'h>(&self, header: &'h Header, name: &'h Name, mut issue: impl FnMut(Issue)) -> Result<Record<'h>, Skip> {
        let root = header.root();
        if !takes(self.filter, root) {
            return Err(Skip::Filtered);
        }
        let number = mapping::number(root, self.options);
        let Record { record, is_selection } = record(header, number.part.number, name)?;
        if !has_value(root, tags::SOP_INSTANCE_UID) {
            issue(stand_in(record.sop_instance_uid, self.options));
        }
        number.issues.into_iter().for_each(&mut issue);
        if self.is_indexed() {
            return Ok(Record { record, is_selection });
        }
        if self.studies.merge(&record, None).is_err() {
            let kind = NewKind::from_mapped(mapping::kind(root, self.options), issue);
            self.studies.merge(&record, Some(kind)).expect("the kind is given");
        }
        if is_selection {
            self.studies.select_one(&record, mapping::map(SELECTION, root, self.options), self.selections);
        }
        Ok(Record { record, is_selection })
    }
}

fn takes(filter: &Filter, root: DataSet<'_>) -> bool {
    let text = |tag| root.bytes(tag).and_then(|value| std::str::from_utf8(trim_uid(value)).ok());
    let asked = || FilterValues {
        modality: text(tags::MODALITY),
        sop_class: text(tags::SOP_CLASS_UID),
        patient_id: root.bytes(tags::PATIENT_ID),
        study: text(tags::STUDY_INSTANCE_UID),
        date: text(tags::STUDY_DATE),
    };
    !filter.is_partial() || filter.keeps(&asked())
}

/// An instance that can be grouped.
#[derive(Debug)]
pub struct Record<'a> {
    /// The instance.
    pub record: InstanceRecord<'a>,
    /// Whether it is a Key Object Selection that selects something.
    pub is_selection: bool,
}

/// The record of an instance.
pub(crate) fn record<'a>(header: &'a Header, number: Option<u32>, name: &'a Name) -> Result<Record<'a>, Skip> {
    let root = header.root();
    let kind = class(root).and_then(sop_class).map(|class| class.kind);
    let mut fingerprints = header.fingerprints();
    if kind == Some(SopClassKind::KeyObjectSelection) {
        fingerprints.selection = header.fingerprint(Levels::SELECTION);
    }
    let record = InstanceRecord {
        study_uid: uid(root, tags::STUDY_INSTANCE_UID)?,
        series_uid: id(root, tags::SERIES_INSTANCE_UID)?,
        sop_instance_uid: sop_instance_uid(root)?,
        is_image: kind == Some(SopClassKind::Image),
        number,
        fingerprint: fingerprints.whole(),
        kind: fingerprints.kind,
        study_part: fingerprints.study,
        series_part: fingerprints.series,
        values: Values::Header(header),
        name,
    };
    Ok(Record { record, is_selection: fingerprints.selects() })
}

fn class(root: DataSet<'_>) -> Option<&str> {
    [tags::SOP_CLASS_UID, tags::MEDIA_STORAGE_SOP_CLASS_UID].into_iter().find_map(|tag| uid(root, tag).ok())
}

/// The SOP Instance UID; if it is empty, the one in the file meta information (PS3.10 7.1). A data set without the
/// attribute is not an instance, regardless of the file meta information.
fn sop_instance_uid(root: DataSet<'_>) -> Result<&str, Skip> {
    match id(root, tags::SOP_INSTANCE_UID) {
        Err(Skip::NoUid(tag)) if root.bytes(tag).is_some() => {
            id(root, tags::MEDIA_STORAGE_SOP_INSTANCE_UID).map_err(|_| Skip::NoUid(tag))
        }
        result => result,
    }
}

/// A UID that must be a valid FHIR id (R5 ImagingStudy.series.uid).
fn id(root: DataSet<'_>, tag: Tag) -> Result<&str, Skip> {
    let uid = uid(root, tag)?;
    if is_fhir_id(uid) { Ok(uid) } else { Err(Skip::UnusableUid(tag)) }
}

/// A UID without its padding; of one that stands twice the later value, as other readers take it, which is reported.
fn uid(root: DataSet<'_>, tag: Tag) -> Result<&str, Skip> {
    match root.bytes(tag).map(trim_uid) {
        None | Some([]) => Err(Skip::NoUid(tag)),
        // PS3.5 9.1 has digits and dots only.
        Some(value) => std::str::from_utf8(value).map_err(|_| Skip::UnusableUid(tag)),
    }
}
