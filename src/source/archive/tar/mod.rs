//! A tar (POSIX ustar and pax, GNU, and the older form without a magic number), read from front to back.
//!
//! A long name is the data of an entry before the one that it names; it is read up to a limit. The crate `tar` parses
//! the headers only: its reader keeps names of any length in memory, and reads data that could be skipped.

mod pax;

use tar::{EntryType, Header};

use crate::dicom::bytes::Bytes;
use crate::issue::Skip;

use super::part::Part;
use super::{Visit, damaged};
use pax::Extended;

/// The unit of a tar.
const BLOCK_BYTES: u64 = 512;
/// The most bytes read of a long name or of extended attributes.
const MAX_EXTENDED_BYTES: u64 = 64 << 10;
/// The checksum field of a header, which counts as spaces in the checksum.
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// The flag of an entry with the name of the whole archive.
const VOLUME: u8 = b'V';

/// Visits the entries that are not folders. Links and devices have no bytes.
pub(super) fn read(source: &mut dyn Bytes, visit: Visit<'_>) -> Result<(), Skip> {
    let mut at = 0;
    let mut extended = Extended::default();
    while let Some(header) = next(source, at)? {
        let (kind, start) = (header.entry_type(), at + BLOCK_BYTES);
        let size = extended.size.filter(|_| !is_extension(kind)).map_or_else(|| size(&header), Ok)?;
        at = start.checked_add(size).and_then(|end| end.checked_next_multiple_of(BLOCK_BYTES)).ok_or(Skip::Cut)?;
        match kind {
            EntryType::GNULongName => extended.name = Some(pax::name(&attributes(source, start, size)?)),
            EntryType::XHeader => extended.add(&attributes(source, start, size)?),
            _ if is_extension(kind) => {}
            EntryType::Directory => extended = Extended::default(),
            _ => {
                let Extended { name, sparse, .. } = std::mem::take(&mut extended);
                let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
                let mut part = Part::new(&mut *source, start, size);
                let bytes: Result<&mut dyn Bytes, Skip> = match kind {
                    _ if is_link(kind) => Err(Skip::NotRegular),
                    _ if sparse || kind == EntryType::GNUSparse => Err(Skip::Unsupported("a sparse file".to_string())),
                    // POSIX: an unknown type is a regular file.
                    _ => Ok(&mut part),
                };
                if visit(Some(&name), bytes).is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The header at an offset; `None` at the end-of-archive block, without which the archive is truncated.
fn next(source: &mut dyn Bytes, at: u64) -> Result<Option<Header>, Skip> {
    let mut header = Header::new_old();
    let count = source.read_at(at, header.as_mut_bytes()).map_err(|error| damaged(&error))?;
    match header.as_bytes() {
        block if count < block.len() => Err(Skip::Cut),
        block if block.iter().all(|byte| *byte == 0) => Ok(None),
        block if is_header(block) => Ok(Some(header)),
        _ => Err(no_header()),
    }
}

/// Whether a block is a header: its checksum is right.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<{ BLOCK_BYTES as usize }>() else { return false };
    let header = Header::from_byte_slice(block);
    let Ok(sum) = header.cksum() else { return false };
    let as_read = |(at, byte): (usize, &u8)| if CHECKSUM.contains(&at) { b' ' } else { *byte };
    let bytes = || block.iter().enumerate().map(as_read);
    let unsigned: u32 = bytes().map(u32::from).sum();
    // Some old writers sum signed bytes.
    let signed: i32 = bytes().map(|byte| i32::from(byte.cast_signed())).sum();
    sum > 0 && (sum == unsigned || i32::try_from(sum) == Ok(signed))
}

/// The size of the data. Links have none, whatever the header says, and some writers leave the size of an empty file
/// out.
fn size(header: &Header) -> Result<u64, Skip> {
    let field = header.as_old().size;
    // Base-256 with more than 64 bits, or negative.
    let is_huge = field[0] >= 0x80 && field[..4] != [0x80, 0, 0, 0];
    match header.entry_size() {
        _ if is_link(header.entry_type()) || field[0] == 0 => Ok(0),
        Ok(size) if !is_huge => Ok(size),
        _ => Err(no_header()),
    }
}

fn no_header() -> Skip {
    Skip::Compressed("no header where an entry should start".to_string())
}

fn is_link(kind: EntryType) -> bool {
    kind.is_hard_link() || kind.is_symlink() || kind.is_character_special() || kind.is_block_special() || kind.is_fifo()
}

/// Whether it describes the next entry or the whole archive.
fn is_extension(kind: EntryType) -> bool {
    use EntryType::{GNULongLink, GNULongName, XGlobalHeader, XHeader};
    matches!(kind, GNULongName | GNULongLink | XHeader | XGlobalHeader) || kind.as_byte() == VOLUME
}

/// The data of an entry that describes the next one, up to a limit.
fn attributes(source: &mut dyn Bytes, start: u64, size: u64) -> Result<Vec<u8>, Skip> {
    let mut bytes = vec![0; usize::try_from(size.min(MAX_EXTENDED_BYTES)).unwrap_or_default()];
    let count = source.read_at(start, &mut bytes).map_err(|error| damaged(&error))?;
    bytes.truncate(count);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_octal_or_binary() {
        for (field, want) in [
            (b"00000001750\0", Some(1000)),
            (b"     1750 \0\0", Some(1000)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Some(0)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(2 << 32)),
            (b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", None),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"9\0\0\0\0\0\0\0\0\0\0\0", None),
        ] {
            let mut header = Header::new_ustar();
            header.as_old_mut().size = *field;
            assert_eq!(size(&header).ok(), want, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn zeros_and_text_are_no_header() {
        assert!(!is_header(&[0; 512]));
        assert!(!is_header(&[b' '; 512]));
        assert!(!is_header(b"short"));
    }
}
