//! The sample study with logical references, word for word in every release: `testdata/golden/sample`, whose line ends
//! and indents are for the reader.

use super::*;
use crate::fhir::release::{R4, R4B, R5, R6_BALLOT2, R6_BALLOT5};
use crate::fhir::sample;

/// A golden as the tool writes it.
fn unfold(golden: &str) -> String {
    golden.lines().map(str::trim_start).collect()
}

fn written(release: &Release) -> String {
    study_text(&linked(sample::maximal(), release, References::Logical), release)
}

#[test]
fn r4_and_r4b_are_written_word_for_word() {
    assert_eq!(written(&R4), unfold(IN_R4));
    assert_eq!(written(&R4B), unfold(IN_R4));
}

#[test]
fn r5_is_written_word_for_word() {
    assert_eq!(written(&R5), unfold(IN_R5));
}

#[test]
fn ballot2_is_r5_with_an_oid_for_the_sop_class() {
    let mut want = unfold(IN_R5);
    for (in_r5, in_ballot2) in [
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2""#,
        ),
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.7"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.7""#,
        ),
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1""#,
        ),
        (
            r#""sopClass":{"code":"CT Image"}"#,
            r#""_sopClass":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"error"}]}"#,
        ),
        (r#""sopClass":{"extension""#, r#""_sopClass":{"extension""#),
    ] {
        assert!(want.contains(in_r5), "{in_r5}");
        want = want.replace(in_r5, in_ballot2);
    }
    assert_eq!(written(&R6_BALLOT2), want);
}

#[test]
fn ballot5_is_written_word_for_word() {
    assert_eq!(written(&R6_BALLOT5), unfold(IN_R6_BALLOT5));
}

const IN_R4: &str = include_str!("../../../testdata/golden/sample/r4.json");
const IN_R5: &str = include_str!("../../../testdata/golden/sample/r5.json");
const IN_R6_BALLOT5: &str = include_str!("../../../testdata/golden/sample/r6-ballot5.json");
