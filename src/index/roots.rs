//! The names of inputs, to refuse a folder under a second name, which would be stored twice.

use std::fs;
use std::path::{Path, PathBuf};

use super::store::{Fault, Store, failed};
use super::{Index, os_string, path_bytes};
use crate::error::Error;

/// A stored input.
struct Root {
    given: PathBuf,
    absolute: PathBuf,
    real: PathBuf,
}

impl Index {
    /// Registers the inputs of this run. Refuses a folder that is stored under another name, and a name that now refers
    /// to another folder.
    pub fn enter_roots<'p>(&self, inputs: impl Iterator<Item = &'p Path>) -> Result<(), Error> {
        for given in inputs {
            let absolute = std::path::absolute(given).unwrap_or_else(|_| given.to_path_buf());
            let real = fs::canonicalize(given).unwrap_or_else(|_| absolute.clone());
            let root = Root { given: given.to_path_buf(), absolute, real };
            let known = self.with(|store| roots(store))?;
            if let Some(reason) = known.iter().find_map(|known| conflict(known, &root)) {
                return Err(failed(self.store().path(), &reason));
            }
            self.with(|store| put(store, &root))?;
        }
        Ok(())
    }
}

fn roots(store: &Store) -> Result<Vec<Root>, Fault> {
    let path = |bytes: Vec<u8>| PathBuf::from(os_string(&bytes));
    store.rows("SELECT given, absolute, real FROM root", [], |row| {
        Ok(Root { given: path(row.get(0)?), absolute: path(row.get(1)?), real: path(row.get(2)?) })
    })
}

fn put(store: &Store, root: &Root) -> Result<(), Fault> {
    let [given, absolute, real] = [&root.given, &root.absolute, &root.real].map(|path| path_bytes(path.as_os_str()));
    store.execute("INSERT OR REPLACE INTO root VALUES (?1, ?2, ?3)", [given, absolute, real]).map(drop)
}

/// The conflict of an input with a stored one.
fn conflict(known: &Root, new: &Root) -> Option<String> {
    let (known_name, new_name) = (known.given.display(), new.given.display());
    if known.given == new.given {
        // The target of an absolute path may move; a relative path with another target is another folder.
        let is_other = known.absolute != new.absolute;
        return is_other.then(|| {
            let before = known.absolute.display();
            format!("{new_name} was {before} in an earlier run, and is another folder now: give the whole path")
        });
    }
    let renamed = |inner: &Root, outer: &Root| {
        let rest = inner.real.strip_prefix(&outer.real).ok()?;
        (join(&outer.given, rest) != inner.given).then_some(())
    };
    renamed(new, known).or_else(|| renamed(known, new))?;
    Some(format!("it knows {new_name} as {known_name} or a part of it: give it by that name, or give another index"))
}

fn join(path: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { path.to_path_buf() } else { path.join(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(given: &str, absolute: &str, real: &str) -> Root {
        Root { given: given.into(), absolute: absolute.into(), real: real.into() }
    }

    #[test]
    fn a_folder_has_one_name() {
        let known = root("/a", "/a", "/disk/a");
        for (new, want) in [
            (root("/a", "/a", "/disk/a"), false),
            (root("/a", "/a", "/other/a"), false),
            (root("/a/b", "/a/b", "/disk/a/b"), false),
            (root("/c", "/c", "/disk/c"), false),
            (root("/disk/a", "/disk/a", "/disk/a"), true),
            (root("/disk/a/b", "/disk/a/b", "/disk/a/b"), true),
            (root("a", "/a", "/disk/a"), true),
            (root("/disk", "/disk", "/disk"), true),
            (root("/", "/", "/"), true),
        ] {
            assert_eq!(conflict(&known, &new).is_some(), want, "{:?}", new.given);
        }
        let relative = root("a", "/home/a", "/home/a");
        assert!(conflict(&relative, &root("a", "/home/a", "/home/a")).is_none());
        assert!(conflict(&relative, &root("a", "/root/a", "/root/a")).is_some());
    }
}
