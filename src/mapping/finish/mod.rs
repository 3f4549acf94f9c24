//! The finish rules: what is computed over a whole study, after its instances have been merged.
//!
//! Rows map one instance; finish rules compute counts, merge lists, check agreement, and leave out and report what a
//! release does not support.

mod held;
mod profile;
mod rule;
mod rules;
mod selection;
mod series;
#[cfg(test)]
mod tests;
mod union;

pub use held::held_issue;
pub use profile::{change_issue, lack_issue};
pub use rule::Rule;
pub use rules::RULES;
pub use union::distinct_orders;

use dicom_dictionary_std::tags;

use super::row::union;
use super::terms::{self, STUDY_INSTANCE_UID, is_oid, system};
use super::{ContentOptions, EndpointLevel, EndpointOption, EndpointType, ResolvedSeries, ResolvedStudy};
use crate::fhir::region::Region;
use crate::fhir::release::{Agreement, Modalities};
use crate::fhir::{self, CodeableConcept, Identifier, ImagingSelection, ImagingStudy, Reference};
use crate::issue::{Issue, Reason};
use crate::options::Detail;
use union::{distinct, distinct_concepts, distinct_numbers, distinct_procedures};

/// A finished study, and issues.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The resource.
    pub study: ImagingStudy<'a>,
    /// The ImagingSelections, if requested and supported by the release.
    pub selections: Vec<ImagingSelection>,
    /// Issues, each with its series if it concerns one.
    pub issues: Issues<'a>,
}

/// Issues, each with its series if it concerns one.
pub type Issues<'a> = Vec<(Option<&'a str>, Issue)>;

/// Text of the rule for the documents.
const COUNTS: Rule = Rule {
    element: "numberOfSeries, numberOfInstances, series.numberOfInstances",
    from: "the files",
    rule: "counted, each SOP Instance UID once in its series",
};

/// Text of the rule for the documents.
const STATUS: Rule = Rule {
    element: "status",
    from: "--status",
    rule: "available, unless said otherwise; entered-in-error where rejection notes leave nothing (--apply-rejections)",
};

/// Text of the rule for the documents.
const ID: Rule = Rule {
    element: "id",
    from: "(0020,000D) StudyInstanceUID",
    rule: "the UID where a FHIR id can hold it, else its UUIDv5",
};

/// Makes the ImagingStudy of a resolved study.
pub fn imaging_study<'a>(resolved: &'a ResolvedStudy<'a>, options: &ContentOptions) -> Finished<'a> {
    let mut issues = Vec::new();
    let number_of_instances =
        resolved.series.iter().map(|series| series.number_of_instances).fold(0, u32::saturating_add);
    let detail = detail(number_of_instances, options, &mut issues);
    let is_empty = number_of_instances == 0;
    let selections = if options.has_selections() { selection::selections(resolved, &mut issues) } else { Vec::new() };
    let series: Vec<_> =
        resolved.listed().map(|series| series::series(series, resolved, detail, options, &mut issues)).collect();
    let study = ImagingStudy {
        id: fhir::id::study(resolved.uid),
        uid: resolved.uid.to_string(),
        study_uid: study_uid(resolved.uid, &mut issues),
        accession: distinct_numbers(joined(resolved, |series| &series.part.accession)),
        // IHE Imaging Object Change Management: nothing of the study is left.
        status: if is_empty { "entered-in-error".into() } else { options.status.name().into() },
        modality: modalities(resolved, detail, options),
        subject: subject(resolved.part.subject.clone(), options),
        mixes_patients: resolved.mixes_patients,
        is_manifest: resolved.is_manifest,
        based_on: distinct_orders(joined(resolved, |series| &series.part.based_on)),
        part_of: distinct(joined(resolved, |series| &series.part.part_of)),
        interpreter: distinct(joined(resolved, |series| &series.part.interpreter)),
        endpoint: endpoints(options, EndpointLevel::at_study),
        number_of_series: u32::try_from(resolved.listed().count()).unwrap_or(u32::MAX),
        number_of_instances,
        procedure: distinct_procedures(joined(resolved, |series| &series.part.procedure)),
        reason: distinct_concepts(joined(resolved, |series| &series.part.reason)),
        regions: if options.profile().regions.is_some() { regions(resolved) } else { Vec::new() },
        series: (detail != Detail::Study).then_some(series),
        ..resolved.part.clone()
    };
    Finished { study, selections, issues }
}

/// Text of the rule for the documents.
const REGIONS: Rule = Rule {
    element: "extension (anatomical region)",
    from: "series.bodySite",
    rule: "with --profile mado or eu-imaging: the regions of all body sites, by their SNOMED CT codes",
};

/// The anatomical regions of all series (IHE MADO CID IHE-MADO1), each once.
fn regions(resolved: &ResolvedStudy<'_>) -> Vec<Region> {
    let sites = resolved.listed().flat_map(|series| &series.part.body_site);
    let concepts = sites.flat_map(|site| site.regions.iter().chain(&site.body_part));
    let codings = concepts.flat_map(|concept| &concept.coding);
    let codes = codings.filter(|coding| coding.system.as_deref() == Some(system::SCT));
    let mut regions: Vec<Region> = codes.flat_map(|coding| terms::regions(&coding.code)).collect();
    regions.sort();
    regions.dedup();
    regions
}

/// The series that determine the study's elements: those that are listed, or all if none is.
fn speaking<'a>(resolved: &'a ResolvedStudy<'a>) -> impl Iterator<Item = &'a ResolvedSeries<'a>> {
    let is_empty = resolved.listed().next().is_none();
    resolved.series.iter().filter(move |series| is_empty || series.number_of_instances > 0)
}

/// The requested detail, or less for a study over the limit.
fn detail(number_of_instances: u32, options: &ContentOptions, issues: &mut Issues<'_>) -> Detail {
    let too_many = options.max_instances.is_some_and(|most| u64::from(number_of_instances) > most);
    if options.detail == Detail::Instance && too_many {
        issues.push((None, Issue::new("series.instance", &[], Reason::ManyInstances)));
        return Detail::Series;
    }
    options.detail
}

/// Text of the rule for the documents.
const IDENTIFIER: Rule = Rule {
    element: "identifier",
    from: "(0020,000D) StudyInstanceUID",
    rule: "system urn:dicom:uid, value urn:oid: and the UID, use official, type DCM 110180; none where the UID \
           holds control characters",
};

/// The Study Instance UID as identifier (R5 ImagingStudy.identifier). One with replaced bytes is left out, as another
/// study's could look the same.
fn study_uid(uid: &str, issues: &mut Issues<'_>) -> Option<Identifier> {
    if !is_oid(uid) {
        issues.push((None, Issue::new("identifier", &[tags::STUDY_INSTANCE_UID], Reason::NotAnOid)));
    }
    if !fhir::id::is_id(uid) {
        issues.push((None, Issue::new("id", &[tags::STUDY_INSTANCE_UID], Reason::NotAnId)));
    }
    let identifier = Identifier {
        system: Some(system::DICOM_UID.into()),
        value: format!("urn:oid:{uid}").into(),
        kind: Some(STUDY_INSTANCE_UID),
        usage: Some("official".into()),
        ..Identifier::default()
    };
    let is_text = !uid.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
    is_text.then_some(identifier)
}

/// Text of the rule for the documents.
const MODALITIES: Rule = Rule {
    element: "modality",
    from: "series.modality",
    rule: "the distinct modalities of the series, sorted; in R4 and R4B those of PS3.16 CID 29; none where the \
           release holds the study to its series (ist-7) and none are listed",
};

/// The distinct modalities of the series, in R4 only acquisition modalities (R4 ImagingStudy.modality). In releases
/// with ist-7, a study without listed series has none.
fn modalities(resolved: &ResolvedStudy<'_>, detail: Detail, options: &ContentOptions) -> Vec<CodeableConcept> {
    if detail == Detail::Study && options.release().study_and_series == Agreement::Required {
        return Vec::new();
    }
    let is_listed = |modality: &CodeableConcept| match options.release().modalities {
        Modalities::All => true,
        Modalities::Acquisition => is_acquisition(modality),
    };
    distinct_concepts(resolved.listed().filter_map(|series| series.part.modality.clone()).filter(is_listed))
}

/// Whether it is of PS3.16 CID 29.
fn is_acquisition(modality: &CodeableConcept) -> bool {
    modality.coding.iter().any(|coding| terms::modality(&coding.code).is_some_and(|known| known.acquisition))
}

/// Text of the rule for the documents.
const SUBJECT: Rule = Rule {
    element: "subject",
    from: "subject, --subject",
    rule: "of type Patient, or Device of a phantom; the user's, else the headers'; what the first instance lacks \
           comes from the next that agrees in Patient ID, issuer and name; a data-absent-reason where they know \
           nothing",
};

/// The subject from `--subject`, else from the headers. The headers' identifier and display are added to the given
/// reference only if both have the same type.
fn subject(known: Reference, options: &ContentOptions) -> Reference {
    let Some(subject) = &options.subject else { return known };
    let target = subject.resource_type;
    let known = if known.target == target { known } else { Reference::to(target) };
    Reference { literal: Some(subject.to_string()), ..known }
}

/// The sorted union of a list over all series.
fn joined<'a, T: Clone + Ord + 'a>(
    resolved: &'a ResolvedStudy<'a>,
    list: impl Fn(&'a ResolvedSeries<'a>) -> &'a Vec<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for series in speaking(resolved) {
        union(&mut all, list(series));
    }
    all
}

/// Text of the rule for the documents.
const ENDPOINTS: Rule = Rule {
    element: "endpoint, series.endpoint",
    from: "--endpoint, --endpoint-level",
    rule: "at the level asked for; IID at the study only",
};

/// The endpoints of a level.
fn endpoints(options: &ContentOptions, is_here: fn(EndpointLevel, EndpointType) -> bool) -> Vec<Reference> {
    let here = |endpoint: &&EndpointOption| is_here(options.endpoint_level, endpoint.kind);
    options.endpoint.iter().filter(here).map(EndpointOption::reference).collect()
}
