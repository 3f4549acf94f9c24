//! Recognizes files of FHIR: JSON with a `resourceType`, also compressed, in an array or in UTF-16. The upload that
//! reads them reports invalid content.

use std::fs::File;
use std::io::{Read, Seek};

use flate2::read::GzDecoder;
use memchr::memmem;

use crate::dicom::json::is_dicom_json;

/// How much of a JSON file is searched.
const HEAD_BYTES: u64 = 256 << 10;
/// The magic number of gzip (RFC 1952 2.3.1).
const GZIP: [u8; 3] = [0x1F, 0x8B, 8];
/// The member that every resource has (R5 JSON 2.1.1).
const MEMBER: &[u8] = b"\"resourceType\"";

/// Whether a file contains FHIR. Afterwards it is rewound.
pub fn is_fhir(mut file: &File) -> bool {
    let mut start = [0; 64];
    let read = file.read(&mut start).unwrap_or(0);
    let is_it = match &start[..read] {
        start if start.starts_with(&GZIP) => names_a_resource(GzDecoder::new(Again { start, file })),
        start if may_be_json(start) => names_a_resource(Again { start, file }),
        _ => false,
    };
    // Later readers start at the beginning.
    file.rewind().is_ok() && is_it
}

/// Whether a stream that starts so may be FHIR: any JSON that is not DICOM JSON, so that invalid JSON is reported by
/// the upload.
pub fn may_be_fhir(start: &[u8]) -> bool {
    may_be_json(start) && !is_dicom_json(start) || start.starts_with(&GZIP) && names_a_resource(GzDecoder::new(start))
}

/// The bytes already read, then the rest of the file.
struct Again<'f> {
    start: &'f [u8],
    file: &'f File,
}

impl Read for Again<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.start.is_empty() { self.file.read(buffer) } else { self.start.read(buffer) }
    }
}

fn names_a_resource(reader: impl Read) -> bool {
    let mut head = Vec::new();
    // If the stream is damaged, the bytes before the damage are searched.
    let _ = reader.take(HEAD_BYTES).read_to_end(&mut head);
    if !may_be_json(&head) {
        return false;
    }
    // In UTF-16 each of these letters has a NUL.
    if head.contains(&0) {
        head.retain(|byte| *byte != 0);
    }
    memmem::find(&head, MEMBER).is_some()
}

/// Whether a text starts like a JSON object or array, in UTF-8 or UTF-16.
fn may_be_json(start: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let start = marks.iter().find_map(|mark| start.strip_prefix(*mark)).unwrap_or(start);
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    start.first() != Some(&0) && matches!(first, Some(b'{' | b'[')) || matches!(start, [0, b'{' | b'[', ..])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn found(bytes: &[u8]) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let is_fhir = is_fhir(&file);
        assert_eq!(file.stream_position().unwrap(), 0);
        is_fhir
    }

    #[test]
    fn fhir_is_json_that_names_a_resource_type() {
        let patient = "{\"resourceType\":\"Patient\"}";
        let wide = |big: bool| -> Vec<u8> {
            let units = patient.encode_utf16().map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            units.flatten().collect()
        };
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(patient.as_bytes()).unwrap();
        let mut sidecar = GzEncoder::new(Vec::new(), Compression::fast());
        sidecar.write_all(b"{\"EchoTime\":1}").unwrap();
        for (bytes, want) in [
            (patient.as_bytes().to_vec(), true),
            (format!("\u{feff} \n {patient}").into_bytes(), true),
            (format!("[{patient}]").into_bytes(), true),
            (wide(true), true),
            (wide(false), true),
            ([&b"\xFF\xFE"[..], &wide(false)].concat(), true),
            (gzip.finish().unwrap(), true),
            (sidecar.finish().unwrap(), false),
            (b"{\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"".to_vec(), true),
            (b"{\"EchoTime\":0.03}".to_vec(), false),
            (b"[1,2]".to_vec(), false),
            (b"".to_vec(), false),
            (b"\x08\x00\x05\x00".to_vec(), false),
            (b"\x1F\x8B\x08".to_vec(), false),
            ([&[0; 128][..], b"DICM\"resourceType\""].concat(), false),
        ] {
            assert_eq!(found(&bytes), want, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
