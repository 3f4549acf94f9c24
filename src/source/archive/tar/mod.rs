//! A tar (POSIX ustar and pax, GNU, and the older form without a magic number), read from front to back.
//!
//! Long names stand in entries of their own in front of the one that they name; of those no more is read than a name can
//! be long.

mod header;
mod pax;

use crate::dicom::bytes::Bytes;
use crate::issue::Skip;

use super::part::Part;
use super::{Visit, damaged};
use header::{Header, Kind};
use pax::Extended;

pub(super) use header::is_header;

/// The unit of a tar.
const BLOCK_BYTES: u64 = 512;
/// The most bytes that are read of a name or of extended attributes.
const MAX_EXTENDED_BYTES: u64 = 64 << 10;

/// Visits the entries that hold files. Links and devices have no bytes; folders are passed over.
pub(super) fn read(source: &mut dyn Bytes, visit: Visit<'_>) -> Result<(), Skip> {
    let mut at = 0;
    let mut extended = Extended::default();
    while let Some(header) = next(source, at)? {
        let start = at + BLOCK_BYTES;
        let size = extended.size.filter(|_| !header.kind.is_extension()).unwrap_or(header.size);
        at = start.checked_add(size).and_then(|end| end.checked_next_multiple_of(BLOCK_BYTES)).ok_or(Skip::Cut)?;
        match header.kind {
            Kind::LongName => extended.name = Some(pax::name(&attributes(source, start, size)?)),
            Kind::Pax => extended.add(&attributes(source, start, size)?),
            Kind::Ignored => {}
            Kind::Folder => extended = Extended::default(),
            Kind::File | Kind::Sparse | Kind::Other => {
                let Extended { name, sparse, .. } = std::mem::take(&mut extended);
                let name = name.unwrap_or(header.name);
                let mut part = Part::new(&mut *source, start, size);
                let bytes: Result<&mut dyn Bytes, Skip> = match header.kind {
                    Kind::Other => Err(Skip::NotRegular),
                    Kind::File if !sparse => Ok(&mut part),
                    _ => Err(Skip::Unsupported("a sparse file".to_string())),
                };
                if visit(Some(&name), bytes).is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The header at an offset; `None` where the mark of the end stands there. Without that mark the archive was cut.
fn next(source: &mut dyn Bytes, at: u64) -> Result<Option<Header>, Skip> {
    let mut block = [0; BLOCK_BYTES as usize];
    let count = source.read_at(at, &mut block).map_err(|error| damaged(&error))?;
    if count < block.len() {
        return Err(Skip::Cut);
    }
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    Header::read(&block).map(Some).ok_or_else(|| Skip::Compressed("no header where an entry should start".to_string()))
}

/// The data of an entry that says more of the next.
fn attributes(source: &mut dyn Bytes, start: u64, size: u64) -> Result<Vec<u8>, Skip> {
    let mut bytes = vec![0; usize::try_from(size.min(MAX_EXTENDED_BYTES)).unwrap_or_default()];
    let count = source.read_at(start, &mut bytes).map_err(|error| damaged(&error))?;
    bytes.truncate(count);
    Ok(bytes)
}
