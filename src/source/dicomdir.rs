//! A DICOMDIR as input: the files that it lists, below its own folder and never outside (PS3.10 8).
//!
//! Discs that were copied have lower-case names, or the version numbers of ISO 9660 behind them: what is not there by
//! its name is looked for without regard to these.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::batch::Feed;
use super::links::{Kind, Links};
use super::list::os_string;
use super::open::{open_file, unreadable};
use super::{Item, Name};
use crate::dicom::scan::referenced_files;
use crate::issue::Skip;

/// Gives the files that a DICOMDIR lists; false where the file is none.
pub(super) fn read(path: &Path, links: Links, feed: &mut Feed) -> bool {
    let Ok(mut file) = open_file(path) else { return false };
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = Listed { path, folder, links, names: None };
    let result = referenced_files(&mut file, &mut |file_id| files.take(file_id, feed));
    result.unwrap_or_else(|skip| {
        feed.skip(Name::file(path), skip);
        true
    })
}

/// Finds listed files.
struct Listed<'p> {
    path: &'p Path,
    folder: &'p Path,
    links: Links,
    /// The names in the folder that was looked through last, each by the form in which names are compared.
    names: Option<(PathBuf, HashMap<Vec<u8>, PathBuf>)>,
}

impl Listed<'_> {
    fn take(&mut self, file_id: &[u8], feed: &mut Feed) {
        let Some(components) = components(file_id) else {
            let entry = String::from_utf8_lossy(file_id.trim_ascii_end()).into_owned();
            return feed.skip(Name { file: self.path.to_path_buf(), entry: Some(entry) }, Skip::OutsideFolder);
        };
        let name = |path: &Path| Name::file(path.strip_prefix(".").unwrap_or(path));
        match self.find(&components) {
            Ok((path, Kind::File)) => feed.item(Item::at(name(&path).file)),
            Ok((path, _)) => feed.skip(name(&path), Skip::NotRegular),
            Err((path, error)) if error.kind() == io::ErrorKind::NotFound => feed.skip(name(&path), Skip::Missing),
            Err((path, error)) => feed.skip(name(&path), unreadable(&error)),
        }
    }

    /// The path of a listed file and what stands there, or how far it leads and why no further.
    fn find(&mut self, components: &[&[u8]]) -> Result<(PathBuf, Kind), (PathBuf, io::Error)> {
        let (mut path, mut kind) = (self.folder.to_path_buf(), Kind::Folder);
        for (at, component) in components.iter().enumerate() {
            let whole = || path.join(components[at..].iter().map(|name| os_string(name)).collect::<PathBuf>());
            if !matches!(kind, Kind::Folder | Kind::LinkedFolder) {
                // A link that is not followed could lead anywhere.
                return Ok((path, Kind::Other));
            }
            let (next, metadata) = self.step(&path, component).map_err(|error| (whole(), error))?;
            kind = self.links.kind(&next, metadata.file_type()).map_err(|error| (whole(), error))?;
            path = next;
        }
        Ok((path, kind))
    }

    /// What a name leads to in a folder.
    fn step(&mut self, folder: &Path, component: &[u8]) -> io::Result<(PathBuf, Metadata)> {
        let path = folder.join(os_string(component));
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let similar = self.similar(folder, component).ok_or(error)?;
                fs::symlink_metadata(&similar).map(|metadata| (similar, metadata))
            }
            result => result.map(|metadata| (path, metadata)),
        }
    }

    fn similar(&mut self, folder: &Path, component: &[u8]) -> Option<PathBuf> {
        if self.names.as_ref().is_none_or(|(known, _)| known != folder) {
            let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let mut entries: Vec<PathBuf> = fs::read_dir(here).ok()?.flatten().map(|entry| entry.path()).collect();
            // Of names that only case tells apart, the same one is taken everywhere.
            entries.sort_unstable_by(|a, b| b.cmp(a));
            let by_name = |path: PathBuf| Some((comparable(path.file_name()?), path));
            self.names = Some((folder.to_path_buf(), entries.into_iter().filter_map(by_name).collect()));
        }
        self.names.as_ref()?.1.get(&comparable(&os_string(component))).cloned()
    }
}

/// The components of a File ID (PS3.10 8.2); `None` where one could lead out of the folder.
fn components(file_id: &[u8]) -> Option<Vec<&[u8]>> {
    let end = file_id.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    let components: Vec<&[u8]> = file_id.get(..end)?.split(|byte| *byte == b'\\').map(<[u8]>::trim_ascii).collect();
    let is_name = |name: &&[u8]| {
        !matches!(**name, [] | [b'.'] | [b'.', b'.']) && !name.iter().any(|byte| matches!(byte, 0 | b'/' | b':'))
    };
    components.iter().all(is_name).then_some(components)
}

/// A name without regard to case, a version number (`;1`), and a dot at its end.
fn comparable(name: &OsStr) -> Vec<u8> {
    let name = name.as_encoded_bytes();
    let base = name.split(|byte| *byte == b';').next().unwrap_or_default();
    base.strip_suffix(b".").unwrap_or(base).to_ascii_lowercase()
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
            (b"", None),
            (b"  ", None),
        ] {
            assert_eq!(components(file_id), want, "{}", file_id.escape_ascii());
        }
    }

    #[test]
    fn names_are_compared_as_discs_have_them() {
        for name in ["im1", "IM1;1", "Im1.;1", "IM1."] {
            assert_eq!(comparable(OsStr::new(name)), b"im1", "{name}");
        }
    }
}
