//! Archive formats that are recognized but not supported, so that they are reported as lost instead of as no DICOM.

use super::zip;
use crate::dicom::bytes::RandomAccess;

/// The magic number and the name of each format.
const MAGIC: [(&[u8], &str); 8] = [
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"Rar!\x1A\x07", "a rar archive"),
    (b"\x1F\x9D", "a file that compress made (.Z)"),
    (b"\x1F\xA0", "a file that compress made (.Z)"),
    (b"LZIP\x01", "an lzip file"),
    (b"\x04\x22\x4D\x18", "an lz4 file"),
    (b"MSCF\0\0\0\0", "a cabinet"),
    (b"\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "an lzma file"),
];
/// Offset of the standard identifier in the first volume descriptor of a disc image (ECMA-119 8, ECMA-167 2/9).
const DESCRIPTOR: u64 = 16 * 2048 + 1;
/// Magic numbers of programs for Windows and Linux.
const PROGRAMS: [&[u8]; 2] = [b"MZ", b"\x7FELF"];

/// The unsupported format that starts with `head`.
pub(super) fn by_head(head: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}

/// The unsupported format that is recognized further into the file.
pub(super) fn by_file(file: &dyn RandomAccess, head: &[u8]) -> Option<&'static str> {
    let mut standard = [0; 5];
    let count = file.read_at(DESCRIPTOR, &mut standard).ok()?;
    if count == standard.len() && matches!(&standard, b"CD001" | b"BEA01") {
        return Some("a disc image (ISO 9660 or UDF)");
    }
    let is_program = PROGRAMS.iter().any(|magic| head.starts_with(magic));
    (is_program && zip::has_directory(file)).then_some("a self-extracting zip")
}
