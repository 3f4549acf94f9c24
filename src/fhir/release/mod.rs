//! The releases of FHIR as data: what differs between them, and nothing of how it is written.
//!
//! Read from the top it is a change log: each release is the one before it with its differences. No other module but
//! the command line names a release; they ask `release.sop_class` and the like.

mod element;
mod forms;
mod version;

pub use forms::{
    Agreement, CodedElement, CompanionForms, Datatype, DeviceForm, EndpointForm, Modalities, SelectionForm,
    SopClassForm, TextAs,
};
use forms::{many, one};

/// One release of FHIR, as far as the resources that the tool writes differ.
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    /// What `--fhir` calls it.
    pub name: &'static str,
    /// The version that the specification gives itself.
    pub version: &'static str,
    /// The codes of `ImagingStudy.status`.
    pub statuses: &'static [&'static str],
    /// Whether the accession number is an identifier of the study as well as in `basedOn`.
    pub accession: bool,
    /// `ImagingStudy.modality`.
    pub modality: CodedElement,
    /// Which modalities of its series a study lists.
    pub modalities: Modalities,
    /// Whether `R5 ImagingStudy.partOf` exists.
    pub part_of: bool,
    /// Whether `R4 ImagingStudy.interpreter` exists.
    pub interpreter: bool,
    /// What was performed.
    pub procedure: CodedElement,
    /// Why.
    pub reason: CodedElement,
    /// `series.modality`.
    pub series_modality: CodedElement,
    /// `series.bodySite`.
    pub body_site: CodedElement,
    /// `series.laterality`; where there is none, the side is part of the body site.
    pub laterality: Option<CodedElement>,
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
    accession: true,
    modality: many("modality", Datatype::Coding(TextAs::Code)),
    modalities: Modalities::Acquisition,
    part_of: false,
    interpreter: true,
    procedure: many("procedureCode", Datatype::CodeableConcept),
    reason: many("reasonCode", Datatype::CodeableConcept),
    series_modality: one("modality", Datatype::Coding(TextAs::Code)),
    body_site: one("bodySite", Datatype::Coding(TextAs::Display)),
    laterality: Some(one("laterality", Datatype::Coding(TextAs::Display))),
    sop_class: SopClassForm::Coding,
    number_of_frames: false,
    study_and_series: Agreement::Free,
    selection: SelectionForm::None,
    companions: CompanionForms {
        device: DeviceForm {
            name: "deviceName",
            name_text: "name",
            name_types: None,
            kind: one("type", Datatype::CodeableConcept),
            version: "version",
            whole_udi: false,
        },
        encounter_class: true,
        order_code: one("code", Datatype::CodeableConcept),
        order_reason: many("reasonCode", Datatype::CodeableConcept),
        endpoint: EndpointForm::PayloadType,
    },
};

/// 4.3.0: nothing that the tool writes is different.
pub const R4B: Release = Release { name: "r4b", version: "4.3.0", ..R4 };

/// 5.0.0: concepts where codings were, `partOf` for `interpreter`, one `procedure` and one `reason`; ImagingSelection.
pub const R5: Release = Release {
    name: "r5",
    version: "5.0.0",
    modality: many("modality", Datatype::CodeableConcept),
    modalities: Modalities::All,
    part_of: true,
    interpreter: false,
    procedure: many("procedure", Datatype::CodeableReference),
    reason: many("reason", Datatype::CodeableReference),
    series_modality: one("modality", Datatype::CodeableConcept),
    body_site: one("bodySite", Datatype::CodeableReference),
    laterality: Some(one("laterality", Datatype::CodeableConcept)),
    selection: SelectionForm::Subsets,
    companions: CompanionForms {
        device: DeviceForm {
            name: "name",
            name_text: "value",
            kind: many("type", Datatype::CodeableConcept),
            whole_udi: true,
            ..R4B.companions.device
        },
        encounter_class: false,
        order_code: one("code", Datatype::CodeableReference),
        order_reason: many("reason", Datatype::CodeableReference),
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
        device: DeviceForm {
            name_types: Some("http://hl7.org/fhir/device-nametype"),
            version: "deviceVersion",
            ..R5.companions.device
        },
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
    accession: false,
    part_of: false,
    procedure: many("procedure", Datatype::Reference),
    body_site: many("bodySite", Datatype::CodeableReference),
    laterality: None,
    number_of_frames: true,
    study_and_series: Agreement::Required,
    selection: SelectionForm::FrameNumbers,
    companions: CompanionForms {
        device: DeviceForm {
            name_types: Some("http://terminology.hl7.org/CodeSystem/device-nametype"),
            ..R6_BALLOT2.companions.device
        },
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
