//! Adds stored instances of an earlier run, by the same merge as newly read ones, so that studies, documents and issues
//! are the same.

use super::reader::Selections;
use super::{FileNotes, InstanceRecord, NewKind, NewSelection, Studies};
use crate::dicom::{Header, StoredValues};
use crate::issue::Issue;
use crate::mapping::{self, Mapped, Options, SELECTION};

/// A stored instance.
#[derive(Debug, Clone, Copy)]
pub struct StoredInstance<'a> {
    /// Its UIDs and fingerprints, with the number if it is plain digits.
    pub record: InstanceRecord<'a>,
    /// The notes of its file.
    pub notes: &'a FileNotes,
    /// The values of the kind, as [`Levels::KIND`](crate::dicom::Levels::KIND).
    pub kind: &'a StoredValues,
    /// The values of the selection, if it is a Key Object Selection with references.
    pub selection: Option<&'a StoredValues>,
}

impl Studies {
    /// Groups a stored instance; the issues of its file are those that it had when it was read.
    pub fn add_stored(
        &self,
        stored: &StoredInstance<'_>,
        selections: Selections,
        options: &Options,
        mut issue: impl FnMut(Issue),
    ) {
        let StoredInstance { mut record, notes, kind, selection } = *stored;
        notes.issues(record.sop_instance_uid, options).for_each(&mut issue);
        if let Some(number) = notes.number(options) {
            record.number = number.part.number;
            number.issues.into_iter().for_each(&mut issue);
        }
        if self.merge(&record, None).is_err() {
            let kind = NewKind::of(kind, options, issue);
            self.merge(&record, Some(kind)).expect("the kind is given");
        }
        if let Some(selection) = selection {
            let mapped = mapping::map(SELECTION, selection.unpack(&mut Header::default()), options);
            self.select_one(&record, mapped, selections);
        }
    }

    /// Adds a selection to its study, where it is one of those that are kept.
    pub(super) fn select_one(
        &self,
        record: &InstanceRecord<'_>,
        mapped: Mapped<mapping::SelectionPart>,
        selections: Selections,
    ) {
        if selections == Selections::Rejections && !mapped.part.is_rejection() {
            return;
        }
        let InstanceRecord { study_uid, series_uid, sop_instance_uid, fingerprint, name, .. } = *record;
        self.select(study_uid, NewSelection { series_uid, sop_instance_uid, fingerprint, name, mapped });
    }
}

impl NewKind {
    /// The kind that stored values make, with the issues of its file.
    pub fn of(kind: &StoredValues, options: &Options, issue: impl FnMut(Issue)) -> NewKind {
        NewKind::from_mapped(mapping::kind(kind.unpack(&mut Header::default()), options), issue)
    }

    /// The kind that was mapped, with the issues of its file.
    pub(super) fn from_mapped(mapped: Mapped<mapping::KindPart>, issue: impl FnMut(Issue)) -> NewKind {
        let Mapped { part, issues } = mapped;
        let has_issues = !issues.is_empty();
        issues.into_iter().for_each(issue);
        NewKind { part, has_issues }
    }
}
