//! Any bytes as a DICOMDIR: the listing ends, and lists no more than there is.
#![no_main]

use dcm2fhir::internals::dicom::scan::referenced_files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut listed_bytes = 0;
    let _ = referenced_files(&mut { data }, &mut |reference| listed_bytes += reference.file_id.len() + 8);
    assert!(listed_bytes <= data.len());
});
