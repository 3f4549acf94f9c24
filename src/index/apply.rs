//! Writes new records to the store, and removes deleted files.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::files::{FileRow, FileTotals, ListingDigest};
use super::pending::{OpenArchive, OtherFile, Pending, PendingStudy, Taken, Ticket};
use super::state::State;
use super::store::{Fault, Store};
use super::studies::FileKeys;

/// Files removed in one transaction.
const GONE_AT_ONCE: i64 = 20_000;

/// The files of a folder that were stored just now.
pub(super) struct Stored {
    pub folder: i64,
    /// Their digest; `None` if one of them must be read again.
    pub files: Option<ListingDigest>,
    /// How many of them no earlier run read.
    pub new_files: u64,
}

/// Writes all pending data to the store, and commits.
pub(super) fn flush(store: &mut Store, pending: &Pending) -> Result<Vec<Stored>, Fault> {
    let mut open = Vec::new();
    let Taken { mut studies, others } = pending.take(|archives| {
        for OpenArchive { ticket, studies, .. } in archives {
            open.push((ticket.clone(), studies.clone()));
            // Records of an earlier run are removed now, and not again when more is added.
            ticket.is_known = false;
        }
    });
    let mut totals = store.file_totals()?;
    let of_studies = studies.iter().flat_map(|(_, study)| &study.files);
    let all = of_studies.chain(others.iter().map(|file| &file.ticket)).chain(open.iter().map(|(ticket, _)| ticket));
    take_out(store, all.filter(|ticket| ticket.is_known).map(|ticket| (ticket.folder, &*ticket.name)), &mut totals)?;
    studies.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut ids = HashMap::new();
    let mut rows = Vec::with_capacity(studies.len());
    for (uid, study) in studies {
        let row = store.study_with(&uid)?;
        ids.insert(uid, row.id);
        rows.push((row, study));
    }
    rows.sort_by_key(|(row, _)| row.id);
    let mut files: Vec<(Ticket, FileRow)> = Vec::new();
    for (row, PendingStudy { segment, files: of_study }) in rows {
        let study = Some(row.id);
        store.append(row, &segment)?;
        files.extend(of_study.into_iter().map(|ticket| row_of(ticket, study, None)));
    }
    for (ticket, studies) in open {
        let studies = studies.iter().map(|uid| id_of(store, &ids, uid)).collect::<Result<_, _>>()?;
        put_open_archive(store, &ticket, State { studies, ..State::default() }, &mut totals)?;
    }
    for OtherFile { ticket, mut state, studies } in others {
        if !ticket.is_known
            && let Some(partial) = store.file(ticket.folder, &ticket.name)?
        {
            totals.add(partial.totals(), -1);
        }
        state.studies = studies.iter().map(|uid| id_of(store, &ids, uid)).collect::<Result<_, _>>()?;
        files.push(row_of(ticket, None, Some(state)));
    }
    let stored = put(store, files, &mut totals)?;
    store.set_file_totals(totals)?;
    store.commit()?;
    Ok(stored)
}

/// Stores an archive that is still being read, without a stamp: if the run ends here, it is read again.
fn put_open_archive(store: &Store, ticket: &Ticket, state: State, totals: &mut FileTotals) -> Result<(), Fault> {
    let row = FileRow { stamp: Vec::new(), study: None, state: Some(state) };
    if ticket.is_known || store.file(ticket.folder, &ticket.name)?.is_none() {
        totals.add(row.totals(), 1);
    }
    store.put_files([(ticket.folder, &*ticket.name, &row)].into_iter())
}

fn row_of(mut ticket: Ticket, study: Option<i64>, state: Option<State>) -> (Ticket, FileRow) {
    let stamp = ticket.stamp.take().map(|stamp| stamp.to_bytes()).unwrap_or_default();
    (ticket, FileRow { stamp, study, state })
}

fn put(store: &Store, mut files: Vec<(Ticket, FileRow)>, totals: &mut FileTotals) -> Result<Vec<Stored>, Fault> {
    files.sort_unstable_by(|(one, _), (other, _)| (one.folder, &one.name).cmp(&(other.folder, &other.name)));
    files.iter().for_each(|(_, row)| totals.add(row.totals(), 1));
    store.put_files(files.iter().map(|(ticket, row)| (ticket.folder, &*ticket.name, row)))?;
    let mut buffer = Vec::new();
    let folders = files.chunk_by(|(one, _), (other, _)| one.folder == other.folder);
    Ok(folders
        .map(|files| {
            let mut sum = ListingDigest::default();
            for (ticket, row) in files {
                sum.add(&ticket.name, |bytes| bytes.extend_from_slice(&row.stamp), &mut buffer);
            }
            let has_stamps = files.iter().all(|(_, row)| !row.stamp.is_empty());
            let new_files = files.iter().filter(|(ticket, _)| !ticket.is_known).count() as u64;
            Stored { folder: files[0].0.folder, files: has_stamps.then_some(sum), new_files }
        })
        .collect())
}

fn id_of(store: &Store, ids: &HashMap<Box<str>, i64>, uid: &str) -> Result<i64, Fault> {
    ids.get(uid).map_or_else(|| Ok(store.study_with(uid)?.id), |id| Ok(*id))
}

/// Removes the records of files from their studies, and the files from the counts.
fn take_out<'n>(
    store: &Store,
    files: impl Iterator<Item = (i64, &'n [u8])>,
    totals: &mut FileTotals,
) -> Result<(), Fault> {
    let mut by_study: BTreeMap<i64, FileKeys> = BTreeMap::new();
    for (folder, name) in files {
        let Some(row) = store.file(folder, name)? else { continue };
        totals.add(row.totals(), -1);
        for study in row.studies() {
            by_study.entry(study).or_default().insert((folder, name.to_vec()));
        }
    }
    by_study.iter().try_for_each(|(study, files)| store.remove(*study, files))
}

/// Removes the files that are marked as gone.
pub(super) fn remove_gone(store: &mut Store) -> Result<(), Fault> {
    loop {
        let select = format!("SELECT folder, name FROM temp.gone LIMIT {GONE_AT_ONCE}");
        let gone: Vec<(i64, Vec<u8>)> = store.rows(&select, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if gone.is_empty() {
            return Ok(());
        }
        let mut totals = store.file_totals()?;
        let folders: BTreeSet<i64> = gone.iter().map(|(folder, _)| *folder).collect();
        folders.iter().try_for_each(|folder| store.forget_digest(*folder))?;
        take_out(store, gone.iter().map(|(folder, name)| (*folder, &**name)), &mut totals)?;
        for (folder, name) in &gone {
            store.delete_file(*folder, name)?;
            store.execute("DELETE FROM temp.gone WHERE folder = ?1 AND name = ?2", rusqlite::params![folder, name])?;
        }
        store.set_file_totals(totals)?;
        store.commit()?;
    }
}
