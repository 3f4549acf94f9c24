//! Finish rules of a series: body site and laterality by agreement of its images, and its start compared with the
//! study's.

use std::borrow::Cow;

use dicom_dictionary_std::tags;

use super::union::{distinct_concepts, distinct_orders, distinct_performers};
use super::{Issues, Rule, endpoints};
use crate::fhir::release::Agreement;
use crate::fhir::{CodeableConcept, DateTime, Performer, Series};
use crate::issue::{Issue, Reason};
use crate::mapping::SeriesPart;
use crate::mapping::anatomy::{BodySite, Side};
use crate::mapping::{ContentOptions, EndpointLevel, ResolvedSeries, ResolvedStudy};
use crate::options::Detail;

/// Text of the rule for the documents.
pub(super) const SPECIMEN: Rule = Rule {
    element: "series.specimen",
    from: "all instances of the series",
    rule: "each identity once, its issuer told in full",
};

/// One series of the resource.
pub fn series<'a>(
    resolved: &'a ResolvedSeries<'a>,
    study: &ResolvedStudy<'_>,
    detail: Detail,
    options: &ContentOptions,
    issues: &mut Issues<'a>,
) -> Series<'a> {
    let mut note = |found: Issue| issues.push((Some(resolved.uid), found));
    let part = &resolved.part;
    let laterality = laterality(&part.laterality, &mut note);
    Series {
        uid: resolved.uid.to_string(),
        number: part.number,
        modality: modality(part.modality.clone(), &mut note),
        number_of_instances: resolved.number_of_instances,
        endpoint: endpoints(options, EndpointLevel::at_series),
        body_site: body_sites(&part.body_site, laterality.as_ref(), options, &mut note),
        laterality,
        started: started(part.started, study.part.started, options, &mut note),
        specimen: distinct_orders(part.specimen.clone()),
        performer: performers(part),
        description: part.description.clone(),
        instances: (detail == Detail::Instance).then_some(&*resolved.instances),
    }
}

/// Text of the rule for the documents.
pub(super) const MODALITY: Rule =
    Rule { element: "series.modality", from: "(0008,0060) Modality", rule: "a data-absent-reason where it is absent" };

/// The modality is required, so an absent one gets a data-absent-reason (R5 ImagingStudy.series.modality).
fn modality(known: Option<CodeableConcept>, note: &mut impl FnMut(Issue)) -> Option<CodeableConcept> {
    if known.is_none() {
        note(Issue::new("series.modality", &[tags::MODALITY], Reason::Absent));
    }
    known
}

/// Text of the rule for the documents.
pub(super) const PERFORMER: Rule = Rule {
    element: "series.performer",
    from: "series.performer",
    rule: "physicians as PRF, operators as SPRF, then device and institution without function; each once",
};

fn performers(part: &SeriesPart) -> Vec<Performer> {
    let lists = [&part.physicians, &part.operators, &part.device, &part.organization];
    lists.into_iter().flat_map(|list| distinct_performers(list.clone())).collect()
}

/// Text of the rule for the documents.
pub(super) const LATERALITY: Rule = Rule {
    element: "series.laterality",
    from: "all images of the series",
    rule: "what they agree on, else none; where the release has no such element, text of the body site: the \
           side, then the region's meaning in lower case",
};

/// The laterality that the images agree on; none if they differ, or the body part is unpaired.
fn laterality(sides: &[Side], note: &mut impl FnMut(Issue)) -> Option<CodeableConcept> {
    match sides {
        [Side::Sided(coding)] => Some(coding.clone().into()),
        [] | [Side::Unpaired] => None,
        _ => {
            note(Issue::new("series.laterality", &[tags::LATERALITY], Reason::Disagrees));
            None
        }
    }
}

/// Text of the rule for the documents.
pub(super) const BODY_SITE: Rule = Rule {
    element: "series.bodySite",
    from: "all images of the series",
    rule: "what they agree on; else all of them where the release has a list, else the Body Part Examined that \
           they share, else none",
};

/// The body site that the images agree on. If they differ, releases with a list have all of them, others the common
/// Body Part Examined or none.
fn body_sites(
    sites: &[BodySite],
    side: Option<&CodeableConcept>,
    options: &ContentOptions,
    note: &mut impl FnMut(Issue),
) -> Vec<CodeableConcept> {
    let mut concepts = distinct_concepts(sites.iter().flat_map(BodySite::concepts).cloned());
    if concepts.len() > 1 && !options.release().body_site.is_list {
        concepts = shared_body_part(sites).into_iter().collect();
        if concepts.is_empty() {
            note(Issue::new("series.bodySite", &[tags::BODY_PART_EXAMINED], Reason::Disagrees));
        }
    }
    if options.release().laterality.is_some() { concepts } else { with_side(concepts, side) }
}

fn shared_body_part(sites: &[BodySite]) -> Option<CodeableConcept> {
    let mut parts = sites.iter().filter_map(|site| site.body_part.as_ref());
    let first = parts.next()?;
    parts.all(|part| part == first).then(|| first.clone())
}

/// The laterality as text of the body site, `Left knee joint`, in releases without the element; or alone.
fn with_side(concepts: Vec<CodeableConcept>, side: Option<&CodeableConcept>) -> Vec<CodeableConcept> {
    let Some(side) = side.and_then(CodeableConcept::label_in_words) else { return concepts };
    if concepts.is_empty() {
        return vec![CodeableConcept::text(side.to_string())];
    }
    let sided = |concept: CodeableConcept| {
        let region = concept.label_in_words().map(|label| format!("{side} {}", label.to_lowercase()));
        let text = region.unwrap_or_else(|| side.to_string());
        CodeableConcept { text: Some(Cow::Owned(text)), ..concept }
    };
    concepts.into_iter().map(sided).collect()
}

/// Text of the rule for the documents.
pub(super) const STARTED: Rule = Rule {
    element: "series.started",
    from: "series.started, started",
    rule: "reported where earlier than the study; where the release holds the two together (ist-8), of the \
           study's precision, and left out where earlier or coarser",
};

/// The start of the series. In releases with ist-8 it is reduced to the study's precision, and left out if earlier or
/// less precise.
fn started(
    series: Option<DateTime>,
    study: Option<DateTime>,
    options: &ContentOptions,
    note: &mut impl FnMut(Issue),
) -> Option<DateTime> {
    let (series, Some(study)) = (series?, study) else { return series };
    let is_before = series.is_before(&study);
    if is_before {
        note(Issue::new("series.started", &[tags::SERIES_DATE], Reason::BeforeStudy));
    }
    if options.release().study_and_series == Agreement::Free {
        return Some(series);
    }
    let same_precision = DateTime { time: series.time.filter(|_| study.time.is_some()), ..series };
    let is_coarser = study.time.is_some() && series.time.is_none();
    let precision = match (is_coarser, same_precision == series) {
        (true, _) => Some(Reason::CoarserThanStudy),
        (false, false) => Some(Reason::FinerThanStudy),
        (false, true) => None,
    };
    precision.into_iter().for_each(|reason| note(Issue::new("series.started", &[tags::SERIES_TIME], reason)));
    (!is_before && !is_coarser).then_some(same_precision)
}
