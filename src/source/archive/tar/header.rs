//! The header of an entry: one block of 512 bytes.

use std::ops::Range;

/// The fields that are looked at (POSIX.1-2001, pax, ustar Interchange Format).
const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// The name of the next entry, as GNU writes it.
    LongName,
    /// More about the next entry, as POSIX has it.
    Pax,
    /// A file with holes, of which only the rest is stored.
    Sparse,
    /// About the whole archive, or about the target of a link.
    Ignored,
    /// A link, device or FIFO.
    Other,
}

impl Kind {
    fn of(flag: u8) -> Kind {
        match flag {
            b'1'..=b'4' | b'6' => Kind::Other,
            b'5' => Kind::Folder,
            b'L' => Kind::LongName,
            b'x' => Kind::Pax,
            b'S' => Kind::Sparse,
            b'g' | b'K' | b'V' => Kind::Ignored,
            // By POSIX what is not known is a file.
            _ => Kind::File,
        }
    }

    /// Whether it stands in front of the entry that it is about.
    pub fn is_extension(self) -> bool {
        matches!(self, Kind::LongName | Kind::Pax | Kind::Ignored)
    }
}

/// What the header of an entry says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub name: Vec<u8>,
    pub size: u64,
    pub kind: Kind,
}

/// Whether the block is a header: its checksum is right.
pub fn is_header(block: &[u8]) -> bool {
    let (Some(block), Some(sum)) = (block.get(..512), block.get(CHECKSUM).and_then(octal)) else { return false };
    let as_read = |at: usize, byte: u8| if CHECKSUM.contains(&at) { b' ' } else { byte };
    let bytes = || block.iter().enumerate().map(|(at, byte)| as_read(at, *byte));
    let unsigned: u64 = bytes().map(u64::from).sum();
    // Some old writers took bytes for signed numbers.
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    sum > 0 && (sum == unsigned || i64::try_from(sum) == Ok(signed))
}

impl Header {
    /// The header in a block; `None` where there is none.
    pub fn read(block: &[u8; 512]) -> Option<Header> {
        let kind = Kind::of(block[KIND]);
        // Links have no data, whatever their size says.
        let size = if kind == Kind::Other { 0 } else { number(&block[SIZE])? };
        is_header(block).then(|| Header { name: name(block), size, kind })
    }
}

fn name(block: &[u8; 512]) -> Vec<u8> {
    let (prefix, name) = (text(&block[PREFIX]), text(&block[NAME]));
    // GNU has other things in the place of the prefix.
    if &block[MAGIC] != b"ustar\0" || prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

/// A field up to its NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in GNU's binary form.
fn number(field: &[u8]) -> Option<u64> {
    let Some((0x80, digits)) = field.split_first() else { return octal(field) };
    let (high, low) = digits.split_last_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field).trim_ascii();
    let digit = |value: u64, byte: &u8| match byte {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    };
    digits.iter().try_fold(0, digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, want) in [
            (b"00000001750\0".as_slice(), Some(1000)),
            (b"     1750 \0\0", Some(1000)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Some(0)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(2 << 32)),
            (b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", None),
            (b"\x80\x01\0\0\0\0\0\0\0\0\0\0", None),
            (b"9", None),
        ] {
            assert_eq!(number(field), want, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn zeros_and_text_are_no_header() {
        assert!(!is_header(&[0; 512]));
        assert!(!is_header(&[b' '; 512]));
        assert!(!is_header(b"short"));
    }
}
