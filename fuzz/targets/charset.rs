//! Any bytes as Specific Character Set, up to the first line feed, and as a value behind it: always text without
//! controls.
#![no_main]

use dcm2fhir::internals::dicom::charset::CharacterSet;
use dcm2fhir::internals::dicom::person_name::PersonName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (terms, value) = data.split_at(at);
    let set = CharacterSet::parse(terms);
    for decoded in [set.decode(value), set.decode_name(value)] {
        assert!(!decoded.text.chars().any(char::is_control), "{:?}", decoded.text);
        // No character takes more than three bytes of UTF-8 for one that it had.
        assert!(decoded.text.len() <= 4 * value.len());
        if let Some(name) = PersonName::parse(&decoded.text) {
            name.groups().for_each(|group| drop(group.display()));
        }
    }
    let text = set.decode_text(value).text;
    assert!(!text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')));
});
