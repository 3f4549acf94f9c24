//! Facts that studies are compared by. They are stored in the index, so that only new and changed studies are loaded to
//! find out which others must be written again.

use std::collections::{HashMap, HashSet};

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use super::Night;
use super::chunk::Held;
use crate::error::Error;
use crate::fhir::{Claim, Contested, Described, Fact};
use crate::group::{Across, Rejections, rejected_by, said};
use crate::pipeline::write;

/// Records of studies that are kept in memory until they are written.
const HELD_RECORDS: u64 = 250_000;

/// What a study says that others may contradict or claim as well.
#[derive(Debug, Default, Serialize, Deserialize)]
struct StudyFacts {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<Claim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    described: Option<Described>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rejects: Vec<[Box<str>; 3]>,
}

/// The result of comparing all studies.
#[derive(Default)]
pub(super) struct Compared {
    pub contested: Contested,
    pub rejections: Rejections,
    /// Unchanged studies that must be written again, as others say something new about them.
    pub others: Vec<i64>,
}

impl Night<'_> {
    /// Stores the facts of these studies, and keeps the studies in memory that there is room for.
    pub(super) fn store_facts(&self, studies: &[i64], held: &mut Held) -> Result<(), Error> {
        let options = self.options();
        for chunk in self.chunks(studies)? {
            let keeps = !held.is_full && held.records + chunk.records <= HELD_RECORDS;
            held.is_full |= !keeps;
            let mut some = if keeps { self.studies(&chunk)? } else { self.studies_in_silence(&chunk)? };
            let numbers: HashMap<String, i64> = self.index.study_numbers(&chunk.studies)?.into_iter().collect();
            let facts: Vec<(i64, Vec<u8>)> = some
                .par_iter_mut()
                .map(|study| {
                    let (claims, described) = said(0, study, options);
                    let facts = StudyFacts { claims, described, rejects: rejected_by(study) };
                    let bytes = serde_json::to_vec(&facts).expect("text and numbers are always JSON");
                    (numbers.get(&*study.uid).copied().unwrap_or_default(), bytes)
                })
                .collect();
            self.index.set_facts(self.target, &facts)?;
            if keeps {
                held.records += chunk.records;
                held.chunks.push_back(some);
            }
            self.run.interrupt.check()?;
        }
        Ok(())
    }

    /// Compares all studies by their stored facts.
    pub(super) fn compare(&self, changed: &[i64]) -> Result<Compared, Error> {
        if changed.is_empty() && self.is_as_before()? {
            let stored = self.index.contradictions(self.target)?;
            self.note_contradictions(&serde_json::from_slice::<Vec<_>>(&stored).unwrap_or_default());
            return Ok(Compared::default());
        }
        let (Across { contested, contradictions }, rejections) = self.across()?;
        let (mut sums, mut uids, mut place) = (Vec::new(), Vec::new(), 0);
        self.index.each_facts(self.target, |study, uid, bytes, before| {
            let Some(facts) = facts(bytes) else { return false };
            let sum = contested.sum(&facts.claims).wrapping_add(rejections.sum(uid));
            sums.extend((before != Some(sum)).then_some((study, sum)));
            uids.extend(contradictions.iter().filter(|(at, _)| *at == place).map(|(_, fact)| (uid.to_string(), *fact)));
            place += 1;
            true
        })?;
        self.note_contradictions(&uids);
        let stored = serde_json::to_vec(&uids).expect("text is always JSON");
        self.index.set_contradictions(self.target, &stored)?;
        // Before the new sums are stored, so that after a kill in between the studies are written all the same.
        let mut others: Vec<i64> = sums.iter().map(|(study, _)| *study).collect();
        self.index.distrust(self.target, &others)?;
        self.index.set_across(self.target, &sums)?;
        let changed: HashSet<i64> = changed.iter().copied().collect();
        others.retain(|study| !changed.contains(study));
        Ok(Compared { contested, rejections, others })
    }

    /// What holds across all studies by their stored facts, and what their notes reject.
    fn across(&self) -> Result<(Across, Rejections), Error> {
        let (mut claims, mut described, mut rejections) = (Vec::new(), Vec::new(), Rejections::default());
        let applies = self.run.job.config.content.apply_rejections;
        let looks = self.run.job.config.content.subject.is_none();
        let mut place = 0;
        self.index.each_facts(self.target, |_, _, bytes, _| {
            let Some(facts) = facts(bytes) else { return false };
            if looks {
                claims.extend(facts.claims);
                described.extend(facts.described.map(|described| described.at(place)));
            }
            if applies {
                facts.rejects.iter().for_each(|[study, series, uid]| rejections.add(study, series, uid));
            }
            place += 1;
            true
        })?;
        Ok((Across::among(claims, described), rejections))
    }

    fn note_contradictions(&self, all: &[(String, Fact)]) {
        all.iter().for_each(|(uid, fact)| write::note_contradiction(self.run.report, uid, *fact));
    }
}

fn facts(bytes: &[u8]) -> Option<StudyFacts> {
    if bytes.is_empty() { Some(StudyFacts::default()) } else { serde_json::from_slice(bytes).ok() }
}
