//! `dcm2fhir index`: checks, describes and shrinks an index.

use std::collections::HashMap;
use std::path::Path;

use super::segment::Packed;
use super::store::{Fault, Store, failed};
use crate::error::Error;

/// Statistics of an index: names and values, in order.
pub type Statistics = Vec<(String, String)>;

/// Checks the integrity of an index.
pub fn check(path: &Path) -> Result<Statistics, Error> {
    let store = Store::existing(path)?;
    let sound: String = store.check(store.one("PRAGMA integrity_check(1)", [], |row| row.get(0)))?;
    let checked = store.check(studies_that_differ(&store))?;
    let lost = store.check(files_without_records(&store))?;
    if sound != "ok" || checked > 0 || lost > 0 {
        let advice = "it is damaged: remove it, and the next run reads everything again";
        return Err(failed(
            path,
            &format!("{advice} ({sound}; studies that differ: {checked}; files without records: {lost})"),
        ));
    }
    stats_of(path, &store)
}

/// Statistics of an index.
pub fn stats(path: &Path) -> Result<Statistics, Error> {
    stats_of(path, &Store::existing(path)?)
}

/// Frees the space of deleted entries.
pub fn vacuum(path: &Path) -> Result<Statistics, Error> {
    let store = Store::existing(path)?;
    let done = store.connection.execute_batch("COMMIT; VACUUM; PRAGMA wal_checkpoint(TRUNCATE); BEGIN EXCLUSIVE");
    store.check(done.map_err(Fault::from))?;
    stats_of(path, &store)
}

/// The number of studies whose records do not match their checksum.
fn studies_that_differ(store: &Store) -> Result<usize, Fault> {
    let mut sums: HashMap<i64, (i64, i64)> = HashMap::new();
    store.each_row("SELECT id, records, digest FROM study WHERE records > 0", [], |row| {
        sums.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
        Ok(())
    })?;
    store.each_segment(|study, packed: &Packed<'_>| {
        let (records, digest) = sums.entry(study).or_default();
        packed.for_each(|record, _| {
            *records -= 1;
            *digest = digest.wrapping_sub(record.digest() as i64);
        })
    })?;
    Ok(sums.values().filter(|left| **left != (0, 0)).count())
}

fn files_without_records(store: &Store) -> Result<i64, Fault> {
    let select = "SELECT count(*) FROM file LEFT JOIN study ON study.id = file.study
                  WHERE file.study IS NOT NULL AND coalesce(records, 0) = 0 AND stamp <> x'00'";
    store.one(select, [], |row| row.get(0))
}

fn stats_of(path: &Path, store: &Store) -> Result<Statistics, Error> {
    let number = |select: &str| store.check(store.one(select, [], |row| row.get::<_, i64>(0)));
    let totals = store.check(store.file_totals())?;
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let per_file = bytes / u64::try_from(totals.files.max(1)).unwrap_or(1);
    let lines = [
        ("folders", number("SELECT count(*) FROM folder")?.to_string()),
        ("files", totals.files.to_string()),
        ("DICOM files", totals.dicom_files.to_string()),
        ("instances", number("SELECT coalesce(sum(records), 0) FROM study")?.to_string()),
        ("studies", number("SELECT count(*) FROM study WHERE records > 0")?.to_string()),
        ("studies whose files are gone", number("SELECT count(*) FROM study WHERE records = 0")?.to_string()),
        ("targets", number("SELECT count(*) FROM target")?.to_string()),
        ("bytes", bytes.to_string()),
        ("bytes a file", per_file.to_string()),
        (
            "free bytes",
            number("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")?.to_string(),
        ),
    ];
    let mut lines: Vec<(String, String)> = lines.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let places = store.rows("SELECT place FROM target ORDER BY place", [], |row| Ok(("target".into(), row.get(0)?)));
    lines.extend(store.check(places)?);
    Ok(lines)
}
