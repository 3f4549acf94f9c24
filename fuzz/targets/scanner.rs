//! Any bytes as a file: the scan ends, and what it brings back can be walked. A stream gives the same as memory.
#![no_main]

use dcm2fhir::internals::dicom::bytes::Forward;
use dcm2fhir::internals::dicom::{Header, Levels, Scanner};
use dcm2fhir::internals::mapping;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let wanted = mapping::wanted();
    let (mut memory, mut stream) = (Header::default(), Header::default());
    let from_memory = Scanner::new().scan(&mut { data }, &wanted, &mut memory);
    let from_stream = Scanner::new().scan(&mut Forward::new(data, u64::MAX), &wanted, &mut stream);
    assert_eq!(from_memory, from_stream);
    assert_eq!(memory.faults, stream.faults);
    for level in [Levels::STUDY, Levels::SERIES, Levels::KIND, Levels::NUMBER] {
        assert_eq!(memory.fingerprint(level), stream.fingerprint(level));
    }
});
