//! The files of one folder: the folder once, and then the names, so that no path is made for each.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::{Item, Name};

/// Regular files that stand in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    folder: PathBuf,
    /// One name behind the other, as if they were the components of a path: no name has a separator in it.
    names: PathBuf,
    count: usize,
}

impl Files {
    /// No files yet.
    pub fn of(folder: &Path) -> Files {
        Files { folder: folder.to_path_buf(), names: PathBuf::new(), count: 0 }
    }

    /// Adds a file by its name.
    pub fn push(&mut self, name: &OsStr) {
        self.names.push(name);
        self.count += 1;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Shows each file; the paths are put together in one buffer.
    pub fn for_each(&self, mut each: impl FnMut(&Item)) {
        // With the separator behind it, so that a name needs only to be put there.
        let folder = self.folder.join("").into_os_string();
        let mut item = Item { name: Name::file(PathBuf::new()) };
        for name in &self.names {
            let path = item.name.file.as_mut_os_string();
            path.clear();
            path.push(&folder);
            path.push(name);
            each(&item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_with_the_path_of_their_folder() {
        for (folder, names) in [("a/b", vec!["c", "d e", ".f", "..g"]), (".", vec!["c"]), ("/", vec!["c", "d"])] {
            let mut files = Files::of(Path::new(folder));
            names.iter().for_each(|name| files.push(OsStr::new(name)));
            let mut seen = Vec::new();
            files.for_each(|item| seen.push(item.name.file.clone()));
            let want: Vec<PathBuf> = names.iter().map(|name| Path::new(folder).join(name)).collect();
            assert_eq!(seen, want);
            assert_eq!(files.len(), names.len());
        }
    }
}
