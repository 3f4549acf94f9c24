//! Builds studies from the index, by the same merge as from files.

use std::ffi::OsString;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::Index;
use super::segment::Packed;
use super::store::Fault;
use super::{join, os_string};
use crate::dicom::StoredValues;
use crate::error::Error;
use crate::group::reader::Selections;
use crate::group::{FileNotes, InstanceRecord, StoredInstance, Studies, Study, Values};
use crate::issue::Issue;
use crate::mapping::Options;
use crate::name::Name;

/// A callback for issues of files: Study Instance UID, file and issue.
pub type TakeIssue<'a> = &'a (dyn Fn(&str, &Name, Issue) + Sync);

/// A study as it is stored.
struct Stored {
    uid: String,
    segments: Vec<(i64, Vec<u8>)>,
}

impl Index {
    /// The studies with these numbers, in the order of their UIDs.
    pub fn studies(
        &self,
        ids: &[i64],
        options: &Options,
        selections: Selections,
        issue: TakeIssue<'_>,
    ) -> Result<Vec<Study>, Error> {
        let stored: Vec<Stored> = self.with(|store| {
            let mut uids = store.uids(ids.iter().copied())?;
            let stored =
                |id: &i64| Ok(Stored { uid: uids.remove(id).ok_or(Fault::Damaged)?, segments: store.segments(*id)? });
            ids.iter().map(stored).collect()
        })?;
        let studies = Studies::default();
        stored.par_iter().try_for_each(|stored| {
            let add = Add { index: self, studies: &studies, options, selections, issue, uid: &stored.uid };
            stored.segments.iter().try_for_each(|(_, bytes)| add.segment(bytes))
        })?;
        Ok(studies.finish())
    }
}

/// Adds the records of one study.
struct Add<'a> {
    index: &'a Index,
    studies: &'a Studies,
    options: &'a Options,
    selections: Selections,
    issue: TakeIssue<'a>,
    uid: &'a str,
}

impl Add<'_> {
    fn segment(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut failure = None;
        let added = Packed::open(bytes).and_then(|packed| {
            let values = |(_, values): &(u64, &[u8])| StoredValues::from_bytes(values);
            let parts = |level: usize| packed.parts[level].iter().map(values).collect::<Option<Vec<_>>>();
            let (study, series, kinds) = (parts(0)?, parts(1)?, parts(2)?);
            let (mut folder, mut path, mut is_whole) = (None, OsString::new(), true);
            packed.for_each(|record, places| {
                if folder != Some(record.folder) {
                    match self.index.with(|store| store.folder_path(record.folder)) {
                        Ok(bytes) => path = join(&bytes, b""),
                        Err(error) => failure = Some(error),
                    }
                    folder = Some(record.folder);
                }
                let mut name = Name { place: path.clone(), entry: record.entry.map(str::to_string) };
                name.place.push(os_string(record.name));
                let values = Values::Stored { study: &study[places[0]], series: &series[places[1]] };
                is_whole &= self.record(record, &name, values, &kinds[places[2]]).is_some();
            })?;
            is_whole.then_some(())
        });
        match (failure, added) {
            (Some(error), _) => Err(error),
            (None, None) => self.index.with(|_| Err(Fault::Damaged)),
            (None, Some(())) => Ok(()),
        }
    }

    fn record(
        &self,
        record: &super::segment::Record<'_>,
        name: &Name,
        values: Values<'_>,
        kind: &StoredValues,
    ) -> Option<()> {
        let notes = if record.notes.is_empty() { FileNotes::default() } else { FileNotes::from_bytes(record.notes)? };
        let selection = record.selection.map(StoredValues::from_bytes);
        if selection.as_ref().is_some_and(Option::is_none) {
            return None;
        }
        let [study_part, series_part, kind_part] = record.parts;
        let instance = InstanceRecord {
            study_uid: self.uid,
            series_uid: record.series_uid,
            sop_instance_uid: record.sop_instance_uid,
            is_image: record.is_image,
            number: record.number,
            fingerprint: record.fingerprint,
            kind: kind_part,
            study_part,
            series_part,
            values,
            name,
        };
        let stored = StoredInstance {
            record: instance,
            notes: &notes,
            kind,
            selection: selection.as_ref().and_then(Option::as_ref),
        };
        self.studies.add_stored(&stored, self.selections, self.options, |issue| (self.issue)(self.uid, name, issue));
        Some(())
    }
}
