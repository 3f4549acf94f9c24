//! Writes new records to the store, and removes deleted files.

use std::collections::{BTreeMap, HashMap};

use super::files::{FileRow, FileTotals};
use super::pending::{FileContent, OpenArchive, Pending, ReadFile, Taken};
use super::state::State;
use super::store::{Fault, Store};
use super::studies::FileKeys;

/// Files removed in one transaction.
const GONE_AT_ONCE: i64 = 20_000;

/// Writes all pending data to the store, and commits.
pub(super) fn flush(store: &mut Store, pending: &Pending) -> Result<(), Fault> {
    let mut open = Vec::new();
    let Taken { mut studies, files } = pending.take(|archives| {
        for OpenArchive { ticket, studies, .. } in archives {
            open.push((ticket.clone(), studies.clone()));
            // Records of an earlier run are removed now, and not again when more is added.
            ticket.is_known = false;
        }
    });
    let mut totals = store.file_totals()?;
    store.forget_digests(files.iter().map(|file| file.folder).chain(open.iter().map(|(ticket, _)| ticket.folder)))?;
    let known = files.iter().filter(|file| file.is_known).map(|file| (file.folder, &*file.name));
    let known = known
        .chain(open.iter().filter(|(ticket, _)| ticket.is_known).map(|(ticket, _)| (ticket.folder, &*ticket.name)));
    take_out(store, known, &mut totals)?;
    studies.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut ids = HashMap::new();
    let mut rows = Vec::with_capacity(studies.len());
    for (uid, segment) in studies {
        let row = store.study_with(&uid)?;
        ids.insert(uid, row.id);
        rows.push((row, segment));
    }
    rows.sort_by_key(|(row, _)| row.id);
    for (row, segment) in rows {
        store.append(row, &segment)?;
    }
    for (ticket, studies) in open {
        let studies = studies.iter().map(|uid| id_of(store, &ids, uid)).collect::<Result<_, _>>()?;
        // Without a stamp: if the run ends here, the archive is read again.
        let row = FileRow { stamp: Vec::new(), study: None, state: Some(State { studies, ..State::default() }) };
        if ticket.is_known || store.file(ticket.folder, &ticket.name)?.is_none() {
            totals.add(row.totals(), 1);
        }
        store.put_file(ticket.folder, &ticket.name, &row)?;
    }
    put(store, files, &ids, &mut totals)?;
    store.set_file_totals(totals)?;
    store.commit()
}

fn put(
    store: &Store,
    mut files: Vec<ReadFile>,
    ids: &HashMap<Box<str>, i64>,
    totals: &mut FileTotals,
) -> Result<(), Fault> {
    files.sort_by(|one, other| (one.folder, &one.name).cmp(&(other.folder, &other.name)));
    for file in files {
        let ReadFile { folder, name, stamp, content, .. } = file;
        let row = match content {
            FileContent::Instance(uid) => FileRow { stamp, study: Some(id_of(store, ids, &uid)?), state: None },
            FileContent::Other(mut state, uids) => {
                state.studies = uids.iter().map(|uid| id_of(store, ids, uid)).collect::<Result<_, _>>()?;
                FileRow { stamp, study: None, state: Some(state) }
            }
        };
        if !file.is_known
            && let Some(partial) = store.file(folder, &name)?.filter(|_| row.state.is_some())
        {
            totals.add(partial.totals(), -1);
        }
        totals.add(row.totals(), 1);
        store.put_file(folder, &name, &row)?;
    }
    Ok(())
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
        let gone: Vec<(i64, Vec<u8>)> = {
            let select = format!("SELECT folder, name FROM temp.gone LIMIT {GONE_AT_ONCE}");
            let mut statement = store.connection.prepare(&select)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        if gone.is_empty() {
            return Ok(());
        }
        let mut totals = store.file_totals()?;
        store.forget_digests(gone.iter().map(|(folder, _)| *folder))?;
        take_out(store, gone.iter().map(|(folder, name)| (*folder, &**name)), &mut totals)?;
        for (folder, name) in &gone {
            store.delete_file(*folder, name)?;
            let mut statement =
                store.connection.prepare_cached("DELETE FROM temp.gone WHERE folder = ?1 AND name = ?2")?;
            statement.execute(rusqlite::params![folder, name])?;
        }
        store.set_file_totals(totals)?;
        store.commit()?;
    }
}
