//! Files of a bucket that are read sequentially, any number of times: those that `scan` wrote.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Input, RemoteOptions};
use crate::error::Error;
#[cfg(feature = "objects")]
use crate::objects::ObjectFile;

type Open = dyn Fn() -> Box<dyn Read + Send> + Send + Sync;

/// A file of a bucket.
#[derive(Clone)]
#[cfg_attr(not(feature = "objects"), allow(dead_code, reason = "that build has none"))]
pub struct RemoteFile(Arc<Open>);

impl RemoteFile {
    #[cfg(feature = "objects")]
    fn of(file: ObjectFile) -> RemoteFile {
        RemoteFile(Arc::new(move || Box::new(file.reader())))
    }

    /// Reads it from its start.
    pub fn reader(&self) -> Box<dyn Read + Send> {
        (self.0)()
    }
}

impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteFile")
    }
}

/// The files of buckets, by their addresses.
#[derive(Debug)]
pub struct RemoteFiles {
    options: RemoteOptions,
    /// The files of listed folders.
    listed: BTreeMap<PathBuf, RemoteFile>,
}

impl RemoteFiles {
    /// No files yet.
    pub fn new(options: &RemoteOptions) -> RemoteFiles {
        RemoteFiles { options: options.clone(), listed: BTreeMap::new() }
    }

    /// The file at an address; `None` for a local path.
    pub fn file(&self, path: &Path) -> Result<Option<RemoteFile>, Error> {
        match (self.listed.get(path), self.options.input(path)?) {
            (Some(file), _) => Ok(Some(file.clone())),
            #[cfg(feature = "objects")]
            (None, Some(Input::Bucket(input))) => {
                ObjectFile::open(&input.address, &input.options).map(RemoteFile::of).map(Some)
            }
            (None, Some(Input::Path(_)) | None) => Ok(None),
            (None, Some(_)) => Err(no_file(path)),
        }
    }

    /// The names of the files directly below an address that ends in a slash; `None` for other paths.
    pub fn list(&mut self, folder: &Path) -> Result<Option<Vec<String>>, Error> {
        match self.options.input(folder)? {
            #[cfg(feature = "objects")]
            Some(Input::Bucket(input)) if input.address.is_prefix => {
                let files = ObjectFile::below(&input.address, &input.options)?;
                let names = files.iter().map(|(name, _)| name.clone()).collect();
                self.listed.extend(files.into_iter().map(|(name, file)| (folder.join(name), RemoteFile::of(file))));
                Ok(Some(names))
            }
            _ => Ok(None),
        }
    }
}

fn no_file(path: &Path) -> Error {
    Error::Usage(format!("{} is no file of a scan", path.display()))
}
