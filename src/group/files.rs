//! The files of each series, and their sizes, collected only for a catalog.
//!
//! The result does not depend on the order of arrival. If several files have the same instance, the one whose content
//! is in the output counts; of equal ones the smallest, then the first by name.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};

use super::InstanceRecord;
use super::by_uid::hash;

/// Far more than threads, to avoid lock contention.
const SHARDS: usize = 64;

/// Which part of file names is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The common folder of a series' files.
    Folder,
    /// The whole name of each.
    Names,
}

/// The files of all series.
#[derive(Debug)]
pub struct Files {
    keep: Keep,
    shards: Vec<Mutex<HashMap<(u64, u64), SeriesFiles>>>,
}

/// The files of one series.
#[derive(Debug, Default)]
pub struct SeriesFiles {
    folder: Option<String>,
    files: Vec<File>,
}

/// The file of an instance.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    /// The hash of its SOP Instance UID.
    instance: u64,
    /// The rank among files of one instance, as for their contents.
    rank: (bool, u64),
    /// Its size, if known.
    pub bytes: Option<NonZeroU64>,
    /// Its name; `None` where only folders are kept.
    pub name: Option<Box<str>>,
}

impl Files {
    /// No files yet.
    pub fn new(keep: Keep) -> Files {
        Files { keep, shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// Adds the file of an instance.
    pub fn add(&self, record: &InstanceRecord<'_>, bytes: Option<u64>) {
        let key = (hash(record.study_uid), hash(record.series_uid));
        let name = record.name.to_string();
        let file = File {
            instance: hash(record.sop_instance_uid),
            rank: (!record.is_image, record.fingerprint),
            name: (self.keep == Keep::Names).then(|| name.as_str().into()),
            bytes: bytes.and_then(NonZeroU64::new),
        };
        let mut shard = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        shard.entry(key).or_default().add(file, &name);
    }

    /// The files of a series; each series has them once.
    pub fn take(&self, study_uid: &str, series_uid: &str) -> SeriesFiles {
        let key = (hash(study_uid), hash(series_uid));
        let found = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        let mut files = found.unwrap_or_default();
        files.files.sort_unstable();
        files.files.dedup_by_key(|file| file.instance);
        files
    }

    fn shard(&self, (_, series): (u64, u64)) -> &Mutex<HashMap<(u64, u64), SeriesFiles>> {
        &self.shards[(series >> 32) as usize % SHARDS]
    }
}

impl SeriesFiles {
    fn add(&mut self, file: File, name: &str) {
        let folder = self.folder.get_or_insert_with(|| folder_of(name).to_string());
        folder.truncate(common_folder(folder, folder_of(name)));
        self.files.push(file);
    }

    /// The common folder or archive of all files.
    pub fn folder(&self) -> Option<&str> {
        self.folder.as_deref().filter(|folder| !folder.is_empty())
    }

    /// The file of an instance.
    pub fn of(&self, sop_instance_uid: &str) -> Option<&File> {
        let instance = hash(sop_instance_uid);
        let at = self.files.binary_search_by_key(&instance, |file| file.instance).ok()?;
        self.files.get(at)
    }
}

/// The length of the common folder of two folders: `a/b` of `a/b/c` and `a/b/d`.
pub fn common_folder(one: &str, other: &str) -> usize {
    let mut end = 0;
    for (place, part) in
        one.split_inclusive(is_separator).scan(0, |at, part| Some((std::mem::replace(at, *at + part.len()), part)))
    {
        let name = part.trim_end_matches(is_separator);
        let rest = other.get(place..).and_then(|rest| rest.strip_prefix(name));
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(is_separator)) {
            break;
        }
        end = place + name.len().max(usize::from(place == 0));
    }
    end.min(one.len())
}

/// The part before the last separator; for an entry at the top of an archive, the archive.
fn folder_of(name: &str) -> &str {
    let folder = name.rfind(is_separator).map_or("", |at| &name[..at.max(usize::from(at == 0))]);
    folder.strip_suffix('!').unwrap_or(folder)
}

fn is_separator(character: char) -> bool {
    character == '/' || std::path::is_separator(character) && cfg!(windows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::Header;
    use crate::group::Values;
    use crate::name::Name;

    fn added(keep: Keep, all: &[(&str, u64, &str, u64)]) -> SeriesFiles {
        let (files, header) = (Files::new(keep), Header::default());
        for (uid, fingerprint, name, bytes) in all {
            let name = Name::file(*name);
            let record = InstanceRecord {
                study_uid: "1",
                series_uid: "2",
                sop_instance_uid: uid,
                is_image: true,
                number: None,
                fingerprint: *fingerprint,
                kind: 0,
                study_part: 0,
                series_part: 0,
                values: Values::Header(&header),
                name: &name,
            };
            files.add(&record, Some(*bytes));
        }
        files.take("1", "2")
    }

    #[test]
    fn the_folder_of_all_files_is_the_same_in_any_order() {
        for (names, want) in [
            (vec!["a/b/1", "a/b/2"], Some("a/b")),
            (vec!["a/b/1", "a/bc/2"], Some("a")),
            (vec!["a/b/c/1", "a/b/2"], Some("a/b")),
            (vec!["a/1", "b/2"], None),
            (vec!["1", "2"], None),
            (vec!["/1", "/a/2"], Some("/")),
            (vec!["/x/1", "/a/2"], Some("/")),
            (vec!["cd.zip!/IM/1", "cd.zip!/IM/2"], Some("cd.zip!/IM")),
        ] {
            let mut all: Vec<_> = (0..).zip(&names).map(|(at, name)| ("1.1", at, *name, 1)).collect();
            assert_eq!(added(Keep::Folder, &all).folder(), want, "{names:?}");
            all.reverse();
            assert_eq!(added(Keep::Folder, &all).folder(), want, "{names:?}");
        }
    }

    #[test]
    fn an_instance_has_the_file_whose_content_is_in_the_output() {
        let all =
            [("1.1", 9, "a", 10), ("1.1", 3, "z", 20), ("1.1", 3, "x", 30), ("1.1", 3, "y", 20), ("1.2", 1, "b", 40)];
        for turn in 0..all.len() {
            let mut all = all;
            all.rotate_left(turn);
            let files = added(Keep::Names, &all);
            let of = |uid| files.of(uid).map(|file| (file.name.as_deref().unwrap(), file.bytes.unwrap().get()));
            assert_eq!([of("1.1"), of("1.2"), of("1.3")], [Some(("y", 20)), Some(("b", 40)), None]);
            assert!(added(Keep::Folder, &all).of("1.1").unwrap().name.is_none());
        }
    }
}
