//! The releases of FHIR as data: what differs between them, and nothing of how it is written.
//!
//! Read from the top it is a change log: each release is the one before it with its differences. No other module but
//! the command line names a release; they ask `release.sop_class` and the like.

mod element;
mod forms;
mod version;

pub use forms::{
    AccessionForm, Agreement, BodySiteForm, CompanionForms, ConceptForm, DeviceForm, EncounterForm, EndpointForm,
    Modalities, ProcedureForm, ReasonForm, SelectionForm, ServiceRequestForm, SopClassForm,
};

/// One release of FHIR, as far as the resources that the tool writes differ.
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    /// What `--fhir` calls it.
    pub name: &'static str,
    /// The version that the specification gives itself.
    pub version: &'static str,
    /// The codes of `ImagingStudy.status`.
    pub statuses: &'static [&'static str],
    /// How the accession number is written.
    pub accession: AccessionForm,
    /// The type of `ImagingStudy.modality`, `series.modality` and `series.laterality`.
    pub concept: ConceptForm,
    /// Which modalities of its series a study lists.
    pub modalities: Modalities,
    /// Whether `R5 ImagingStudy.partOf` exists.
    pub part_of: bool,
    /// Whether `R4 ImagingStudy.interpreter` exists.
    pub interpreter: bool,
    /// How what was performed is written.
    pub procedure: ProcedureForm,
    /// How the reason is written.
    pub reason: ReasonForm,
    /// How `series.bodySite` is written.
    pub body_site: BodySiteForm,
    /// Whether `series.laterality` exists; where it does not, the side is part of the body site.
    pub laterality: bool,
    /// How `series.instance.sopClass` and `ImagingSelection.instance.sopClass` are written.
    pub sop_class: SopClassForm,
    /// Whether `series.instance.numberOfFrames` exists.
    pub number_of_frames: bool,
    /// Whether what the study says must agree with the series that it lists (ist-3 to ist-8).
    pub study_and_series: Agreement,
    /// How `ImagingSelection` is written.
    pub selection: SelectionForm,
    /// The shapes of the companion resources.
    pub companions: CompanionForms,
}

/// 4.0.1.
pub const R4: Release = Release {
    name: "r4",
    version: "4.0.1",
    statuses: &["registered", "available", "cancelled", "entered-in-error", "unknown"],
    accession: AccessionForm::Identifier,
    concept: ConceptForm::Coding,
    modalities: Modalities::Acquisition,
    part_of: false,
    interpreter: true,
    procedure: ProcedureForm::Code,
    reason: ReasonForm::Code,
    body_site: BodySiteForm::Coding,
    laterality: true,
    sop_class: SopClassForm::Coding,
    number_of_frames: false,
    study_and_series: Agreement::Free,
    selection: SelectionForm::None,
    companions: CompanionForms {
        device: DeviceForm::DeviceName,
        encounter: EncounterForm::RequiredClass,
        service_request: ServiceRequestForm::Concepts,
        endpoint: EndpointForm::PayloadType,
    },
};

/// 4.3.0: nothing that the tool writes is different.
pub const R4B: Release = Release { name: "r4b", version: "4.3.0", ..R4 };

/// 5.0.0: concepts where codings were, `partOf` for `interpreter`, one `procedure` and one `reason`; ImagingSelection.
pub const R5: Release = Release {
    name: "r5",
    version: "5.0.0",
    concept: ConceptForm::CodeableConcept,
    modalities: Modalities::All,
    part_of: true,
    interpreter: false,
    procedure: ProcedureForm::Concept,
    reason: ReasonForm::Concept,
    body_site: BodySiteForm::CodeableReference,
    selection: SelectionForm::Subsets,
    companions: CompanionForms {
        device: DeviceForm::Name,
        encounter: EncounterForm::OptionalClass,
        service_request: ServiceRequestForm::CodeableReferences,
        endpoint: EndpointForm::Payload,
    },
    ..R4B
};

/// 6.0.0-ballot2: the SOP class becomes an oid, `Device.version` becomes `deviceVersion`, the type of a device's name a
/// concept.
pub const R6_BALLOT2: Release = Release {
    name: "r6-ballot2",
    version: "6.0.0-ballot2",
    sop_class: SopClassForm::Oid,
    companions: CompanionForms {
        device: DeviceForm::DeviceVersion("http://hl7.org/fhir/device-nametype"),
        ..R5.companions
    },
    ..R5
};

/// 6.0.0-ballot5: the accession number leaves the identifiers, `partOf` goes, `procedure` refers, body sites are many
/// and say their side, frames are counted and selected by number, and the study answers for its series. The types of a
/// device's name are of HL7 Terminology.
pub const R6_BALLOT5: Release = Release {
    name: "r6-ballot5",
    version: "6.0.0-ballot5",
    statuses: &["registered", "available", "cancelled", "entered-in-error", "unknown", "inactive"],
    accession: AccessionForm::BasedOn,
    part_of: false,
    procedure: ProcedureForm::Reference,
    body_site: BodySiteForm::CodeableReferences,
    laterality: false,
    number_of_frames: true,
    study_and_series: Agreement::Required,
    selection: SelectionForm::FrameNumbers,
    companions: CompanionForms {
        device: DeviceForm::DeviceVersion("http://terminology.hl7.org/CodeSystem/device-nametype"),
        ..R6_BALLOT2.companions
    },
    ..R6_BALLOT2
};

impl Release {
    /// 4.0.1.
    pub const R4: &'static Release = &R4;
    /// 4.3.0.
    pub const R4B: &'static Release = &R4B;
    /// 5.0.0.
    pub const R5: &'static Release = &R5;
    /// 6.0.0-ballot2, the release that the command writes by default.
    pub const R6_BALLOT2: &'static Release = &R6_BALLOT2;
    /// 6.0.0-ballot5.
    pub const R6_BALLOT5: &'static Release = &R6_BALLOT5;

    /// All releases, oldest first.
    pub const ALL: [&'static Release; 5] = [&R4, &R4B, &R5, &R6_BALLOT2, &R6_BALLOT5];

    /// What `--fhir` can be, for the completion of shells.
    pub const NAMES: &'static [&'static str] = &[R4.name, R4B.name, R5.name, "r6", R6_BALLOT2.name, R6_BALLOT5.name];

    /// The newest release, which is what `r6` means.
    pub const NEWEST: &'static Release = &R6_BALLOT5;
}

impl Default for &Release {
    fn default() -> &'static Release {
        Release::R6_BALLOT2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_found_by_name_and_by_version_in_any_case() {
        for release in Release::ALL {
            for name in [release.name, release.version, &release.name.to_uppercase()] {
                assert_eq!(Release::parse(name), Some(release), "{name}");
            }
        }
        assert_eq!(Release::parse("R6"), Some(&R6_BALLOT5));
        for name in ["", "r3", "6.0.0", "5"] {
            assert_eq!(Release::parse(name), None, "{name}");
        }
    }

    #[test]
    fn only_the_newest_release_has_the_status_inactive() {
        let with: Vec<&str> =
            Release::ALL.iter().filter(|release| release.statuses.contains(&"inactive")).map(|r| r.name).collect();
        assert_eq!(with, ["r6-ballot5"]);
    }
}
