//! Checks whether a catalog has fewer rows than the existing one: a run over a part of an archive would otherwise
//! delete the rest.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

/// The first column of every catalog.
const FIRST_COLUMN: &[u8] = b"PatientID";

/// Whether both files are catalogs as CSV, and the old one has more rows.
pub(super) fn loses_rows(old: &Path, new: &Path) -> bool {
    // Most documents are no catalogs, and then the new one is not read.
    rows(old).is_some_and(|old| rows(new).is_some_and(|new| old > new))
}

/// The number of rows; `None` if the file is no catalog.
fn rows(path: &Path) -> Option<usize> {
    let (mut file, mut start) = (File::open(path).ok()?, [0; FIRST_COLUMN.len()]);
    file.read_exact(&mut start).ok().filter(|()| start == FIRST_COLUMN)?;
    file.rewind().ok()?;
    let records = csv::ReaderBuilder::new().flexible(true).from_reader(file).into_byte_records();
    Some(records.map_while(Result::ok).count())
}
