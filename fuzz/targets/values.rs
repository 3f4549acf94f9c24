//! Any text as a value of each VR: taken or refused, and what is taken is in range.
#![no_main]

use dcm2fhir::internals::dicom::person_name::PersonName;
use dcm2fhir::internals::dicom::value::{
    Offset, Time, date, is_fhir_id, is_oid, plain_number, trim_uid, unsigned,
};
use dcm2fhir::internals::mapping::zone::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = (plain_number(data), trim_uid(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(date) = date(text) {
        assert!((1..=12).contains(&date.month()) && (1..=31).contains(&date.day()));
    }
    if let Some(offset) = Offset::parse(text) {
        assert!((-12 * 60..=14 * 60).contains(&offset.minutes()));
    }
    let _ = unsigned(text);
    if is_fhir_id(text) {
        assert!((1..=64).contains(&text.len()));
    }
    let _ = (Time::parse(text), is_oid(text), TimeZone::parse(text));
    if let Some(name) = PersonName::parse(text) {
        let _ = (name.display(), name.is_overlong());
    }
});
