//! Checks that FHIR input is of the server's release: servers silently drop elements that only other releases have.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::fhir::Release;
use crate::fhir::release::{CodedElement, Datatype, EndpointForm, SopClassForm};
use crate::upload::json::finder;
use crate::upload::package::kind;

/// A resource type, the beginning of an element as text, and whether a release writes it so.
type Shape = (&'static str, &'static str, fn(&Release) -> bool);

const STUDY: &str = "ImagingStudy";

/// Elements by which releases differ. The text includes the preceding delimiter: inside a string its quotes would be
/// escaped.
const SHAPES: &[Shape] = &[
    (STUDY, r#""modality":{"coding""#, |release| !is_coding(release.modality)),
    (STUDY, r#""modality":[{"coding""#, |release| !is_coding(release.modality)),
    (STUDY, r#""modality":{"system""#, |release| is_coding(release.modality)),
    (STUDY, r#""modality":{"code""#, |release| is_coding(release.modality)),
    (STUDY, r#""modality":[{"system""#, |release| is_coding(release.modality)),
    (STUDY, r#""modality":[{"code":"#, |release| is_coding(release.modality)),
    (STUDY, r#""sopClass":{"#, |release| release.sop_class == SopClassForm::Coding),
    (STUDY, r#""sopClass":""#, |release| release.sop_class == SopClassForm::Oid),
    (STUDY, r#""bodySite":{"system""#, |release| is_coding(release.body_site)),
    (STUDY, r#""bodySite":{"code""#, |release| is_coding(release.body_site)),
    (STUDY, r#""bodySite":{"display""#, |release| is_coding(release.body_site)),
    (STUDY, r#""bodySite":{"concept""#, |release| !is_coding(release.body_site) && !release.body_site.is_list),
    (STUDY, r#""bodySite":["#, |release| release.body_site.is_list),
    (STUDY, r#""procedureCode":["#, |release| release.procedure.name == "procedureCode"),
    (STUDY, r#""procedure":[{"concept""#, |release| release.procedure.datatype == Datatype::CodeableReference),
    (STUDY, r#""procedure":[{"reference":""#, |release| release.procedure.datatype == Datatype::Reference),
    (STUDY, r#""reasonCode":["#, |release| release.reason.name == "reasonCode"),
    (STUDY, r#""reason":[{"concept""#, |release| release.reason.name == "reason"),
    (STUDY, r#""interpreter":["#, |release| release.interpreter),
    (STUDY, r#""partOf":["#, |release| release.part_of),
    (STUDY, r#""laterality":{"#, |release| release.laterality.is_some()),
    (STUDY, r#""numberOfFrames":"#, |release| release.number_of_frames),
    ("Device", r#""deviceName":["#, |release| release.companions.device.name == "deviceName"),
    ("Device", r#""name":[{"#, |release| release.companions.device.name == "name"),
    ("Device", r#""deviceVersion":["#, |release| release.companions.device.version == "deviceVersion"),
    ("Encounter", r#""class":{"#, |release| release.companions.encounter_class),
    ("Encounter", r#""class":["#, |release| !release.companions.encounter_class),
    ("ServiceRequest", r#""reasonCode":["#, |release| release.companions.order_reason.name == "reasonCode"),
    ("ServiceRequest", r#""code":{"concept""#, |release| {
        release.companions.order_code.datatype == Datatype::CodeableReference
    }),
    ("Endpoint", r#""payloadType":["#, |release| release.companions.endpoint == EndpointForm::PayloadType),
    ("Endpoint", r#""payload":["#, |release| release.companions.endpoint == EndpointForm::Payload),
];

fn is_coding(element: CodedElement) -> bool {
    matches!(element.datatype, Datatype::Coding(_))
}

/// What precedes the first series.
const SERIES: &str = r#","series":["#;
/// How much of the series is searched: the first shows the release, the rest is mostly a list of instances.
const SERIES_BYTES: usize = 1024;
/// How much of a resource is searched at least.
const MIN_BYTES: usize = 4096;

/// Finds it.
static SERIES_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| finder(SERIES));

/// Finders of these texts.
static FINDERS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| SHAPES.iter().map(|(_, start, _)| finder(start)).collect());

/// Fails for a resource, on one line, of another release.
pub fn check(text: &str, release: &Release) -> Result<(), String> {
    let kind = kind(text).unwrap_or_default();
    let series = SERIES_FINDER.find(text.as_bytes()).unwrap_or_default();
    let searched = MIN_BYTES.max(series + SERIES_BYTES);
    let beginning = &text.as_bytes()[..text.len().min(searched)];
    let is_strange = |((of, _, is_so), finder): &(&Shape, &Finder<'_>)| {
        *of == kind && !is_so(release) && finder.find(beginning).is_some()
    };
    let Some(((_, start, _), _)) = SHAPES.iter().zip(FINDERS.iter()).find(is_strange) else { return Ok(()) };
    let element = start.trim_start_matches('"').split('"').next().unwrap_or_default();
    Err(format!(
        "{kind}.{element} is not as {} ({}) has it, which the server takes: convert with --fhir {}",
        release.name, release.version, release.name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_of_another_release_is_found() {
        let (r4, r5, r6) = (["r4", "r4b"], ["r5"], ["r6-ballot2", "r6-ballot5"]);
        let r5_on: Vec<&str> = r5.iter().chain(&r6).copied().collect();
        for (text, fits) in [
            (r#"{"resourceType":"ImagingStudy","modality":[{"system":"s","code":"CT"}]}"#, &r4[..]),
            (r#"{"resourceType":"ImagingStudy","modality":[{"coding":[{"code":"CT"}]}]}"#, &r5_on),
            (r#"{"resourceType":"ImagingStudy","series":[{"instance":[{"sopClass":"urn:oid:1"}]}]}"#, &r6),
            (r#"{"resourceType":"ImagingStudy","series":[{"bodySite":[{"concept":{}}]}]}"#, &r6[1..]),
            (r#"{"resourceType":"Device","deviceName":[{}]}"#, &r4),
            (r#"{"resourceType":"Encounter","class":[]}"#, &r5_on),
            (r#"{"resourceType":"Endpoint","payloadType":[{}]}"#, &r4),
            (r#"{"resourceType":"ServiceRequest","code":{"concept":{}}}"#, &r5_on),
        ] {
            for release in Release::ALL {
                let is_fit = check(text, release).is_ok();
                assert_eq!(is_fit, fits.contains(&release.name), "{text} {}", release.name);
            }
        }
        let late = r#"{"resourceType":"ImagingStudy","series":[{"uid":"1"}],"#.to_string()
            + &format!(r#""description":"{}""#, "d".repeat(2000));
        let late = late + r#","procedureCode":[{"text":"x"}]}"#;
        assert!(check(&late, Release::parse("r6").unwrap()).is_err(), "what stands behind the series");
        let long = format!(
            r#"{{"resourceType":"ImagingStudy","description":"{}","series":[{{"modality":{{"system":"s"}}}}]}}"#,
            "d".repeat(9000)
        );
        assert!(check(&long, Release::parse("r5").unwrap()).is_err(), "a series that begins late");
        let other = r#"{"resourceType":"Observation","bodySite":{"coding":[]},"partOf":[],"interpreter":[1]}"#;
        assert!(Release::ALL.iter().all(|release| check(other, release).is_ok()));
    }
}
