//! One file for each document, named by the id of the resource in it.
//!
//! Studies are files in the folder itself, companions are in subfolders by type. A file of the same name from an
//! earlier run is replaced, unless it has more content. Other files are not touched.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::stale_files::stale_files;
use super::whole_file::{Finish, WholeFile, remove_stale, write_error};
use super::{DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::options::FileMode;

/// The longest id in FHIR.
const MAX_ID_BYTES: usize = 64;

/// A folder with one file for each document.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// The ending of the files.
    extension: &'static str,
    mode: FileMode,
    replace: bool,
    /// Resource types whose subfolder was created.
    types: Mutex<HashSet<&'static str>>,
    /// Hashes of the names used in this run.
    taken: Mutex<HashSet<u64>>,
    /// The files of earlier runs, listed when first needed: one listing costs less than a stat of each.
    before: OnceLock<HashSet<OsString>>,
}

impl Folder {
    /// Creates the folder if it is missing, and checks that it can be written.
    pub fn open(root: &Path, extension: &'static str, mode: FileMode, replace: bool) -> Result<Folder, Error> {
        make(root, mode)?;
        remove_stale(root);
        WholeFile::try_in(root)?;
        let (types, taken, before) = (Mutex::default(), Mutex::default(), OnceLock::new());
        Ok(Folder { root: root.to_path_buf(), extension, mode, replace, types, taken, before })
    }

    /// The path of a document, whose folder is created.
    fn path(&self, name: &DocumentName) -> Result<PathBuf, Error> {
        if !name.is_main() {
            let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
            if types.insert(name.resource_type) {
                make(&self.root.join(name.resource_type), self.mode)?;
            }
        }
        Ok(self.place(name))
    }

    fn take(&self, path: &Path) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(path_hash(path))
    }

    fn put(&self, name: &DocumentName, replace: bool, write: WriteDocument<'_>) -> Result<Placed, Error> {
        let path = self.path(name)?;
        if !self.take(&path) {
            return Ok(Placed::NameTaken);
        }
        let mut file = WholeFile::create_in(&self.root, &path)?.with_mode(self.mode);
        file.write_with(write)?;
        Ok(match file.finish_unless_lossy(replace)? {
            Finish::HeldBack(path) => Placed::HeldBack(path),
            Finish::Written | Finish::NothingNew => Placed::Written,
        })
    }

    /// The path of a document, whose folder may not exist yet.
    fn place(&self, name: &DocumentName) -> PathBuf {
        let file = file_name(&name.id, self.extension);
        if name.is_main() { self.root.join(file) } else { self.root.join(name.resource_type).join(file) }
    }
}

impl Sink for Folder {
    fn order(&self) -> Order {
        Order::Any
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        self.put(name, self.replace, write)
    }

    fn next_document(
        &self,
        name: &DocumentName,
        before: u64,
        write: WriteDocument<'_>,
    ) -> Result<Option<Placed>, Error> {
        let is_there = file_hash(&self.place(name)) == Some(before);
        if is_there { self.put(name, true, write).map(Some) } else { Ok(None) }
    }

    fn has(&self, name: &DocumentName) -> bool {
        if !name.is_main() {
            return self.place(name).is_file();
        }
        self.before.get_or_init(|| files_of(&self.root)).contains(OsStr::new(&file_name(&name.id, self.extension)))
    }

    fn stands(&self, name: &DocumentName) {
        self.take(&self.place(name));
    }

    fn remove(&self, name: &DocumentName, hash: u64) -> Result<bool, Error> {
        let path = self.place(name);
        match file_hash(&path) {
            Some(found) if found == hash => match std::fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(write_error(&path, source)),
                _ => Ok(true),
            },
            Some(_) => Ok(false),
            None => Ok(!path.exists()),
        }
    }

    fn finish(self: Box<Self>, report: Option<&Path>) -> Result<Finished, Error> {
        let taken = self.taken.into_inner().unwrap_or_else(PoisonError::into_inner);
        let stale_files = stale_files(&self.root, self.extension, report, |path| taken.contains(&path_hash(path)));
        Ok(Finished { stale_files, held_back: Vec::new() })
    }
}

/// The names of the files in a folder, links to files with them.
fn files_of(folder: &Path) -> HashSet<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_file = |entry: &std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_symlink() => entry.path().is_file(),
        kind => kind.is_ok_and(|kind| kind.is_file()),
    };
    entries.filter(is_file).map(|entry| entry.file_name()).collect()
}

/// The hash of a file's content; `None` if it is missing or cannot be read.
fn file_hash(path: &Path) -> Option<u64> {
    let mut file = std::fs::File::open(path).ok()?;
    super::document_hash(&mut |out| std::io::copy(&mut file, out).map(drop)).ok()
}

fn make(folder: &Path, mode: FileMode) -> Result<(), Error> {
    mode.make_folder(folder).map_err(|source| write_error(folder, source))
}

fn path_hash(path: &Path) -> u64 {
    xxh3_64(path.as_os_str().as_encoded_bytes())
}

/// A name that is safe in every file system. An invalid FHIR id or the name of a Windows device is replaced by its
/// hash. An id with capital letters gets its hash as a suffix, because some file systems ignore case.
fn file_name(id: &str, extension: &str) -> String {
    let is_id_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let hash = xxh3_64(id.as_bytes());
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(is_id_character) || is_device(id) {
        format!("~{hash:016x}.{extension}")
    } else if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        format!("{id}~{hash:016x}.{extension}")
    } else {
        format!("{id}.{extension}")
    }
}

/// Windows writes `nul.json` and `com1.2.json` to a device, whatever the folder.
fn is_device(id: &str) -> bool {
    let name = id.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match name.strip_prefix("com").or_else(|| name.strip_prefix("lpt")) {
        Some(number) => matches!(number.as_bytes(), [b'0'..=b'9']),
        None => matches!(&*name, "con" | "prn" | "aux" | "nul"),
    }
}

#[cfg(test)]
mod tests {
    fn file_name(id: &str) -> String {
        super::file_name(id, "json")
    }

    #[test]
    fn an_id_never_becomes_a_path_or_the_name_of_another() {
        assert_eq!(file_name("1.2.840.1"), "1.2.840.1.json");
        assert_eq!(file_name(".."), "...json");
        assert_eq!(file_name("common.1"), "common.1.json");
        for id in ["../../x", "a/b", "", "a\0b", "a\\b", &"1".repeat(65), "nul", "AUX", "con.1", "com1", "lpt9.2.3"] {
            assert!(file_name(id).starts_with('~'), "{id:?}");
            assert!(!file_name(id).contains(['/', '\\']), "{id:?}");
        }
        assert_ne!(file_name("1.2.A").to_lowercase(), file_name("1.2.a").to_lowercase());
        assert_ne!(file_name("1.2.Ab").to_lowercase(), file_name("1.2.aB").to_lowercase());
    }
}
