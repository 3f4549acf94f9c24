//! SOP and Series Instance UIDs that stand in several places: found by hashes, so many at a time, so that memory does not
//! grow with the archive.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::Index;
use super::store::{Fault, Store};
use crate::error::Error;
use crate::group::SeveralPlaces;

/// Hashes that are held at a time: 16 MiB.
const HELD_HASHES: u64 = 2 << 20;

/// What stands in several places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Several {
    /// SOP Instance UIDs, each with the studies and series that have it.
    pub instances: Vec<SeveralPlaces>,
    /// Series, each with its study, that stand in several studies.
    pub series: Vec<(String, String)>,
}

impl Index {
    /// Finds what stands in several places, in all of the index.
    pub fn several_places(&self) -> Result<Several, Error> {
        self.with(|store| {
            let (instances, series) = (repeated_instances(store)?, repeated_series(store)?);
            if instances.is_empty() && series.is_empty() {
                return Ok(Several::default());
            }
            named(store, &instances, &series)
        })
    }
}

/// The hashes of SOP Instance UIDs that stand in more than one series. A pass finds those of one residue.
fn repeated_instances(store: &Store) -> Result<HashSet<u64>, Fault> {
    let records = store.connection.query_row("SELECT coalesce(sum(records), 0) FROM study", [], |row| row.get(0));
    let passes = (records.map(|records: i64| records as u64)? / HELD_HASHES) + 1;
    let mut repeated = HashSet::new();
    for pass in 0..passes {
        let mut held: Vec<u64> = Vec::new();
        store.each_segment(|_, packed| {
            packed.for_each(|record, _| {
                let hash = xxh3_64(record.sop_instance_uid.as_bytes());
                if hash % passes == pass {
                    held.push(hash);
                }
            })
        })?;
        held.sort_unstable();
        repeated.extend(held.chunk_by(|one, other| one == other).filter(|run| run.len() > 1).map(|run| run[0]));
    }
    Ok(repeated)
}

fn repeated_series(store: &Store) -> Result<HashSet<u64>, Fault> {
    // One for each study, so that segments of one study do not count twice.
    let mut seen: Vec<(u64, i64)> = Vec::new();
    store.each_segment(|study, packed| {
        seen.extend(packed.series().map(|uid| (xxh3_64(uid.as_bytes()), study)));
        Some(())
    })?;
    seen.sort_unstable();
    seen.dedup();
    Ok(seen.chunk_by(|one, other| one.0 == other.0).filter(|run| run.len() > 1).map(|run| run[0].0).collect())
}

/// The UIDs behind the hashes, and where they stand.
fn named(store: &Store, instances: &HashSet<u64>, series: &HashSet<u64>) -> Result<Several, Fault> {
    let mut places: BTreeMap<String, BTreeSet<(i64, String)>> = BTreeMap::new();
    let mut series_places: BTreeSet<(String, i64)> = BTreeSet::new();
    store.each_segment(|study, packed| {
        let repeated = packed.series().filter(|uid| series.contains(&xxh3_64(uid.as_bytes())));
        series_places.extend(repeated.map(|uid| (uid.to_string(), study)));
        packed.for_each(|record, _| {
            if instances.contains(&xxh3_64(record.sop_instance_uid.as_bytes())) {
                let places = places.entry(record.sop_instance_uid.to_string()).or_default();
                places.insert((study, record.series_uid.to_string()));
            }
        })
    })?;
    places.retain(|_, places| places.len() > 1);
    let ids: BTreeSet<i64> = places.values().flatten().chain(&[]).map(|(study, _)| *study).collect();
    let uids = store.uids(ids.into_iter().chain(series_places.iter().map(|(_, study)| *study)))?;
    let uid = |study: &i64| uids.get(study).cloned().unwrap_or_default();
    let instances = places.into_iter().map(|(sop_instance_uid, places)| {
        let mut places: Vec<(String, String)> =
            places.into_iter().map(|(study, series)| (uid(&study), series)).collect();
        places.sort();
        SeveralPlaces { sop_instance_uid, places }
    });
    Ok(Several {
        instances: instances.collect(),
        series: series_places.iter().map(|(series, study)| (uid(study), series.clone())).collect(),
    })
}
