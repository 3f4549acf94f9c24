//! Any bytes as DICOM JSON: the instances end, and no more come than there is text for.
#![no_main]

use dcm2fhir::internals::dicom::Header;
use dcm2fhir::internals::dicom::json::Instances;
use dcm2fhir::internals::mapping;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (wanted, mut header, mut source) = (mapping::wanted(), Header::default(), data);
    let mut instances = Instances::new(&mut source);
    let mut count = 0;
    while instances.next(&wanted, &mut header).is_some() {
        count += 1;
    }
    // An element of an array takes two bytes, and the end of a broken text comes once more.
    assert!(count <= data.len() / 2 + 2);
});
