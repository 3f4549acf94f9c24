//! The file of an index: a SQLite database that this run uses exclusively.
//!
//! [`Store::commit`] is atomic, even if the process is killed.

use std::fs::OpenOptions;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use super::disk::is_network;
use crate::error::Error;

/// What the database is called in its header: `dcmf`.
const APPLICATION_ID: i32 = 0x6463_6D66;
/// The format version, increased for incompatible changes.
const FORMAT: i32 = 2;
const SCHEMA: &str = include_str!("schema.sql");
/// The page cache limits the memory of the index: 64 MiB.
const CACHE: &str = "PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;";
/// The same of a run that reads no files, and goes through the records once or twice: 16 MiB.
const SMALL_CACHE: &str = "PRAGMA cache_size = -16384;";
/// Statements that stay prepared.
const STATEMENTS: usize = 96;

/// An index that is open, and locked.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
    /// A message about how it was opened, if any.
    pub(super) news: Option<String>,
}

/// An error of the index.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    /// Its content is invalid.
    Damaged,
    /// It must be read again, and the run has no inputs.
    Outdated,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

/// What a run needs of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The hash of the attributes.
    pub attributes: u64,
    /// Whether the run has inputs, which it can read again.
    pub reads_files: bool,
}

/// Whether an index may be on a network file system, whose locks are not reliable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnNetwork {
    /// Allowed: the user ensures that one run uses it at a time.
    Allowed,
    /// Refused.
    Refused,
}

impl Store {
    /// Opens or creates an index. One of another format, or with other wanted attributes, is read again.
    pub fn open(path: &Path, wanted: Wanted, on_network: OnNetwork) -> Result<Store, Error> {
        Store::open_on(path, wanted, on_network, is_network(path))
    }

    fn open_on(path: &Path, wanted: Wanted, on_network: OnNetwork, network: bool) -> Result<Store, Error> {
        if network && on_network == OnNetwork::Refused {
            let reason = "it lies on a network file system, whose locks and writes an index cannot trust: give a local \
                          file, or --index-on-network if no other run ever uses it";
            return Err(failed(path, reason));
        }
        if !wanted.reads_files && !path.exists() {
            return Err(failed(path, MISSING));
        }
        let is_new = prepare(path)?;
        let mut store = Store::connect(path)?;
        let opened = store.take(network).and_then(|()| store.settle(is_new, wanted));
        store.check(opened)?;
        Ok(store)
    }

    /// Opens an existing index, without changing it.
    pub fn existing(path: &Path) -> Result<Store, Error> {
        if prepare_existing(path)? {
            return Err(failed(path, "it is empty: convert --index fills it"));
        }
        let mut store = Store::connect(path)?;
        let opened = store.take(is_network(path)).and_then(|()| store.format());
        match store.check(opened)? {
            Some(FORMAT) => Ok(store),
            Some(_) => Err(failed(path, "it is of another version of dcm2fhir: the next run reads everything again")),
            None => Err(failed(path, NO_INDEX)),
        }
    }

    fn connect(path: &Path) -> Result<Store, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| told(path, &error))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Else statements on a table with a partial index are planned anew each time that they are given values.
        let stable = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);
        stable.map_err(|error| told(path, &error))?;
        Ok(Store { connection, path: path.to_path_buf(), news: None })
    }

    /// Locks the file exclusively, without shared memory for other readers.
    fn take(&mut self, network: bool) -> Result<(), Fault> {
        let journal = if network { "DELETE" } else { "WAL" };
        let settings = format!(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = {journal}; PRAGMA synchronous = NORMAL; {CACHE}"
        );
        self.connection.busy_timeout(std::time::Duration::ZERO)?;
        if self.format()?.is_none() && !self.tables()?.is_empty() {
            // Another program's database, in which nothing may be changed.
            return Err(Fault::Sql(rusqlite::Error::InvalidQuery));
        }
        self.connection.execute_batch(&settings)?;
        self.connection.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(())
    }

    /// Prepares it for this version and these attributes; fails if it would have to be read again by a run without
    /// inputs.
    fn settle(&mut self, is_new: bool, wanted: Wanted) -> Result<(), Fault> {
        match self.format()? {
            None if is_new || self.tables()?.is_empty() => self.create()?,
            None => return Err(Fault::Sql(rusqlite::Error::InvalidQuery)),
            Some(FORMAT) => {}
            Some(_) if !wanted.reads_files => return Err(Fault::Outdated),
            Some(format) => {
                self.news =
                    Some(format!("is of format {format}, and this version has {FORMAT}: everything is read again"));
                self.create()?;
            }
        }
        let before = self.meta::<i64>("wanted")?;
        if before.is_some_and(|before| before != wanted.attributes as i64) {
            if !wanted.reads_files {
                return Err(Fault::Outdated);
            }
            self.news = Some("was made by a version that reads other attributes: everything is read again".into());
            self.forget()?;
        }
        self.set_meta("wanted", wanted.attributes as i64)?;
        if !wanted.reads_files {
            self.connection.execute_batch(SMALL_CACHE)?;
        }
        self.commit()
    }

    /// The format; `None` where it is no index.
    fn format(&self) -> Result<Option<i32>, Fault> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        Ok(if pragma("application_id")? == APPLICATION_ID { Some(pragma("user_version")?) } else { None })
    }

    fn create(&self) -> Result<(), Fault> {
        for table in self.tables()? {
            self.connection.execute_batch(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")))?;
        }
        self.connection.execute_batch(SCHEMA)?;
        self.connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        self.connection.pragma_update(None, "user_version", FORMAT)?;
        Ok(())
    }

    /// All tables; a run that was killed at the very start leaves none.
    fn tables(&self) -> Result<Vec<String>, Fault> {
        let all = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        self.rows(all, [], |row| row.get(0))
    }

    /// Commits the transaction, and starts a new one.
    pub fn commit(&mut self) -> Result<(), Fault> {
        self.connection.execute_batch("COMMIT; BEGIN EXCLUSIVE")?;
        Ok(())
    }

    /// A number or bytes, stored by name.
    pub fn meta<T: FromSql>(&self, key: &str) -> Result<Option<T>, Fault> {
        self.first("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }

    /// Stores a number or bytes by name.
    pub fn set_meta(&self, key: &str, value: impl ToSql) -> Result<(), Fault> {
        self.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", (key, value)).map(drop)
    }

    /// Converts a fault into an error of the run.
    pub fn check<T>(&self, result: Result<T, Fault>) -> Result<T, Error> {
        result.map_err(|fault| match fault {
            Fault::Sql(error) => told(&self.path, &error),
            Fault::Damaged => failed(&self.path, DAMAGED),
            Fault::Outdated => failed(&self.path, OUTDATED),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

const NO_INDEX: &str = "it is no index of dcm2fhir: give a file of its own";
const MISSING: &str = "there is no such file: is the path right? Give the inputs too, and the run creates it";
const OUTDATED: &str =
    "it is of another version of dcm2fhir: give the inputs too, and everything is read again, or another index";
const DAMAGED: &str = "it is damaged: remove it, and the next run reads everything again";

/// Creates the file if missing, for its owner only; returns whether it is empty.
fn prepare(path: &Path) -> Result<bool, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let is_empty = looked_at(path, options)?;
    #[cfg(unix)]
    if is_empty {
        // Somebody else may have created it.
        let for_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, for_owner).map_err(|error| failed(path, &advised(&error)))?;
    }
    Ok(is_empty)
}

fn prepare_existing(path: &Path) -> Result<bool, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    looked_at(path, options)
}

/// An error of opening, with advice.
fn advised(error: &std::io::Error) -> String {
    let is_missing = error.kind() == std::io::ErrorKind::NotFound;
    let advice = if is_missing { "is the path right?" } else { "can the file be written?" };
    format!("{error}: {advice}")
}

/// Whether the file is empty; fails if it is not a database, which SQLite would detect late.
fn looked_at(path: &Path, options: OpenOptions) -> Result<bool, Error> {
    const MARK: &[u8] = b"SQLite format 3\0";
    if path.is_dir() {
        return Err(failed(path, "it is a folder: give the name of a file"));
    }
    let file = options.open(path).map_err(|error| failed(path, &advised(&error)))?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(failed(path, "it is no regular file"));
    }
    let mut start = Vec::new();
    let read = file.take(MARK.len() as u64).read_to_end(&mut start);
    read.map_err(|error| failed(path, &error.to_string()))?;
    if start.is_empty() || start == MARK { Ok(start.is_empty()) } else { Err(failed(path, NO_INDEX)) }
}

pub(super) fn failed(path: &Path, reason: &str) -> Error {
    Error::Index { path: path.to_path_buf(), reason: reason.to_string() }
}

fn told(path: &Path, error: &rusqlite::Error) -> Error {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another run uses it: wait for that to end",
        Some(ErrorCode::NotADatabase) => NO_INDEX,
        Some(ErrorCode::DatabaseCorrupt) => DAMAGED,
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "it cannot be written: are the file and its folder writable?"
        }
        Some(ErrorCode::SystemIoFailure) => "the disk cannot be read or written: is it full, or damaged?",
        _ if matches!(error, rusqlite::Error::InvalidQuery) => NO_INDEX,
        _ if matches!(error, rusqlite::Error::SqliteFailure(..)) => return failed(path, &error.to_string()),
        _ => return failed(path, &format!("{DAMAGED} ({error})")),
    };
    failed(path, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_network_file_system_an_index_is_refused_unless_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let wanted = Wanted { attributes: 7, reads_files: true };
        let open = |on_network, network| Store::open_on(&path, wanted, on_network, network);
        let refused = open(OnNetwork::Refused, true).unwrap_err().to_string();
        assert!(refused.contains("--index-on-network") && !path.exists(), "{refused}");
        // SQLite: a write-ahead log works on one machine only.
        for (on_network, network, want) in [
            (OnNetwork::Allowed, true, "delete"),
            (OnNetwork::Refused, false, "wal"),
            (OnNetwork::Allowed, false, "wal"),
        ] {
            let store = open(on_network, network).unwrap();
            let journal = store.connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
            assert_eq!(journal.unwrap(), want);
        }
    }
}
