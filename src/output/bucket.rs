//! Output to a bucket: written to a temporary folder like other output, and uploaded when complete. An object is
//! complete or absent, and one of an earlier run that has more content is not replaced.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::Error as StoreError;
use object_store::path::Path as Key;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::whole_file::is_lossy;
use super::{Catalog, DocumentName, Finished, Model, Order, Placed, Sink, WriteDocument};
use crate::error::Error;
use crate::fhir::Dialect;
use crate::objects::{Address, Bucket, BucketOptions, reason, runtime};

/// Number of concurrent requests.
const REQUESTS: usize = 16;
/// The main file of a folder of resources: if it is held back, all are.
const STUDIES: &str = "ImagingStudy.ndjson";

/// A temporary folder for output to a bucket.
#[derive(Debug, Clone)]
pub struct Staged {
    address: Address,
    options: BucketOptions,
    _folder: Arc<TempDir>,
    /// The file or folder inside it.
    path: PathBuf,
}

impl Staged {
    /// Prepares output to an address; `None` if the output is not a bucket.
    pub fn of(output: &Path, options: &BucketOptions) -> Result<Option<Staged>, Error> {
        let Some(address) = output.to_str().map(Address::parse).transpose()?.flatten() else { return Ok(None) };
        if !address.service.is_listed() {
            return Err(Error::Usage("a web server is read only: give a bucket as s3://, gs:// or az://".to_string()));
        }
        let failed = |source| Error::Write { path: std::env::temp_dir(), source };
        let folder = Arc::new(TempDir::with_prefix("dcm2fhir-").map_err(failed)?);
        let name = address.key.filename().unwrap_or("bucket");
        let path = folder.path().join(if address.is_prefix { format!("{name}/") } else { name.to_string() });
        Ok(Some(Staged { address, options: options.clone(), _folder: folder, path }))
    }

    /// The local file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A sink that uploads what the local one wrote.
    pub fn sink<'s>(self, local: Box<dyn Sink + 's>, replace: bool) -> Result<Box<dyn Sink + 's>, Error> {
        let bucket = Bucket::open(&self.address, &self.options, REQUESTS)?;
        match runtime().block_on(bucket.check(&self.address.key)) {
            // Permission to write does not imply permission to list.
            Ok(()) | Err(StoreError::PermissionDenied { .. }) => {}
            Err(error) => return Err(self.address.error(&reason(&error))),
        }
        Ok(Box::new(BucketSink { local, staged: self, bucket, replace }))
    }
}

/// Uploads what a local sink wrote, at the end.
struct BucketSink<'s> {
    local: Box<dyn Sink + 's>,
    staged: Staged,
    bucket: Bucket,
    replace: bool,
}

impl Sink for BucketSink<'_> {
    fn order(&self) -> Order {
        self.local.order()
    }

    fn document(&self, name: &DocumentName, write: WriteDocument<'_>) -> Result<Placed, Error> {
        self.local.document(name, write)
    }

    fn catalog(&self) -> Option<&Catalog> {
        self.local.catalog()
    }

    fn model(
        &self,
        name: &DocumentName,
        model: &Model<'_>,
        dialect: Dialect<'_>,
        write: WriteDocument<'_>,
    ) -> Result<Placed, Error> {
        self.local.model(name, model, dialect, write)
    }

    fn finish(self: Box<Self>, report: Option<&Path>) -> Result<Finished, Error> {
        let BucketSink { local, staged, bucket, replace } = *self;
        let Finished { stale_files, mut held_back } = local.finish(report)?;
        for file in files(&staged.path) {
            let key = key(&staged, &file);
            let is_placed = place(&bucket, &key, &file, replace).map_err(|why| failed(&bucket, &key, &why))?;
            if !is_placed {
                held_back.push(bucket.address(&key).into());
                if file.ends_with(STUDIES) {
                    // Companions belong to the studies: they are replaced together.
                    break;
                }
            }
        }
        Ok(Finished { stale_files, held_back })
    }
}

/// The written files, the one of the studies first.
fn files(path: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(path).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let mut files: Vec<PathBuf> = entries.map(walkdir::DirEntry::into_path).collect();
    files.sort_by_key(|file| (!file.ends_with(STUDIES), file.clone()));
    files
}

/// The object key of a file.
fn key(staged: &Staged, file: &Path) -> Key {
    let below = file.strip_prefix(&staged.path).unwrap_or(Path::new(""));
    below.iter().fold(staged.address.key.clone(), |key, name| key.join(name.to_string_lossy().as_ref()))
}

/// Uploads a file, unless the existing object has more content.
fn place(bucket: &Bucket, key: &Key, file: &Path, replace: bool) -> Result<bool, String> {
    let said = |error: StoreError| reason(&error);
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if !replace {
        let mut old = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let is_there = runtime().block_on(bucket.download(key, old.as_file_mut())).map_err(said)?;
        if is_there && (is_empty || is_lossy(old.path(), file)) {
            // A run that found nothing replaces nothing.
            return Ok(is_empty);
        }
    }
    let open = File::open(file).map_err(|error| error.to_string())?;
    runtime().block_on(bucket.upload(key, open)).map_err(said)?;
    Ok(true)
}

fn failed(bucket: &Bucket, key: &Key, why: &str) -> Error {
    Error::Write { path: bucket.address(key).into(), source: std::io::Error::other(why.to_string()) }
}
