//! Output to a bucket: written to a temporary folder like any other output, and uploaded when complete. An object
//! appears as a whole or not at all; one of an earlier run with more content is not replaced.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use object_store::Error as StoreError;
use object_store::path::Path as Key;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::whole_file::is_lossy;
use crate::error::{Error, usage};
use crate::objects::{Address, Bucket, BucketOptions, Fault, fault, reason, runtime};

/// The number of concurrent requests.
const REQUESTS: usize = 16;
/// The file of the studies, which decides whether the others of a folder are uploaded.
const STUDIES: &str = "ImagingStudy.ndjson";

/// Output that is written locally, and belongs into a bucket.
#[derive(Debug, Clone)]
pub struct Staged {
    address: Address,
    bucket: Bucket,
    _folder: Arc<TempDir>,
    /// The local file or folder.
    path: PathBuf,
}

impl Staged {
    /// Local output for an address; `None` for a local path.
    pub fn of(output: &Path, options: &BucketOptions) -> Result<Option<Staged>, Error> {
        let Some(address) = output.to_str().map(Address::parse).transpose()?.flatten() else { return Ok(None) };
        if !address.service.is_listed() {
            return usage("a web server is read only: give a bucket as s3://, gs:// or az://");
        }
        let failed = |source| Error::Write { path: std::env::temp_dir(), source };
        let folder = Arc::new(TempDir::with_prefix("dcm2fhir-").map_err(failed)?);
        let name = address.key.filename().unwrap_or("bucket");
        let path = folder.path().join(if address.is_prefix { format!("{name}/") } else { name.to_string() });
        // Credentials are needed for writing.
        let options = BucketOptions { no_sign_request: false, ..options.clone() };
        let bucket = Bucket::open(&address, &options, REQUESTS)?;
        Ok(Some(Staged { address, bucket, _folder: folder, path }))
    }

    /// The local file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if the bucket cannot be used.
    pub fn check(&self) -> Result<(), Error> {
        match runtime().block_on(self.bucket.check(&self.address.key)) {
            // Credentials for writing need not allow listing.
            Err(error) if fault(&error) != Fault::Denied => Err(self.address.error(&reason(&error))),
            _ => Ok(()),
        }
    }

    /// Uploads the files, and returns the objects of earlier runs that were not replaced.
    pub fn upload(&self, replace: bool) -> Result<Vec<PathBuf>, Error> {
        let (bucket, files, mut held_back) = (&self.bucket, files(&self.path), Vec::new());
        // Companions are replaced together with the studies.
        let decides = files.first().is_some_and(|file| file.ends_with(STUDIES));
        let place = |file: PathBuf| {
            let key = key(self, &file);
            async move { (place(bucket, &key, &file, replace).await, key) }
        };
        let mut placed = stream::iter(files).map(place).buffered(if decides { 1 } else { REQUESTS });
        while let Some((is_placed, key)) = runtime().block_on(placed.next()) {
            if !is_placed.map_err(|why| failed(bucket, &key, why))? {
                held_back.push(bucket.address(&key).into());
                if key.filename() == Some(STUDIES) {
                    break;
                }
            }
        }
        Ok(held_back)
    }
}

/// All files, that of the studies first.
fn files(path: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(path).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let mut files: Vec<PathBuf> = entries.map(walkdir::DirEntry::into_path).collect();
    files.sort_by_key(|file| (!file.ends_with(STUDIES), file.clone()));
    files
}

/// The key of a file: that of the output, or one below it.
fn key(staged: &Staged, file: &Path) -> Key {
    let below = file.strip_prefix(&staged.path).unwrap_or(Path::new(""));
    below.iter().fold(staged.address.key.clone(), |key, name| key.join(name.to_string_lossy().as_ref()))
}

/// Uploads a file, unless the existing object has more content.
async fn place(bucket: &Bucket, key: &Key, file: &Path, replace: bool) -> Result<bool, String> {
    let said = |error: StoreError| reason(&error);
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    if !replace {
        let mut old = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let is_there = bucket.download(key, old.as_file_mut()).await.map_err(said)?;
        if is_there && (is_empty || is_lossy(old.path(), file)) {
            // A run that found nothing replaces nothing, which is not reported.
            return Ok(is_empty);
        }
    }
    let open = File::open(file).map_err(|error| error.to_string())?;
    bucket.upload(key, open).await.map_err(said)?;
    Ok(true)
}

fn failed(bucket: &Bucket, key: &Key, why: String) -> Error {
    Error::Server { purpose: "write", base: bucket.address(key), reason: why }
}
