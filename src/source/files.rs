//! The files of one folder: the folder once, then the names, so that no path is allocated for each.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::item::{From, Item};
use super::open::{OpenFolder, SharedFolder};
use crate::stamp::Mark;

/// From this many files on, opening the folder is cheaper than resolving its path for each file.
const WORTH_OPENING: usize = 6;

/// Regular files of one folder.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// The names, stored as the components of one path, as no name contains a separator.
    names: PathBuf,
    count: usize,
    /// What an index knows of them; empty without one.
    marks: Vec<Option<Mark>>,
    open: SharedFolder,
}

impl Files {
    /// No files yet; `open` is the same for all of one folder.
    pub fn of(folder: &Path, open: SharedFolder) -> Files {
        Files { folder: folder.to_path_buf(), names: PathBuf::new(), count: 0, marks: Vec::new(), open }
    }

    /// Adds a file by its name.
    pub fn push(&mut self, name: &OsStr, mark: Option<Mark>) {
        if mark.is_some() {
            self.marks.resize(self.count, None);
            self.marks.push(mark);
        }
        self.names.push(name);
        self.count += 1;
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Calls `each` with every file; paths are built in one buffer.
    pub fn for_each(&self, mut each: impl FnMut(&Item)) {
        // With a trailing separator, so that a name can be appended.
        let folder = self.folder.join("").into_os_string();
        if self.count >= WORTH_OPENING {
            self.open.get_or_init(|| OpenFolder::open(&self.folder).ok());
        }
        let is_open = self.open.get().is_some_and(Option::is_some);
        let from = if is_open { From::Folder(self.open.clone(), folder.len()) } else { From::Path };
        let mut item = Item { from, ..Item::at("") };
        let mut marks = self.marks.iter();
        for name in &self.names {
            item.mark = marks.next().cloned().flatten();
            item.name.place.clear();
            item.name.place.push(&folder);
            item.name.place.push(name);
            each(&item);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io};

    use super::*;
    use crate::issue::Skip;
    use crate::source::Content;

    #[test]
    fn files_come_back_with_the_path_of_their_folder() {
        for (folder, names) in [("a/b", vec!["c", "d e", ".f", "..g"]), (".", vec!["c"]), ("/", vec!["c", "d"])] {
            let mut files = Files::of(Path::new(folder), SharedFolder::default());
            names.iter().for_each(|name| files.push(OsStr::new(name), None));
            let mut seen = Vec::new();
            files.for_each(|item| seen.push(PathBuf::from(&item.name.place)));
            let want: Vec<PathBuf> = names.iter().map(|name| Path::new(folder).join(name)).collect();
            assert_eq!(seen, want);
            assert_eq!(files.len(), names.len());
        }
    }

    #[test]
    fn few_files_and_many_of_a_folder_are_opened_alike() {
        let root = tempfile::tempdir().unwrap();
        for count in [1, WORTH_OPENING, 3 * WORTH_OPENING] {
            let mut files = Files::of(root.path(), SharedFolder::default());
            for name in (0..count).map(|at| at.to_string()) {
                fs::write(root.path().join(&name), &name).unwrap();
                files.push(OsStr::new(&name), None);
            }
            files.push(OsStr::new("gone"), None);
            files.for_each(|item| match item.open() {
                Ok(Content::File(file)) => {
                    assert!(Path::new(&item.name.place).ends_with(io::read_to_string(file).unwrap()));
                }
                Ok(other) => panic!("{other:?}"),
                Err(skip) => {
                    assert!(Path::new(&item.name.place).ends_with("gone"));
                    assert_eq!(skip, Skip::Unreadable("no such file or directory".into()));
                }
            });
        }
    }
}
