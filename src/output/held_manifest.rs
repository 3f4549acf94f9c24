//! Checks whether a manifest lacks instances that the existing file refers to, or the existing file is no manifest:
//! neither is replaced.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::xxh3_64;

use crate::dicom::{Header, Levels, Scanner, Tag, Wanted};

/// Bytes of a file that are searched at once.
const CHUNK_BYTES: usize = 1 << 16;
/// The bytes of Referenced SOP Instance UID (0008,1155) up to its length.
const REFERENCED: [u8; 6] = [0x08, 0x00, 0x55, 0x11, b'U', b'I'];
/// The longest such element: the UID has at most 64 bytes.
const MAX_ELEMENT_BYTES: usize = REFERENCED.len() + 2 + 64;

/// Whether the old file is DICOM, and is not to be replaced by the new one. `None` where it is no DICOM.
pub(super) fn loses_references(old: &Path, new: &Path) -> Option<bool> {
    let old_study = study(old)?;
    if old_study.is_none() || study(new)? != old_study {
        return Some(true);
    }
    let (Ok(old), Ok(new)) = (references(old), references(new)) else { return Some(true) };
    Some(!old.is_subset(&new))
}

/// The Study Instance UID of a file that is a manifest of ours, or a value for one that is not; `None` where it is no
/// DICOM.
fn study(path: &Path) -> Option<Option<Vec<u8>>> {
    let paths: [&[Tag]; 2] = [&[tags::STUDY_INSTANCE_UID], &[tags::CONCEPT_NAME_CODE_SEQUENCE, tags::CODE_VALUE]];
    let wanted = Wanted::new(paths.map(|path| (path, Levels::STUDY)), |_| tags::CONCEPT_NAME_CODE_SEQUENCE);
    let (mut file, mut header) = (File::open(path).ok()?, Header::default());
    Scanner::new().scan(&mut file, &wanted, &mut header).ok()?;
    let root = header.root();
    let title = root.items(tags::CONCEPT_NAME_CODE_SEQUENCE).next();
    let is_manifest = title.and_then(|title| title.bytes(tags::CODE_VALUE)).is_some_and(|code| code == b"131560");
    Some(root.bytes(tags::STUDY_INSTANCE_UID).filter(|_| is_manifest).map(<[u8]>::to_vec))
}

/// The hashes of all UIDs that a file of Explicit VR Little Endian refers to.
fn references(path: &Path) -> io::Result<HashSet<u64>> {
    let (mut file, mut bytes, mut found) = (File::open(path)?, Vec::new(), HashSet::new());
    loop {
        let read = file.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
        found.extend(bytes.windows(MAX_ELEMENT_BYTES).filter_map(referenced));
        if read == 0 {
            // An element at the very end is shorter than a window.
            bytes.resize(bytes.len() + MAX_ELEMENT_BYTES, 0);
            found.extend(bytes.windows(MAX_ELEMENT_BYTES).filter_map(referenced));
            return Ok(found);
        }
        let done = bytes.len().saturating_sub(MAX_ELEMENT_BYTES - 1);
        bytes.drain(..done);
    }
}

/// The hash of the UID of an element that begins here.
fn referenced(bytes: &[u8]) -> Option<u64> {
    let [low, high, rest @ ..] = bytes.strip_prefix(&REFERENCED)? else { return None };
    let uid = rest.get(..usize::from(u16::from_le_bytes([*low, *high])))?;
    Some(xxh3_64(uid))
}
