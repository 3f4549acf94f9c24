//! The finish rules as the documents print them, in the order of the elements.

/// One rule: what it is for, what it looks at, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The FHIR element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// What it is computed from.
    pub from: &'static str,
    /// How.
    pub rule: &'static str,
}

/// The rules.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    Rule { element: "id", from: "(0020,000D) StudyInstanceUID", rule: "the UID where a FHIR id can hold it, else its UUIDv5" },
    Rule { element: "identifier", from: "(0020,000D) StudyInstanceUID", rule: "system urn:dicom:uid, value urn:oid: and the UID, use official, type DCM 110180" },
    Rule { element: "status", from: "--status", rule: "available, unless said otherwise; entered-in-error where rejection notes leave nothing (--apply-rejections)" },
    Rule { element: "modality", from: "series.modality", rule: "the distinct modalities of the series, sorted; an absent one is left out" },
    Rule { element: "subject", from: "subject, --subject", rule: "a data-absent-reason where the headers know nothing" },
    Rule { element: "endpoint, series.endpoint", from: "--endpoint, --endpoint-level", rule: "at the level asked for; IID at the study only" },
    Rule { element: "numberOfSeries, numberOfInstances, series.numberOfInstances", from: "the files", rule: "counted, each SOP Instance UID once in its series" },
    Rule { element: "basedOn, partOf, interpreter, procedure, reason, identifier", from: "all series", rule: "the sorted union, each identity once" },
    Rule { element: "series.bodySite", from: "all images of the series", rule: "what they agree on; else all of them (r6-ballot5), or the Body Part Examined that they share, or none" },
    Rule { element: "series.laterality", from: "all images of the series", rule: "what they agree on, else none; in r6-ballot5 text of bodySite" },
    Rule { element: "series.started", from: "series.started, started", rule: "reported where earlier than the study; in r6-ballot5 of the study's precision, and left out where earlier or coarser" },
    Rule { element: "series.performer", from: "physicians, operators, device, institution", rule: "in this order, each once in its function" },
    Rule { element: "series.instance", from: "all instances", rule: "by number, then UID; each SOP Instance UID once" },
    Rule { element: "ImagingSelection", from: "--selections, (0040,A375) CurrentRequestedProcedureEvidenceSequence", rule: "from R5 on, one for each series that a Key Object Selection refers to; id UUIDv5 of its SOP and Series Instance UID" },
    Rule { element: "ImagingSelection.derivedFrom", from: "(0020,000D) StudyInstanceUID of the evidence", rule: "the ImagingStudy, by reference where it stands beside, else by identifier" },
    Rule { element: "ImagingSelection.status, ImagingSelection.subject", from: "the study", rule: "available; the study's subject" },
];
