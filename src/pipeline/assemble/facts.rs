//! Facts across studies, collected before any is written: numbers used by several patients, contradictions about a
//! patient, series and instances that occur in several studies, and whether the scans are complete.

use std::collections::BTreeSet;

use super::studies::LineVisitor;
use super::whole::{OfStudy, Scans};
use crate::error::{Error, usage};
use crate::fhir::{Claim, Described, Fact};
use crate::group::fragment::{InstanceUid, Malformed, Outline, key_hash, parse};
use crate::group::reader::Selections;
use crate::group::{Across, repeated, said};
use crate::mapping::Options;
use crate::options::Share;

/// Facts collected from all studies.
#[derive(Debug)]
pub struct Facts<'o> {
    options: &'o Options,
    selections: Selections,
    wanted: [u64; 2],
    /// The partition that is written.
    own: Share,
    /// Whether the current studies are written; of the others only what they share is recorded.
    is_own: bool,
    claims: Vec<Claim>,
    described: Vec<(Box<str>, Described)>,
    series: Vec<u64>,
    instances: Vec<u64>,
    series_elsewhere: BTreeSet<u64>,
    instances_elsewhere: BTreeSet<u64>,
    scans: Scans,
    /// The number of studies to write.
    pub studies: usize,
}

/// The current study, and its lines.
type Open = (Outline, OfStudy);

/// The facts across the studies.
#[derive(Debug)]
pub struct Found {
    /// Numbers and contradictions, by index into `contradicting`.
    pub across: Across,
    /// The studies that can contradict others.
    pub contradicting: Vec<Box<str>>,
    /// Hashes of series that occur in several studies.
    pub series: Vec<u64>,
    /// Hashes of instances that occur in several places.
    pub instances: Vec<u64>,
    /// Those of them that also occur in studies of other partitions.
    pub instances_elsewhere: Vec<u64>,
    /// Whether there are any shared numbers.
    pub has_claims: bool,
    /// Which lines of the scans came.
    pub scans: Scans,
}

impl<'o> Facts<'o> {
    /// No facts yet.
    pub fn new(options: &'o Options, selections: Selections, wanted: [u64; 2], own: Share) -> Facts<'o> {
        Facts {
            options,
            selections,
            wanted,
            own,
            is_own: true,
            claims: Vec::new(),
            described: Vec::new(),
            series: Vec::new(),
            instances: Vec::new(),
            series_elsewhere: BTreeSet::new(),
            instances_elsewhere: BTreeSet::new(),
            scans: Scans::default(),
            studies: 0,
        }
    }

    /// The following studies are of other partitions.
    pub fn others_come(&mut self) {
        self.is_own = false;
        self.series.sort_unstable();
        self.instances.sort_unstable();
    }

    /// Whether there is a study here, or one that the scans counted.
    pub fn has_studies(&self) -> bool {
        self.studies > 0 || self.scans.have_studies()
    }

    /// The facts across all studies.
    pub fn finish(mut self) -> Found {
        self.series.sort_unstable();
        self.instances.sort_unstable();
        self.described.sort_by(|one, other| one.0.cmp(&other.0));
        let (contradicting, described): (Vec<Box<str>>, Vec<Described>) = self.described.into_iter().unzip();
        let described = described.into_iter().enumerate().map(|(place, described)| described.at(place)).collect();
        let join = |sorted: &[u64], elsewhere: &BTreeSet<u64>| -> Vec<u64> {
            let all: BTreeSet<u64> = repeated(sorted).into_iter().chain(elsewhere.iter().copied()).collect();
            all.into_iter().collect()
        };
        let has_claims = !self.claims.is_empty();
        let mut across = Across::among(self.claims, described);
        let own = self.own;
        across.contradictions.retain(|(place, _): &(usize, Fact)| {
            contradicting.get(*place).is_some_and(|uid| own.has(key_hash(&crate::group::fragment::key(uid))))
        });
        Found {
            across,
            contradicting,
            series: join(&self.series, &self.series_elsewhere),
            instances: join(&self.instances, &self.instances_elsewhere),
            instances_elsewhere: self.instances_elsewhere.into_iter().collect(),
            has_claims,
            scans: self.scans,
        }
    }
}

impl LineVisitor for Facts<'_> {
    type Open = Open;

    fn open(&mut self, study_uid: &str) -> Open {
        (Outline::new(study_uid), OfStudy::default())
    }

    fn has(&mut self, (outline, _): &mut Open, json: &[u8]) -> bool {
        outline.has(json)
    }

    fn line(&mut self, (outline, lines): &mut Open, json: &[u8]) -> Result<(), Malformed> {
        let unit = parse::<InstanceUid<'_>>(json, self.wanted)?;
        lines.see(unit.run(), unit.place());
        outline.add(unit, self.options, self.selections)
    }

    fn close(&mut self, (outline, lines): Open, key: &str) -> Result<(), Error> {
        if self.is_own && !self.own.has(key_hash(key)) {
            return usage("lines of another partition stand in the files of this one: scan again");
        }
        self.scans.study(key, &lines);
        let Some((mut study, placed)) = outline.finish() else { return Ok(()) };
        let (claims, described) = said(0, &mut study, self.options);
        self.claims.extend(claims);
        self.described.extend(described.map(|described| (study.uid.clone(), described)));
        let series = study.series_uids().map(|uid| xxhash_rust::xxh3::xxh3_64(uid.as_bytes()));
        if self.is_own {
            self.studies += 1;
            self.series.extend(series);
            self.instances.extend(placed.iter().map(|(_, instance)| *instance));
            return Ok(());
        }
        let known = |sorted: &[u64], hash: u64| sorted.binary_search(&hash).is_ok();
        self.series_elsewhere.extend(series.filter(|hash| known(&self.series, *hash)));
        let instances = placed.iter().map(|(_, instance)| *instance);
        self.instances_elsewhere.extend(instances.filter(|hash| known(&self.instances, *hash)));
        Ok(())
    }

    fn other(&mut self, json: &[u8]) -> Result<(), Malformed> {
        let unit = parse::<InstanceUid<'_>>(json, self.wanted)?;
        match unit.end() {
            Some(end) => self.scans.end(unit.run(), end),
            None => self.scans.skipped(unit.run(), json),
        }
        Ok(())
    }
}
