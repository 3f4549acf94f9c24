//! One file for each resource type, one resource a line: the form of bulk data exports.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::stale_files::stale_files;
use super::whole_file::{Finish, WholeFile, remove_stale, write_error};
use super::{DocumentName, Finished, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::options::FileMode;

/// The file of the studies.
const STUDIES: &str = "ImagingStudy";

/// A folder with `ImagingStudy.ndjson`, `Patient.ndjson` and so on.
#[derive(Debug)]
pub struct NdjsonFolder {
    root: PathBuf,
    mode: FileMode,
    replace: AtomicBool,
    files: Mutex<BTreeMap<&'static str, WholeFile>>,
}

impl NdjsonFolder {
    /// Creates the folder if it is missing, and opens the file of the studies, which exists even if there are none.
    pub fn open(root: &Path, mode: FileMode, replace: bool) -> Result<NdjsonFolder, Error> {
        mode.make_folder(root).map_err(|source| write_error(root, source))?;
        remove_stale(root);
        let studies = create(root, STUDIES, mode)?;
        let files = Mutex::new(BTreeMap::from([(STUDIES, studies)]));
        Ok(NdjsonFolder { root: root.to_path_buf(), mode, replace: AtomicBool::new(replace), files })
    }
}

impl Sink for NdjsonFolder {
    fn order(&self) -> Order {
        Order::AsGiven
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match files.entry(name.resource_type) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(create(&self.root, name.resource_type, self.mode)?),
        };
        file.write_with(write)?;
        Ok(Placed::Written)
    }

    fn may_replace(&self) {
        self.replace.store(true, Relaxed);
    }

    fn finish(self: Box<Self>, report: Option<&Path>) -> Result<Finished, Error> {
        let mut files = self.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let written: Vec<PathBuf> = files.keys().map(|resource_type| path(&self.root, resource_type)).collect();
        // Companions are replaced together with the studies.
        let studies = files.remove(STUDIES).expect("it was opened first");
        let held_back = match studies.finish_unless_lossy(self.replace.into_inner())? {
            Finish::Written => {
                files.into_values().try_for_each(WholeFile::finish)?;
                Vec::new()
            }
            Finish::NothingNew => Vec::new(),
            Finish::HeldBack(path) => vec![path],
        };
        let stale_files = stale_files(&self.root, "json", report, |path| written.iter().any(|written| written == path));
        Ok(Finished { stale_files, held_back })
    }
}

fn create(root: &Path, resource_type: &str, mode: FileMode) -> Result<WholeFile, Error> {
    Ok(WholeFile::create(&path(root, resource_type))?.with_mode(mode))
}

fn path(root: &Path, resource_type: &str) -> PathBuf {
    root.join(format!("{resource_type}.ndjson"))
}
