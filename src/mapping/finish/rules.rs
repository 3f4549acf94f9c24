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
    Rule { element: "identifier", from: "(0020,000D) StudyInstanceUID", rule: "system urn:dicom:uid, value urn:oid: and the UID, use official, type DCM 110180; none where the UID holds control characters" },
    Rule { element: "identifier, basedOn", from: "all series", rule: "the sorted union, each number once: told with its issuer in full, in part and without, it is one and told in full" },
    Rule { element: "status", from: "--status", rule: "available, unless said otherwise; entered-in-error where rejection notes leave nothing (--apply-rejections)" },
    Rule { element: "modality", from: "series.modality", rule: "the distinct modalities of the series, sorted; in R4 and R4B those of PS3.16 CID 29; none where the release holds the study to its series (ist-7) and none are listed" },
    Rule { element: "subject", from: "subject, --subject", rule: "the user's, else the headers'; what the first instance lacks comes from the next that agrees in Patient ID, issuer and name; a data-absent-reason where they know nothing" },
    Rule { element: "partOf, interpreter", from: "all series", rule: "the sorted union, each identity once: the identifier, else the display" },
    Rule { element: "endpoint, series.endpoint", from: "--endpoint, --endpoint-level", rule: "at the level asked for; IID at the study only" },
    Rule { element: "numberOfSeries, numberOfInstances, series.numberOfInstances", from: "the files", rule: "counted, each SOP Instance UID once in its series" },
    Rule { element: "procedure, reason", from: "all series", rule: "the sorted union, each code once; a procedure in words only where the study has no code" },
    Rule { element: "series.modality", from: "(0008,0060) Modality", rule: "a data-absent-reason where it is absent" },
    Rule { element: "series.bodySite", from: "all images of the series", rule: "what they agree on; else all of them where the release has a list, else the Body Part Examined that they share, else none" },
    Rule { element: "series.laterality", from: "all images of the series", rule: "what they agree on, else none; where the release has no such element, text of the body site: the side, then the region's meaning in lower case" },
    Rule { element: "series.started", from: "series.started, started", rule: "reported where earlier than the study; where the release holds the two together (ist-8), of the study's precision, and left out where earlier or coarser" },
    Rule { element: "series.specimen", from: "all instances of the series", rule: "each identity once, its issuer told in full" },
    Rule { element: "series.performer", from: "series.performer", rule: "physicians as PRF, operators as SPRF, then device and institution without function; each once" },
    Rule { element: "series.instance", from: "all instances", rule: "by number, then UID; each SOP Instance UID once" },
    Rule { element: "series.instance.sopClass", from: "series.instance.sopClass", rule: "a class that is no OID as a code without system, or where only an OID can stand, as a data-absent-reason" },
    Rule { element: "ImagingSelection", from: "--selections, (0040,A375) CurrentRequestedProcedureEvidenceSequence", rule: "from R5 on, one for each series that a Key Object Selection refers to; id UUIDv5 of its SOP and Series Instance UID" },
    Rule { element: "ImagingSelection.derivedFrom", from: "(0020,000D) StudyInstanceUID of the evidence", rule: "the ImagingStudy, by reference where it stands beside, else by identifier" },
    Rule { element: "ImagingSelection.status, ImagingSelection.subject", from: "the study", rule: "available; the study's subject" },
];
