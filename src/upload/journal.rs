//! What became of each resource, in a file that only grows: a later run sends only what is new, changed or failed.
//!
//! The lines of a study are written together and reach the disk before the next study is sent. A run that is killed
//! leaves at most one line that is cut off, which the next run takes away.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::package::Entry;
use crate::error::Error;

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The server took it.
    Accepted,
    /// The server has it, or something that stays.
    Present,
    /// The server, or we, refused it.
    Rejected,
    /// It was sent, must not be sent twice, and nobody knows whether it arrived.
    Unknown,
}

/// The journal of the uploads to one server.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    past: HashMap<u128, Past>,
}

/// The last word on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The hash of what was sent.
    pub hash: u128,
    /// What became of it.
    pub fate: Fate,
    /// How the server calls it, where that is not our name for it.
    pub reference: Option<String>,
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
    /// Opens or starts the journal, and takes a torn line away. A journal of another server is an error.
    pub fn open(path: &Path, base: &str) -> Result<Journal, Error> {
        let failed = |source| Error::Write { path: path.to_path_buf(), source };
        let mut file = options().open(path).map_err(failed)?;
        let (past, whole_bytes) = match read(&file, base).map_err(failed)? {
            Ok(read) => read,
            Err(reason) => return Err(Error::Usage(format!("{} {reason}", path.display()))),
        };
        file.set_len(whole_bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        if whole_bytes == 0 {
            let header = Header { journal: 1, to: base.to_string() };
            let line = serde_json::to_string(&header).expect("a header is JSON") + "\n";
            file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Ok(Journal { path: path.to_path_buf(), file: Mutex::new(file), past })
    }

    /// What earlier runs say of a resource.
    pub fn past(&self, entry: &Entry<'_>) -> Option<&Past> {
        self.past.get(&xxh3_128(entry.key.as_bytes()))
    }

    /// Adds what became of the resources of a study.
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

/// For its owner only: the Study Instance UIDs stand in it.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

type Read = Result<(HashMap<u128, Past>, u64), &'static str>;

/// The last word on each resource, and how many bytes are whole lines.
fn read(file: &File, base: &str) -> io::Result<Read> {
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    let (mut past, mut whole_bytes) = (HashMap::new(), 0);
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(Ok((past, whole_bytes)));
        }
        if whole_bytes == 0 {
            match serde_json::from_slice::<Header>(&line) {
                Ok(header) if header.to == base => {}
                Ok(_) => return Ok(Err("is the journal of another server: give one of its own for each")),
                Err(_) => return Ok(Err("is no journal: give a file of its own")),
            }
        } else if let Ok(Line { resource, hash, outcome: fate, reference }) = serde_json::from_slice::<Line<'_>>(&line)
        {
            let hash = u128::from_str_radix(&hash, 16).unwrap_or_default();
            past.insert(xxh3_128(resource.as_bytes()), Past { hash, fate, reference: reference.map(Cow::into_owned) });
        }
        whole_bytes += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::upload::package::Package;

    fn entry(id: &str) -> Entry<'static> {
        let text = format!(r#"{{"resourceType":"ImagingStudy","id":"{id}"}}"#);
        Package::parse(text.leak()).unwrap().unwrap().entries.remove(0)
    }

    #[test]
    fn the_last_word_is_remembered_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "http://h").unwrap();
        journal.add([(&entry("1"), Fate::Rejected, None), (&entry("2"), Fate::Accepted, None)]).unwrap();
        journal.add([(&entry("1"), Fate::Accepted, Some("ImagingStudy/77"))]).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in 1..60 {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let journal = Journal::open(&path, "http://h").unwrap();
            assert_eq!(journal.past(&entry("1")).unwrap().fate, Fate::Rejected, "{cut}");
            journal.add([(&entry("3"), Fate::Accepted, None)]).unwrap();
            let journal = Journal::open(&path, "http://h").unwrap();
            assert_eq!(journal.past(&entry("3")).unwrap().fate, Fate::Accepted, "{cut}");
        }
        fs::write(&path, &whole).unwrap();
        let journal = Journal::open(&path, "http://h").unwrap();
        let past = journal.past(&entry("1")).unwrap();
        assert_eq!((past.fate, past.reference.as_deref()), (Fate::Accepted, Some("ImagingStudy/77")));
        assert_eq!(past.hash, entry("1").hash);
        assert!(journal.past(&entry("4")).is_none());
    }

    #[test]
    fn what_is_no_journal_of_this_server_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::open(&path, "http://h").unwrap());
        assert!(matches!(Journal::open(&path, "http://other"), Err(Error::Usage(_))));
        fs::write(&path, "my notes\n").unwrap();
        assert!(matches!(Journal::open(&path, "http://h"), Err(Error::Usage(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "my notes\n");
    }
}
