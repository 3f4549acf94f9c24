//! What was left out. (A sketch that the report's own branch replaces.)
#![allow(missing_docs)]
use crate::error::Error;
use crate::fhir::ResourceType;
use crate::issue::{Issue, Skip};
use crate::source::Name;
use crate::study::SettledStudy;
use std::collections::BTreeMap;
use std::sync::Mutex;
#[derive(Default, Debug)]
pub struct Report {
    skips: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<String, u64>>,
    loss: std::sync::atomic::AtomicBool,
}
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    pub name: Option<&'a Name>,
    pub study: Option<&'a str>,
    pub series: Option<&'a str>,
    pub instance: Option<&'a str>,
}
impl<'a> Place<'a> {
    pub fn file(name: &'a Name) -> Place<'a> {
        Place { name: Some(name), ..Place::default() }
    }
}
impl Report {
    pub fn open() -> Result<Report, Error> {
        Ok(Report::default())
    }
    pub fn skip(&self, name: &Name, skip: &Skip) {
        if skip.is_loss() {
            self.loss.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.skips.lock().expect("x").push(format!("{name}: {skip}"));
        *self.counts.lock().expect("x").entry(format!("skip {skip}")).or_default() += 1;
    }
    pub fn issue(&self, place: Place<'_>, issue: &Issue) {
        let _ = place;
        *self.counts.lock().expect("x").entry(format!("issue {} {}", issue.element, issue.reason)).or_default() += 1;
    }
    pub fn taken(&self) {
        *self.counts.lock().expect("x").entry("taken".into()).or_default() += 1;
    }
    pub fn written(&self, s: &SettledStudy<'_>) {
        let mut c = self.counts.lock().expect("x");
        *c.entry("studies".into()).or_default() += 1;
        *c.entry("series".into()).or_default() += s.series.len() as u64;
        *c.entry("instances".into()).or_default() += s.series.iter().map(|s| s.number_of_instances as u64).sum::<u64>();
    }
    pub fn conflict(&self, _: Place<'_>) {
        self.loss.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    pub fn contradicted(&self, _: ResourceType, _: &str) {}
    pub fn name_taken(&self, _: &str) {}
    pub fn elsewhere(&self, _: &str, _: &str, _: &str) {}
    pub fn finish(self) -> Result<u8, Error> {
        for s in self.skips.into_inner().expect("x") {
            eprintln!("{s}");
        }
        eprintln!("{:#?}", self.counts.into_inner().expect("x"));
        Ok(self.loss.into_inner() as u8)
    }
}
