//! The pages of a search (PS3.18 8.3.4), requested until one has nothing new.
//!
//! Servers may limit pages, so a short page does not end a search: an empty page does, or one with known results only,
//! as from a server that ignores the offset. A page with some known results means that the order changed, and that
//! others may have been missed: then the search is repeated.

use std::collections::HashSet;

use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use super::server::{Failure, Server};
use crate::dicom::json::Instances;
use crate::dicom::value::trim_uid;
use crate::dicom::wanted::TagPath;
use crate::dicom::{Header, Levels, Tag, Wanted};
use crate::error::Error;
use crate::issue::Skip;

/// The number of results requested for a page.
const PAGE: usize = 500;
/// The most results of one search, so that a server without an end does not block the run.
const MAX_FOUND: usize = if cfg!(test) { 2_000 } else { 5_000_000 };

/// The most repetitions of a search.
const MAX_AGAIN: u32 = 3;

/// A study or series that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its UID; empty if the server gives none.
    pub uid: String,
    /// The number of instances according to the server.
    pub instances: Option<u64>,
    /// A hash of the attributes that tell of a change.
    pub hash: u64,
}

/// The attributes that tell of a change of a study, as an added image or a corrected name.
static TELLING: [Tag; 15] = [
    tags::STUDY_INSTANCE_UID,
    tags::NUMBER_OF_STUDY_RELATED_INSTANCES,
    tags::NUMBER_OF_STUDY_RELATED_SERIES,
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::ACCESSION_NUMBER,
    tags::MODALITIES_IN_STUDY,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::TIMEZONE_OFFSET_FROM_UTC,
    tags::STUDY_DESCRIPTION,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::STUDY_ID,
];

/// The attributes of a series.
static OF_SERIES: [Tag; 2] = [tags::SERIES_INSTANCE_UID, tags::NUMBER_OF_SERIES_RELATED_INSTANCES];

/// A search in progress.
pub(super) struct Pages {
    path: String,
    level: Level,
    offset: usize,
    /// Hashes of all UIDs of this search.
    seen: HashSet<u64>,
    /// Those of earlier searches, if the search is repeated.
    seen_before: HashSet<u64>,
    /// The first page, if it was received.
    first: Option<Vec<Found>>,
    /// Repetitions so far.
    again: u32,
    /// Whether a page had some known results.
    is_shifted: bool,
    ended: bool,
}

/// The level of a search, by its attributes.
#[derive(Debug, Clone, Copy)]
struct Level {
    uid: Tag,
    instances: Tag,
}

const STUDIES: Level = Level { uid: tags::STUDY_INSTANCE_UID, instances: tags::NUMBER_OF_STUDY_RELATED_INSTANCES };
const SERIES: Level = Level { uid: tags::SERIES_INSTANCE_UID, instances: tags::NUMBER_OF_SERIES_RELATED_INSTANCES };

impl Pages {
    /// A search for studies; its first page is requested at once.
    pub fn first(server: &Server, path: &str, query: &str) -> Result<Pages, Error> {
        let separator = if query.is_empty() { "" } else { "&" };
        let mut pages = Pages::new(format!("{path}?{query}{separator}"), STUDIES);
        let body = server.get(&pages.request())?.map_err(|failure| {
            server.error(&format!("it does not answer a search for studies: {}", failure.reason()))
        })?;
        let found = found(&body, pages.level)
            .map_err(|why| server.error(&format!("its answer to a search for studies is no DICOM JSON: {why}")))?;
        pages.first = Some(found);
        Ok(pages)
    }

    /// A search for the series of a study.
    pub fn of_series(study: &str) -> Pages {
        Pages::new(format!("{study}/series?"), SERIES)
    }

    fn new(path: String, level: Level) -> Pages {
        Pages {
            path,
            level,
            offset: 0,
            seen: HashSet::new(),
            seen_before: HashSet::new(),
            first: None,
            again: 0,
            is_shifted: false,
            ended: false,
        }
    }

    fn request(&self) -> String {
        let Level { instances: Tag(group, element), .. } = self.level;
        format!("{}includefield={group:04X}{element:04X}&limit={PAGE}&offset={}", self.path, self.offset)
    }

    /// Whether it is for all studies of the server.
    pub fn are_all(&self) -> bool {
        self.path.ends_with('?')
    }

    /// The address of the next page.
    pub fn address(&self, server: &Server) -> String {
        format!("{}/{}", server.base(), self.request())
    }

    /// The new results of the next page with any; an error ends the search.
    pub fn next(&mut self, server: &Server) -> Option<Result<Vec<Found>, String>> {
        while !self.ended {
            let result = self.page(server).and_then(|page| self.take(page));
            self.ended |= result.is_err();
            if !matches!(&result, Ok(new) if new.is_empty()) {
                return Some(result);
            }
        }
        None
    }

    /// The next page; empty after the last one.
    fn page(&mut self, server: &Server) -> Result<Vec<Found>, String> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        match server.get_one(&self.request()) {
            // Some servers have no empty pages.
            Err(Failure::Gone) if self.offset > 0 => Ok(Vec::new()),
            answer => found(&answer.map_err(Failure::reason)?, self.level),
        }
    }

    /// The new results of a page.
    fn take(&mut self, page: Vec<Found>) -> Result<Vec<Found>, String> {
        let (count, is_later) = (page.len(), self.offset > 0);
        let is_known = page.iter().any(|found| self.seen.contains(&hash_of(found)));
        let mut fresh: Vec<Found> = page.into_iter().filter(|found| self.seen.insert(hash_of(found))).collect();
        self.offset += count;
        self.is_shifted |= is_known && !fresh.is_empty();
        if self.seen.len() > MAX_FOUND {
            return Err(format!("the search finds more than {MAX_FOUND}: give --query for a part of them"));
        }
        if fresh.is_empty() {
            self.end(is_later && count == PAGE)?;
        }
        fresh.retain(|found| !self.seen_before.contains(&hash_of(found)));
        Ok(fresh)
    }

    /// Ends or repeats the search at a page without new results, which may be a full one.
    fn end(&mut self, is_full: bool) -> Result<(), String> {
        if !std::mem::take(&mut self.is_shifted) {
            self.ended = true;
            let again = "the server gives the same page again: what comes behind it was not delivered";
            return if is_full { Err(again.to_string()) } else { Ok(()) };
        }
        if self.again >= MAX_AGAIN {
            return Err("the pages of the search overlap each time: some may be missing".to_string());
        }
        self.seen_before.extend(self.seen.drain());
        (self.again, self.offset) = (self.again + 1, 0);
        Ok(())
    }
}

fn hash_of(found: &Found) -> u64 {
    if found.uid.is_empty() { found.hash } else { xxh3_64(found.uid.as_bytes()) }
}

/// The results of a page.
fn found(body: &[u8], level: Level) -> Result<Vec<Found>, String> {
    let paths = OF_SERIES.iter().chain(&TELLING).map(|tag| (std::slice::from_ref(tag) as TagPath, Levels::NONE));
    let wanted = Wanted::new(paths, |_| Tag(0xFFFF, 0xFFFF));
    let (mut header, mut source, mut all) = (Header::default(), body, Vec::new());
    let mut instances = Instances::new(&mut source);
    while let Some(result) = instances.next(&wanted, &mut header) {
        match result {
            Ok(()) | Err(Skip::NotDicom) => all.push(one(&header, level)),
            Err(skip) => return Err(skip.to_string()),
        }
    }
    Ok(all)
}

fn one(header: &Header, level: Level) -> Found {
    let text = |tag| std::str::from_utf8(trim_uid(header.root().bytes(tag).unwrap_or_default())).unwrap_or_default();
    Found { uid: text(level.uid).to_string(), instances: text(level.instances).parse().ok(), hash: hash(header) }
}

fn hash(header: &Header) -> u64 {
    let mut hasher = Xxh3Default::new();
    for tag in &TELLING {
        let value = header.root().bytes(*tag).unwrap_or_default();
        hasher.update(&(value.len() as u64).to_le_bytes());
        hasher.update(value);
    }
    hasher.digest()
}
