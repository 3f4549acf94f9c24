//! What is computed over a study and its series, from instances to the neutral model.

use dicom_dictionary_std::tags;

use super::*;
use crate::fhir::release::{R4, R5, R6_BALLOT2, R6_BALLOT5, Release};
use crate::fhir::{Resource, ResourceType};
use crate::group::sample::{CT, REPORT, instance, of_study, studies};
use crate::mapping::sample::{Sample, code, concept, identifier, issuer, items, reference, text};

fn options(release: &'static Release) -> ContentOptions {
    ContentOptions::of(release)
}

/// What `see` finds in the study of these instances, and the reasons of the issues that the finish adds.
fn finished<T>(
    instances: &[Vec<Sample>],
    options: &ContentOptions,
    see: impl Fn(&ImagingStudy<'_>) -> T,
) -> (T, Vec<(&'static str, Reason)>) {
    let mut found = studies(instances);
    let resolved = found[0].resolve(&crate::mapping::Options::default());
    let Finished { study, issues, .. } = imaging_study(&resolved, options);
    (see(&study), issues.iter().map(|(_, issue)| (issue.element, issue.reason)).collect())
}

/// Images of one series, each with these attributes more.
fn series(images: &[Vec<Sample>]) -> Vec<Vec<Sample>> {
    (1..).zip(images).map(|(n, more)| instance("1.2.1", &format!("1.{n}"), CT, more)).collect()
}

fn region(value: &str, meaning: &str) -> Sample {
    items(tags::ANATOMIC_REGION_SEQUENCE, [code(value, "SCT", meaning)])
}

fn part(term: &str) -> Sample {
    text(tags::BODY_PART_EXAMINED, term)
}

fn side(value: &str) -> Sample {
    text(tags::IMAGE_LATERALITY, value)
}

fn body_sites(images: &[Vec<Sample>], release: &'static Release) -> (Vec<String>, bool) {
    let sites = |study: &ImagingStudy<'_>| study.series.as_ref().unwrap()[0].body_site.iter().map(concept).collect();
    let (sites, issues) = finished(&series(images), &options(release), sites);
    (sites, issues.contains(&("series.bodySite", Reason::Disagrees)))
}

#[test]
fn a_body_site_is_what_the_images_agree_on_else_their_body_part_else_none() {
    const KNEE: &str = "http://snomed.info/sct|72696002 Knee";
    let knee = || region("72696002", "Knee");
    for (images, want, disagree) in [
        (vec![vec![knee()], vec![knee()]], vec![KNEE], false),
        (vec![vec![knee()], vec![region("72696002", "Knie")]], vec![KNEE], false),
        (vec![vec![knee()], vec![]], vec![KNEE], false),
        (vec![vec![knee()], vec![part("KNEE")]], vec![KNEE], false),
        (
            vec![vec![knee(), part("LEG")], vec![region("70258002", "Ankle"), part("LEG")]],
            vec!["http://snomed.info/sct|30021000 Lower leg"],
            false,
        ),
        (vec![vec![knee()], vec![region("70258002", "Ankle")]], vec![], true),
        (vec![vec![part("KNEE")], vec![part("ANKLE")]], vec![], true),
        (vec![vec![]], vec![], false),
    ] {
        let want: Vec<String> = want.into_iter().map(str::to_string).collect();
        for release in [&R4, &R5, &R6_BALLOT2] {
            assert_eq!(body_sites(&images, release), (want.clone(), disagree), "{} {images:?}", release.name);
        }
    }
}

#[test]
fn a_release_that_can_say_many_has_every_body_site_with_the_side_as_text() {
    let knee = || region("72696002", "Knee joint");
    for (images, want) in [
        (vec![vec![knee(), side("L")]], vec!["http://snomed.info/sct|72696002 Knee joint: Left knee joint"]),
        (vec![vec![knee()]], vec!["http://snomed.info/sct|72696002 Knee joint"]),
        (vec![vec![knee(), side("U")]], vec!["http://snomed.info/sct|72696002 Knee joint"]),
        (vec![vec![side("R")]], vec![": Right"]),
        (vec![vec![part("Kniegelenk li"), side("L")]], vec![": Left kniegelenk li"]),
        (vec![vec![region("72696002", ""), side("L")]], vec!["http://snomed.info/sct|72696002: Left"]),
        (
            vec![vec![knee(), side("B")], vec![region("70258002", "Ankle"), side("B")]],
            vec![
                "http://snomed.info/sct|70258002 Ankle: Bilateral ankle",
                "http://snomed.info/sct|72696002 Knee joint: Bilateral knee joint",
            ],
        ),
        (vec![vec![knee(), side("L")], vec![knee(), side("R")]], vec!["http://snomed.info/sct|72696002 Knee joint"]),
    ] {
        let want: Vec<String> = want.into_iter().map(str::to_string).collect();
        assert_eq!(body_sites(&images, &R6_BALLOT5), (want, false), "{images:?}");
    }
}

#[test]
fn a_side_is_what_the_images_agree_on_and_none_where_they_do_not() {
    let disagrees = vec![("series.laterality", Reason::Disagrees)];
    for (images, want, issues) in [
        (vec![vec![side("L")], vec![side("L")]], Some("Left"), vec![]),
        (vec![vec![side("L")], vec![]], Some("Left"), vec![]),
        (vec![vec![side("U")], vec![side("U")]], None, vec![]),
        (vec![vec![side("L")], vec![side("R")]], None, disagrees.clone()),
        (vec![vec![side("L")], vec![side("U")]], None, disagrees.clone()),
        (vec![vec![side("L"), text(tags::LATERALITY, "R")]], None, disagrees),
        (vec![vec![]], None, vec![]),
    ] {
        let laterality = |study: &ImagingStudy<'_>| {
            let side = study.series.as_ref().unwrap()[0].laterality.as_ref();
            side.and_then(CodeableConcept::label_in_words).map(str::to_string)
        };
        let (side, mut found) = finished(&series(&images), &options(&R5), laterality);
        found.retain(|(element, _)| *element == "series.laterality");
        assert_eq!((side.as_deref(), found), (want, issues), "{images:?}");
    }
}

/// The start of a series, and its issues.
fn started(data_set: &[Sample], release: &'static Release) -> (String, Vec<Reason>) {
    let start = |study: &ImagingStudy<'_>| {
        study.series.as_ref().unwrap()[0].started.map(|started| started.to_string()).unwrap_or_default()
    };
    let (started, issues) = finished(&series(&[data_set.to_vec()]), &options(release), start);
    let own = issues.into_iter().filter(|(element, _)| *element == "series.started");
    (started, own.map(|(_, reason)| reason).collect())
}

#[test]
fn a_series_start_is_held_to_the_study_where_the_release_says_so() {
    use Reason::*;
    // Date and time of the study and of the series; what comes of it where the two are free, and where they are not.
    for (study, series, free, required) in [
        (
            ["20240229", "100000"],
            ["20240229", "101500"],
            ("2024-02-29T10:15:00+00:00", vec![]),
            ("2024-02-29T10:15:00+00:00", vec![]),
        ),
        (
            ["20240229", "100000"],
            ["20240229", "100000"],
            ("2024-02-29T10:00:00+00:00", vec![]),
            ("2024-02-29T10:00:00+00:00", vec![]),
        ),
        (
            ["20240229", "100000"],
            ["20240229", "095959"],
            ("2024-02-29T09:59:59+00:00", vec![BeforeStudy]),
            ("", vec![BeforeStudy]),
        ),
        (
            ["20240229", ""],
            ["20240229", "101500"],
            ("2024-02-29T10:15:00+00:00", vec![]),
            ("2024-02-29", vec![FinerThanStudy]),
        ),
        (["20240229", "100000"], ["20240229", ""], ("2024-02-29", vec![]), ("", vec![CoarserThanStudy])),
        (["20240229", ""], ["20240228", ""], ("2024-02-28", vec![BeforeStudy]), ("", vec![BeforeStudy])),
        (
            ["", ""],
            ["20240229", "101500"],
            ("2024-02-29T10:15:00+00:00", vec![]),
            ("2024-02-29T10:15:00+00:00", vec![]),
        ),
        (["20240229", "100000"], ["", ""], ("", vec![]), ("", vec![])),
    ] {
        let values = [tags::STUDY_DATE, tags::STUDY_TIME, tags::SERIES_DATE, tags::SERIES_TIME];
        let mut more: Vec<Sample> =
            values.into_iter().zip(study.into_iter().chain(series)).map(|(tag, value)| text(tag, value)).collect();
        more.push(text(tags::TIMEZONE_OFFSET_FROM_UTC, "+0000"));
        for (release, (want, issues)) in [(&R5, free), (&R6_BALLOT5, required)] {
            let (started, found) = started(&more, release);
            assert_eq!((started.as_str(), found), (want, issues), "{} {study:?} {series:?}", release.name);
        }
    }
}

#[test]
fn modalities_are_those_of_the_series_once_each_and_absent_ones_are_reported() {
    let of =
        |series: &str, modality: &str| instance(series, &format!("{series}.1"), CT, &[text(tags::MODALITY, modality)]);
    let all = [of("1.1", "MR"), of("1.2", "CT"), of("1.3", "MR"), of("1.4", ""), of("1.5", "xx")];
    let modalities = |study: &ImagingStudy<'_>| {
        study.modality.iter().filter_map(CodeableConcept::label).map(str::to_string).collect::<Vec<_>>()
    };
    let (found, issues) = finished(&all, &options(&R5), modalities);
    assert_eq!(found, ["xx", "Computed Tomography", "Magnetic Resonance"]);
    assert_eq!(issues, [("series.modality", Reason::Absent)]);
    for (release, want) in [(&R5, 3), (&R6_BALLOT5, 0)] {
        let study_only = ContentOptions { detail: Detail::Study, ..options(release) };
        assert_eq!(finished(&all, &study_only, modalities).0.len(), want, "{}", release.name);
    }
}

#[test]
fn one_order_is_referred_to_once_whichever_series_name_its_issuer() {
    let issued = items(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, [issuer("RIS", "", "")]);
    let number = text(tags::ACCESSION_NUMBER, "A1");
    let physician = text(tags::REQUESTING_PHYSICIAN, "Ada");
    let all = [
        instance("1.2.1", "1.1", CT, &[number.clone(), physician]),
        instance("1.2.2", "1.2", CT, &[number.clone(), issued]),
        instance("1.2.3", "1.3", REPORT, &[number]),
    ];
    let (seen, _) = finished(&all, &options(&R5), |study| {
        let Some(Resource::ServiceRequest(request)) = study.based_on[0].resource.as_deref().cloned() else {
            panic!("an order")
        };
        let accessions: Vec<String> = study.accession.iter().map(identifier).collect();
        (
            accessions,
            study.based_on.iter().map(reference).collect::<Vec<_>>(),
            request.requester.and_then(|one| one.display),
        )
    });
    assert_eq!(seen, (vec!["ACSN A1 (RIS)".into()], vec!["ACSN A1 (RIS)".into()], Some("Ada".into())));
}

#[test]
fn a_procedure_in_words_stands_only_where_the_study_has_no_code() {
    let coded = |meaning: &str| vec![items(tags::PROCEDURE_CODE_SEQUENCE, [code("X", "LN", meaning)])];
    let words = |words: &str| vec![text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION, words)];
    for (of_series, want) in [
        (vec![coded("Scan"), words("scan of head")], vec!["http://loinc.org|X Scan"]),
        (vec![coded("Scan"), coded("Head scan"), coded("")], vec!["http://loinc.org|X Head scan"]),
        (vec![words("b"), words("a"), words("b")], vec![": a", ": b"]),
        (vec![vec![]], vec![]),
    ] {
        let all: Vec<_> =
            (1..).zip(&of_series).map(|(n, more)| instance(&format!("1.2.{n}"), &format!("1.{n}"), CT, more)).collect();
        let procedures =
            |study: &ImagingStudy<'_>| study.procedure.iter().map(|done| concept(&done.concept)).collect::<Vec<_>>();
        assert_eq!(finished(&all, &options(&R5), procedures).0, want, "{of_series:?}");
    }
}

#[test]
fn performers_come_in_the_order_of_their_functions_each_once() {
    let of = |operators: &str, serial: &str| {
        vec![
            text(tags::INSTITUTION_NAME, "Hospital"),
            text(tags::MANUFACTURER, "ACME"),
            text(tags::DEVICE_SERIAL_NUMBER, serial),
            text(tags::OPERATORS_NAME, operators),
            text(tags::PERFORMING_PHYSICIAN_NAME, "Ada"),
        ]
    };
    let performers = |study: &ImagingStudy<'_>| {
        study.series.as_ref().unwrap()[0].performer.iter().map(|one| reference(&one.actor)).collect::<Vec<_>>()
    };
    let all = series(&[of("Cid\\Bob", "1"), of("Bob", "1"), of("Bob", "2")]);
    let want = ["Ada", "Bob", "Cid", "SNO 1 = ACME", "SNO 2 = ACME", "Hospital"];
    assert_eq!(finished(&all, &options(&R5), performers).0, want);
}

#[test]
fn what_is_counted_is_what_was_found() {
    let header = [text(tags::NUMBER_OF_SERIES_RELATED_INSTANCES, "99")];
    let all = [
        instance("1.2.1", "1.1", CT, &header),
        instance("1.2.1", "1.1", CT, &header),
        instance("1.2.2", "1.2", CT, &[]),
    ];
    let counts = |study: &ImagingStudy<'_>| (study.number_of_series, study.number_of_instances);
    assert_eq!(finished(&all, &options(&R5), counts).0, (2, 2));
}

#[test]
fn a_study_larger_than_allowed_lists_no_instances_and_says_so() {
    let all = series(&[vec![], vec![]]);
    let listed = |study: &ImagingStudy<'_>| study.series.as_ref().unwrap()[0].instances.is_some();
    for (most, want) in [(None, true), (Some(2), true), (Some(1), false)] {
        let (listed, issues) = finished(&all, &ContentOptions { max_instances: most, ..options(&R5) }, listed);
        let told = issues.contains(&("series.instance", Reason::ManyInstances));
        assert_eq!((listed, told), (want, !want), "{most:?}");
    }
}

#[test]
fn a_study_uid_is_always_an_identifier_and_an_id_of_its_own_or_as_a_uuid() {
    for (uid, value, is_own, issues) in [
        ("1.2.3", "urn:oid:1.2.3", true, vec![]),
        ("1.02", "urn:oid:1.02", true, vec![("identifier", Reason::NotAnOid)]),
        ("1_2", "urn:oid:1_2", false, vec![("identifier", Reason::NotAnOid), ("id", Reason::NotAnId)]),
        ("1.\u{1}2", "", false, vec![("identifier", Reason::NotAnOid), ("id", Reason::NotAnId)]),
    ] {
        let all = [of_study(uid, instance("1.2.1", "1.1", CT, &[text(tags::MODALITY, "CT")]))];
        let ((id, identifier), found) = finished(&all, &options(&R5), |study| {
            (study.id.clone(), study.study_uid.as_ref().map(|uid| uid.value.to_string()))
        });
        assert_eq!((identifier.as_deref().unwrap_or_default(), id == uid, found), (value, is_own, issues), "{uid:?}");
        assert!(fhir::id::is_id(&id), "{uid:?}");
    }
}

#[test]
fn the_users_subject_keeps_what_the_headers_say_of_one_of_its_type() {
    let all = series(&[vec![text(tags::PATIENT_ID, "1"), text(tags::PATIENT_NAME, "Doe")]]);
    for (subject, want) in [
        (None, (ResourceType::Patient, "MR 1 = Doe", None)),
        (Some("Patient/9"), (ResourceType::Patient, "MR 1 = Doe", Some("Patient/9"))),
        (Some("Group/9"), (ResourceType::Group, "", Some("Group/9"))),
    ] {
        let options = ContentOptions { subject: subject.map(|text| text.parse().unwrap()), ..options(&R5) };
        let seen =
            |study: &ImagingStudy<'_>| (study.subject.target, reference(&study.subject), study.subject.literal.clone());
        let ((target, shown, literal), _) = finished(&all, &options, seen);
        assert_eq!((target, shown.as_str(), literal.as_deref()), want);
    }
}

#[test]
fn endpoints_stand_at_the_level_asked_for_and_a_viewer_at_the_study() {
    let endpoint: Vec<EndpointOption> =
        ["wado-rs=Endpoint/1", "iid=Endpoint/2"].map(|text| text.parse().unwrap()).into();
    for (endpoint_level, want) in
        [(EndpointLevel::Study, (2, 0)), (EndpointLevel::Series, (1, 1)), (EndpointLevel::Both, (2, 1))]
    {
        let options = ContentOptions { endpoint: endpoint.clone(), endpoint_level, ..options(&R5) };
        let seen = |study: &ImagingStudy<'_>| (study.endpoint.len(), study.series.as_ref().unwrap()[0].endpoint.len());
        assert_eq!(finished(&series(&[vec![]]), &options, seen).0, want, "{endpoint_level}");
    }
}
