//! A DICOMDIR as input: the files that it lists, below its own folder and never outside (PS3.10 8). Lower directory
//! files that it lists are followed.
//!
//! Copied discs have lower-case names, an added `.dcm`, or version numbers of ISO 9660: a file that does not exist by
//! its listed name is looked up without regard to these.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::batch::Feed;
use super::links::{FileKind, Links};
use super::open::{open_file, unreadable};
use super::watch::From;
use super::{Item, Name};
use crate::dicom::scan::{Reference, is_directory, referenced_files};
use crate::issue::Skip;
use crate::name::os_string;

/// The most file names that are cached for lookup.
const MAX_KEPT_NAMES: usize = 1 << 17;

/// Sends the files that a DICOMDIR lists to the feed; false if the file is no DICOMDIR.
pub(super) fn read(path: &Path, links: Links, feed: &mut Feed) -> bool {
    let root = path.parent().unwrap_or(Path::new(""));
    let mut files = Listed { root, links, names: Names::default(), lower: Vec::new(), seen: HashSet::new() };
    files.seen.extend(fs::canonicalize(path));
    if !files.directory(path, feed) {
        return false;
    }
    while let Some(lower) = files.lower.pop() {
        files.directory(&lower, feed);
    }
    true
}

/// Resolves listed files to paths.
struct Listed<'p> {
    /// The folder of the DICOMDIR: every File ID starts here (PS3.10 8.2).
    root: &'p Path,
    links: Links,
    names: Names,
    /// Lower directory files that are still to be read, and all that were found.
    lower: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
}

impl Listed<'_> {
    /// Sends the files that one directory file lists; false if it is no DICOMDIR.
    fn directory(&mut self, path: &Path, feed: &mut Feed) -> bool {
        let Ok(mut file) = open_file(path) else { return false };
        let result = referenced_files(&mut file, &mut |reference| self.take(path, &reference, feed));
        result.unwrap_or_else(|skip| {
            feed.skip(Name::file(path), skip);
            true
        })
    }

    fn take(&mut self, directory: &Path, reference: &Reference, feed: &mut Feed) {
        let Some(components) = components(&reference.file_id) else {
            let entry = String::from_utf8_lossy(reference.file_id.trim_ascii_end()).into_owned();
            return feed.skip(Name { place: directory.into(), entry: Some(entry) }, Skip::OutsideFolder);
        };
        let name = |path: &Path| Name::file(path.strip_prefix(".").unwrap_or(path));
        match self.find_from(directory, &components) {
            Ok((path, FileKind::File)) if reference.may_be_directory && is_dicomdir(&path) => self.lower(path),
            Ok((path, FileKind::File)) => feed.named(Item::at(path.strip_prefix(".").unwrap_or(&path)), From::List),
            Ok((path, FileKind::Link)) => feed.skip(name(&path), Skip::Link),
            Ok((path, _)) => feed.skip(name(&path), Skip::NotRegular),
            Err(error) => {
                let path = self.root.join(components.into_iter().map(os_string).collect::<PathBuf>());
                let is_missing = error.kind() == io::ErrorKind::NotFound;
                feed.skip(name(&path), if is_missing { Skip::Missing } else { unreadable(&error) });
            }
        }
    }

    /// Queues a lower directory file once, as they may refer to each other.
    fn lower(&mut self, path: PathBuf) {
        if fs::canonicalize(&path).is_ok_and(|real| self.seen.insert(real)) {
            self.lower.push(path);
        }
    }

    /// Resolves a File ID, from the root, else from the folder of the lower directory file that has it.
    fn find_from(&mut self, directory: &Path, components: &[&[u8]]) -> io::Result<(PathBuf, FileKind)> {
        let own = directory.parent().filter(|own| *own != self.root);
        match (self.find(self.root, components), own) {
            (Err(error), Some(own)) if error.kind() == io::ErrorKind::NotFound => self.find(own, components),
            (found, _) => found,
        }
    }

    /// Resolves path components below a folder: by exact name, else by a similar one.
    fn find(&mut self, folder: &Path, components: &[&[u8]]) -> io::Result<(PathBuf, FileKind)> {
        let Some((name, rest)) = components.split_first() else { return Err(io::ErrorKind::NotFound.into()) };
        let name = os_string(name);
        let exact = self.step(folder.join(&name), rest);
        if !is_missing(&exact) {
            return exact;
        }
        let mut found = exact;
        for similar in self.names.similar(folder, &name) {
            found = self.step(similar, rest);
            if !is_missing(&found) {
                break;
            }
        }
        found
    }

    fn step(&mut self, path: PathBuf, rest: &[&[u8]]) -> io::Result<(PathBuf, FileKind)> {
        let kind = self.links.kind(&path, fs::symlink_metadata(&path)?.file_type().into())?;
        match kind {
            _ if rest.is_empty() => Ok((path, kind)),
            FileKind::Folder | FileKind::LinkedFolder => self.find(&path, rest),
            // Without --follow a link is not resolved: it could lead anywhere.
            _ => Ok((path, kind)),
        }
    }
}

fn is_missing(found: &io::Result<(PathBuf, FileKind)>) -> bool {
    found.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn is_dicomdir(path: &Path) -> bool {
    open_file(path).is_ok_and(|mut file| is_directory(&mut file))
}

/// Cached folder listings, by the normalized form of each name.
#[derive(Default)]
struct Names {
    folders: HashMap<PathBuf, HashMap<Vec<u8>, Vec<PathBuf>>>,
    count: usize,
}

impl Names {
    /// The paths in a folder whose names differ from `name` only in the ways of copied discs, sorted.
    fn similar(&mut self, folder: &Path, name: &OsStr) -> Vec<PathBuf> {
        if !self.folders.contains_key(folder) {
            self.look_through(folder);
        }
        let Some(names) = self.folders.get(folder) else { return Vec::new() };
        let mut similar = names.get(&comparable(name)).cloned().unwrap_or_default();
        similar.retain(|path| path.file_name() != Some(name));
        similar
    }

    fn look_through(&mut self, folder: &Path) {
        if self.count > MAX_KEPT_NAMES {
            (self.folders, self.count) = (HashMap::new(), 0);
        }
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let entries = fs::read_dir(here).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        // Sorted, so that of names that differ only in case every machine takes the same one.
        paths.sort_unstable();
        self.count += paths.len();
        let names = self.folders.entry(folder.to_path_buf()).or_default();
        for path in paths {
            let key = path.file_name().map(comparable).unwrap_or_default();
            names.entry(key).or_default().push(path);
        }
    }
}

/// The components of a File ID (PS3.10 8.2), also if separated by slashes; `None` if it could lead out of the folder.
fn components(file_id: &[u8]) -> Option<Vec<&[u8]>> {
    let end = file_id.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    let components = file_id.get(..end)?.split(|byte| matches!(byte, b'\\' | b'/')).map(<[u8]>::trim_ascii);
    let components: Vec<&[u8]> = components.filter(|name| *name != b".").collect();
    let is_name =
        |name: &&[u8]| !matches!(**name, [] | [b'.', b'.']) && !name.iter().any(|byte| matches!(byte, 0 | b':'));
    (!components.is_empty() && components.iter().all(is_name)).then_some(components)
}

/// A normalized name: without case, version number (`;1`), trailing dot and `.dcm`.
fn comparable(name: &OsStr) -> Vec<u8> {
    let name = name.as_encoded_bytes().to_ascii_lowercase();
    let base = name.split(|byte| *byte == b';').next().unwrap_or_default();
    let base = base.strip_suffix(b".").unwrap_or(base);
    base.strip_suffix(b".dcm").unwrap_or(base).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_id_never_leads_out_of_the_folder() {
        for (file_id, want) in [
            (b"DICOM\\IM1 ".as_slice(), Some(vec![b"DICOM".as_slice(), b"IM1"])),
            (b"IM1\0", Some(vec![b"IM1"])),
            (b"..\\IM1", None),
            (b"A\\..\\..\\IM1", None),
            (b".", None),
            (b"\\etc\\passwd", None),
            (b"/etc/passwd", None),
            (b"A\\/etc", None),
            (b"C:\\IM1", None),
            (b"A\0B", None),
            (b"A\\\\B", None),
            (b".\\DICOM\\IM1", Some(vec![b"DICOM", b"IM1"])),
            (b"./DICOM/IM1", Some(vec![b"DICOM", b"IM1"])),
            (b"DICOM/../IM1", None),
            (b".\\..\\IM1", None),
            (b"//host/share", None),
            (b"./", None),
            (b"", None),
            (b"  ", None),
        ] {
            assert_eq!(components(file_id), want, "{}", file_id.escape_ascii());
        }
    }

    #[test]
    fn names_are_compared_as_discs_have_them() {
        for name in ["im1", "IM1;1", "Im1.;1", "IM1.", "IM1.dcm", "im1.DCM;1"] {
            assert_eq!(comparable(OsStr::new(name)), b"im1", "{name}");
        }
    }
}
