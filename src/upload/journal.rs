//! The journal: the result of each resource, in an append-only file, so that a later run sends only what is new,
//! changed or failed.
//!
//! The lines of a study are written together and synced to disk before the next study is sent. A killed run leaves at
//! most one truncated line, which the next run removes and reports. The file is locked while a run uses it. A damaged
//! line elsewhere ends the run, because it could be the one that forbids sending something twice.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::package::Entry;
use crate::error::Error;
use crate::options::FileMode;

/// The recorded result of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The server accepted it.
    Accepted,
    /// The server has it, or another version that was kept.
    Present,
    /// It was rejected, by the server or before sending.
    Rejected,
    /// It was sent with unknown result, and must not be sent twice.
    Unknown,
}

/// The journal of the uploads to one server.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    past: LastWords,
    cut_bytes: u64,
    /// Hashes of the names of this run's studies.
    met: Mutex<HashSet<u64>>,
}

/// The last record of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past<'j> {
    /// Whether the same content was sent.
    pub is_same: bool,
    /// The result.
    pub fate: Fate,
    /// The server's reference, if it differs from ours.
    pub reference: Option<&'j str>,
}

/// The last record of each resource, in 16 bytes, as there may be many millions. Name and content are compared together
/// by half of their hashes.
#[derive(Debug, Default)]
struct LastWords {
    /// Hash of the name, and hash of the content with the result in its last two bits; sorted by name.
    known: Vec<(u64, u64)>,
    /// References of the server that differ from ours.
    references: HashMap<u64, Box<str>>,
}

/// Results by their two bits.
const FATES: [Fate; 4] = [Fate::Accepted, Fate::Present, Fate::Rejected, Fate::Unknown];

impl LastWords {
    fn add(&mut self, line: &Line<'_>) -> Option<()> {
        let hash = u128::from_str_radix(&line.hash, 16).ok()?;
        let name = xxh3_64(line.resource.as_bytes());
        self.known.push((name, content(hash) | line.outcome as u64));
        match &line.reference {
            Some(reference) => drop(self.references.insert(name, (&**reference).into())),
            None => drop(self.references.remove(&name)),
        }
        Some(())
    }

    /// Keeps the last record of each resource.
    fn finish(&mut self) {
        self.known.reverse();
        self.known.sort_by_key(|(name, _)| *name);
        self.known.dedup_by_key(|(name, _)| *name);
        self.known.shrink_to_fit();
    }

    fn of(&self, name: u64, hash: u128) -> Option<Past<'_>> {
        let place = self.known.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        let known = self.known[place].1;
        let reference = self.references.get(&name).map(|reference| &**reference);
        Some(Past { is_same: known & !3 == content(hash), fate: FATES[(known & 3) as usize], reference })
    }
}

/// Half of a hash, without the bits of the result.
fn content(hash: u128) -> u64 {
    hash as u64 & !3
}

#[derive(Serialize, Deserialize)]
struct Header {
    journal: u32,
    to: String,
}

#[derive(Serialize, Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    resource: Cow<'l, str>,
    hash: String,
    outcome: Fate,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'l, str>>,
}

impl Journal {
    /// Opens or creates the journal, locks it, and removes a truncated line. A journal of another server is an error.
    pub fn open(path: &Path, base: &str) -> Result<Journal, Error> {
        let failed = |source| Error::Write { path: path.to_path_buf(), source };
        let unusable = |reason: &str| Error::Usage(format!("{} {reason}", path.display()));
        let mut file = options().open(path).map_err(failed)?;
        lock(&file).map_err(|reason| unusable(&reason))?;
        let (past, whole_bytes) = read(&file, base).map_err(failed)?.map_err(|reason| unusable(&reason))?;
        let cut_bytes = file.metadata().map_err(failed)?.len().saturating_sub(whole_bytes);
        file.set_len(whole_bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if whole_bytes == 0 {
            file.write_all(header(base).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(Journal { path: path.to_path_buf(), file: Mutex::new(file), past, cut_bytes, met: Mutex::default() })
    }

    /// Gives the file these permissions.
    pub fn with_mode(self, mode: FileMode) -> Result<Journal, Error> {
        let given = mode.apply(&self.file.lock().unwrap_or_else(PoisonError::into_inner));
        given.map_err(|source| Error::Write { path: self.path.clone(), source })?;
        Ok(self)
    }

    /// A message about a repair of the file, if any.
    pub fn mended(&self) -> Option<String> {
        let path = self.path.display();
        (self.cut_bytes > 0).then(|| {
            format!("{path}: the last line was cut off in an earlier run: taken away, and its study is looked up again")
        })
    }

    /// The record of earlier runs of a resource.
    pub fn past(&self, entry: &Entry<'_>) -> Option<Past<'_>> {
        let name = xxh3_64(entry.key.as_bytes());
        if entry.is_main() {
            self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        }
        self.past.of(name, entry.hash)
    }

    /// Names of studies that earlier runs sent and that are not in this run's input: their files may be gone.
    pub fn gone(&self) -> Result<Vec<String>, Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.unmet(&mut file).and_then(|found| file.seek(SeekFrom::End(0)).map(|_| found));
        found.map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    /// Names are read from the file again: keeping them all would take too much memory.
    fn unmet(&self, file: &mut File) -> io::Result<Vec<String>> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = BTreeMap::new();
        file.rewind()?;
        for line in BufReader::new(file).lines() {
            let line = line?;
            let Ok(Line { resource, outcome, .. }) = serde_json::from_str::<Line<'_>>(&line) else { continue };
            if resource.starts_with("ImagingStudy") && !met.contains(&xxh3_64(resource.as_bytes())) {
                last.insert(resource.into_owned(), outcome);
            }
        }
        let there = last.into_iter().filter(|(_, fate)| matches!(fate, Fate::Accepted | Fate::Present));
        Ok(there.map(|(resource, _)| resource).collect())
    }

    /// Adds the results of a study's resources.
    pub fn add<'e>(
        &self,
        fates: impl IntoIterator<Item = (&'e Entry<'e>, Fate, Option<&'e str>)>,
    ) -> Result<(), Error> {
        let mut text = String::new();
        for (entry, outcome, reference) in fates {
            let reference = reference.filter(|reference| *reference != entry.key).map(Cow::Borrowed);
            let hash = format!("{:032x}", entry.hash);
            let line = Line { resource: Cow::Borrowed(&entry.key), hash, outcome, reference };
            text += &serde_json::to_string(&line).expect("a line is JSON");
            text.push('\n');
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}

/// Locks the file until it is closed, also by the end of the process.
fn lock(file: &File) -> Result<(), String> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err("is in use by another upload: wait for it, or give another --journal".to_string())
        }
        Err(TryLockError::Error(error)) => {
            Err(format!("cannot be locked ({error}): put the journal on a disk that has file locks"))
        }
    }
}

/// The first line.
fn header(base: &str) -> String {
    let header = Header { journal: 1, to: base.to_string() };
    serde_json::to_string(&header).expect("a header is JSON") + "\n"
}

/// Readable by the owner only, unless `--mode` is given, as it contains Study Instance UIDs.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

type Read = Result<(LastWords, u64), String>;

const NO_JOURNAL: &str = "is no journal: give a file of its own";

/// Reads the last record of each resource, and the length of all complete lines.
fn read(file: &File, base: &str) -> io::Result<Read> {
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    let (mut past, mut whole_bytes, mut lines) = (LastWords::default(), 0, 0_u64);
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line)?;
        lines += 1;
        if line.last() != Some(&b'\n') {
            // A file that does not start like a journal is another file, and is not changed.
            let is_ours = whole_bytes > 0 || header(base).as_bytes().starts_with(&line);
            past.finish();
            return Ok(if is_ours { Ok((past, whole_bytes)) } else { Err(NO_JOURNAL.to_string()) });
        }
        if whole_bytes == 0 {
            match serde_json::from_slice::<Header>(&line) {
                Ok(header) if header.to == base => {}
                Ok(_) => return Ok(Err("is the journal of another server: give one of its own for each".to_string())),
                Err(_) => return Ok(Err(NO_JOURNAL.to_string())),
            }
        } else {
            let parsed = serde_json::from_slice::<Line<'_>>(&line).ok();
            if parsed.and_then(|line| past.add(&line)).is_none() {
                return Ok(Err(format!(
                    "is damaged in line {lines}: take the line out, or the whole file away: then the server is asked"
                )));
            }
        }
        whole_bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::package::parse;

    fn entry(id: &str) -> Entry<'static> {
        let text = format!(r#"{{"resourceType":"ImagingStudy","id":"{id}"}}"#);
        parse(text.leak(), &Ids::new("")).unwrap().remove(0)
    }

    #[test]
    fn the_last_word_is_remembered_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "http://h").unwrap();
        journal.add([(&entry("1"), Fate::Rejected, None), (&entry("2"), Fate::Accepted, None)]).unwrap();
        journal.add([(&entry("1"), Fate::Accepted, Some("ImagingStudy/77"))]).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in 1..60 {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let journal = Journal::open(&path, "http://h").unwrap();
            assert_eq!(journal.past(&entry("1")).unwrap().fate, Fate::Rejected, "{cut}");
            assert!(journal.mended().unwrap().contains("cut off"), "{cut}");
            journal.add([(&entry("3"), Fate::Accepted, None)]).unwrap();
            drop(journal);
            let journal = Journal::open(&path, "http://h").unwrap();
            assert_eq!(journal.past(&entry("3")).unwrap().fate, Fate::Accepted, "{cut}");
        }
        fs::write(&path, &whole).unwrap();
        let journal = Journal::open(&path, "http://h").unwrap();
        assert_eq!(journal.mended(), None);
        let past = journal.past(&entry("1")).unwrap();
        assert_eq!((past.fate, past.reference), (Fate::Accepted, Some("ImagingStudy/77")));
        assert!(past.is_same);
        assert!(!journal.past(&Entry { hash: 1, ..entry("1") }).unwrap().is_same);
        assert!(journal.past(&entry("4")).is_none());
    }

    #[test]
    fn what_is_no_journal_of_this_server_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::open(&path, "http://h").unwrap());
        assert!(matches!(Journal::open(&path, "http://other"), Err(Error::Usage(_))));
        for notes in ["my notes\n", "my notes", "{\"journal\":1,\"to\":\"http://other\""] {
            fs::write(&path, notes).unwrap();
            assert!(matches!(Journal::open(&path, "http://h"), Err(Error::Usage(_))), "{notes}");
            assert_eq!(fs::read_to_string(&path).unwrap(), notes);
        }
    }

    #[test]
    fn studies_that_were_not_met_again_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "http://h").unwrap();
        let all = [("1", Fate::Accepted), ("2", Fate::Present), ("3", Fate::Rejected), ("4", Fate::Accepted)];
        all.iter().for_each(|(id, fate)| journal.add([(&entry(id), *fate, None)]).unwrap());
        drop(journal);
        let journal = Journal::open(&path, "http://h").unwrap();
        journal.past(&entry("4"));
        assert_eq!(journal.gone().unwrap(), ["ImagingStudy/1", "ImagingStudy/2"]);
        journal.add([(&entry("5"), Fate::Accepted, None)]).unwrap();
        drop(journal);
        assert!(Journal::open(&path, "http://h").is_ok(), "reading it moves nothing");
    }

    #[test]
    fn a_header_that_was_cut_off_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        for cut in 0..header("http://h").len() {
            fs::write(&path, &header("http://h")[..cut]).unwrap();
            drop(Journal::open(&path, "http://h").unwrap());
            assert_eq!(fs::read_to_string(&path).unwrap(), header("http://h"), "{cut}");
        }
    }

    #[test]
    fn a_second_run_cannot_open_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path, "http://h").unwrap();
        assert!(matches!(Journal::open(&path, "http://h"), Err(Error::Usage(text)) if text.contains("in use")));
        drop(first);
        assert!(Journal::open(&path, "http://h").is_ok());
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_named_and_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "http://h").unwrap();
        journal.add([(&entry("1"), Fate::Unknown, None), (&entry("2"), Fate::Accepted, None)]).unwrap();
        drop(journal);
        let whole = fs::read_to_string(&path).unwrap();
        for damage in [
            "{\"resource\":\"Imag\n",
            "\0\0\0\n",
            "\n",
            "{\"resource\":\"a\",\"hash\":\"?\",\"outcome\":\"accepted\"}\n",
        ] {
            let mut lines: Vec<String> = whole.lines().map(|line| format!("{line}\n")).collect();
            lines[1] = damage.to_string();
            fs::write(&path, lines.concat()).unwrap();
            let error = Journal::open(&path, "http://h").unwrap_err().to_string();
            assert!(error.contains("damaged in line 2"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), lines.concat());
        }
    }
}
