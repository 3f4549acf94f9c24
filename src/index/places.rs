//! SOP and Series Instance UIDs that occur in several places, found by hashes in several passes, so that memory does
//! not grow with the archive. The result is stored: the next run looks only for the UIDs of studies that changed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::Index;
use super::segment::Packed;
use super::store::{Fault, Store};
use crate::error::Error;
use crate::group::SeveralPlaces;

/// Hashes in memory at a time: 16 MiB.
const HELD_HASHES: u64 = 2 << 20;

/// The key of the result in `meta`.
const KEY: &str = "several places";

/// UIDs that occur in several places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Several {
    /// SOP Instance UIDs, each with the studies and series that have it.
    pub instances: Vec<SeveralPlaces>,
    /// Series, each with its study, that occur in several studies.
    pub series: Vec<(String, String)>,
}

impl Index {
    /// Finds UIDs that occur in several places in the index.
    pub fn several_places(&self) -> Result<Several, Error> {
        self.with(|store| {
            let (known, changed) = (kept(store)?, changed(store)?);
            let sought = match known {
                Some(known) if changed.is_empty() => return Ok(known),
                Some(known) => Sought::of(store, &known, &changed)?,
                None => None,
            };
            let (instances, series) = repeated(store, sought.as_ref())?;
            let found = match instances.is_empty() && series.is_empty() {
                true => Several::default(),
                false => named(store, &instances, &series)?,
            };
            keep(store, &found)?;
            Ok(found)
        })
    }
}

/// The result of an earlier run.
fn kept(store: &Store) -> Result<Option<Several>, Fault> {
    store.meta::<Vec<u8>>(KEY)?.map(|kept| serde_json::from_slice(&kept).map_err(|_| Fault::Damaged)).transpose()
}

/// Stores the result, and marks the studies as searched.
fn keep(store: &Store, found: &Several) -> Result<(), Fault> {
    let bytes = serde_json::to_vec(found).expect("text is always JSON");
    store.set_meta(KEY, bytes)?;
    store.execute("UPDATE study SET placed = digest WHERE placed IS NOT digest", []).map(drop)
}

/// The studies that changed since, each with the number of its records.
fn changed(store: &Store) -> Result<Vec<(i64, u64)>, Fault> {
    let select = "SELECT id, records FROM study WHERE placed IS NOT digest";
    store.rows(select, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))
}

/// The hashes of the SOP Instance UIDs that may occur in several series now: those that did, and those of studies that
/// changed.
struct Sought(HashSet<u64>);

impl Sought {
    /// `None` where they are so many that all are looked for.
    fn of(store: &Store, known: &Several, changed: &[(i64, u64)]) -> Result<Option<Sought>, Fault> {
        if changed.iter().map(|(_, records)| records).sum::<u64>() > HELD_HASHES {
            return Ok(None);
        }
        let known = known.instances.iter().map(|several| xxh3_64(several.sop_instance_uid.as_bytes()));
        let mut hashes: HashSet<u64> = known.collect();
        for (study, _) in changed {
            for (_, bytes) in store.segments(*study)? {
                let all = Packed::open(&bytes).and_then(|packed| {
                    packed.for_each(|record, _| {
                        hashes.insert(xxh3_64(record.sop_instance_uid.as_bytes()));
                    })
                });
                all.ok_or(Fault::Damaged)?;
            }
        }
        Ok(Some(Sought(hashes)))
    }
}

/// The hashes of SOP Instance UIDs, all or those that are sought, that occur in more than one record, and of series
/// that occur in more than one study. Each pass finds the hashes with one remainder.
fn repeated(store: &Store, sought: Option<&Sought>) -> Result<(HashSet<u64>, HashSet<u64>), Fault> {
    let records: i64 = store.one("SELECT coalesce(sum(records), 0) FROM study", [], |row| row.get(0))?;
    let passes = if sought.is_some() { 1 } else { records as u64 / HELD_HASHES + 1 };
    // Of each series one for each study, so that segments of one study do not count twice.
    let (mut instances, mut series) = (HashSet::new(), Vec::new());
    for pass in 0..passes {
        let mut held: Vec<u64> = Vec::new();
        store.each_segment(|study, packed| {
            if pass == 0 {
                series.extend(packed.series().map(|uid| (xxh3_64(uid.as_bytes()), study)));
            }
            packed.for_each(|record, _| {
                let hash = xxh3_64(record.sop_instance_uid.as_bytes());
                if hash % passes == pass && sought.is_none_or(|sought| sought.0.contains(&hash)) {
                    held.push(hash);
                }
            })
        })?;
        held.sort_unstable();
        instances.extend(held.chunk_by(|one, other| one == other).filter(|run| run.len() > 1).map(|run| run[0]));
    }
    series.sort_unstable();
    series.dedup();
    let series = series.chunk_by(|(one, _), (other, _)| one == other).filter(|run| run.len() > 1);
    Ok((instances, series.map(|run| run[0].0).collect()))
}

/// The UIDs of hashes, and their places.
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
