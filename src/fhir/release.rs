//! The releases of FHIR as data: what differs between them, and nothing of how it is written.
//!
//! Read from the top it is a change log: each release is the one before it with its differences. No other module but
//! the command line names a release; they ask `release.sop_class` and the like.

use std::borrow::Cow;
use std::str::FromStr;

use crate::options::unknown;

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

/// Where the accession number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessionForm {
    /// In `ImagingStudy.identifier` as well as in `basedOn`.
    Identifier,
    /// Only in `basedOn`.
    BasedOn,
}

/// The type of an element that became richer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConceptForm {
    /// `Coding`.
    Coding,
    /// `CodeableConcept`.
    CodeableConcept,
}

/// Which modalities of its series a study lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modalities {
    /// Those that acquire, of DICOM's CID 29 (`R4 ImagingStudy.modality`).
    Acquisition,
    /// All of them.
    All,
}

/// How what was performed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcedureForm {
    /// `R4 ImagingStudy.procedureCode`, a list of CodeableConcept.
    Code,
    /// `R5 ImagingStudy.procedure.concept`.
    Concept,
    /// `procedure`, a list of Reference(Procedure).
    Reference,
}

/// How the reason is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonForm {
    /// `R4 ImagingStudy.reasonCode`, a list of CodeableConcept.
    Code,
    /// `R5 ImagingStudy.reason.concept`.
    Concept,
}

/// How a body site is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodySiteForm {
    /// `R4 ImagingStudy.series.bodySite`: one Coding.
    Coding,
    /// `R5 ImagingStudy.series.bodySite`: one CodeableReference.
    CodeableReference,
    /// A list of CodeableReference, which says the side as well.
    CodeableReferences,
}

/// How a SOP Class UID is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SopClassForm {
    /// A `Coding` with system `urn:ietf:rfc:3986`.
    Coding,
    /// An `oid`.
    Oid,
}

/// Whether what the study says must agree with the series that it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// The study may say more than it lists.
    Free,
    /// Counts equal what is listed (ist-3 to ist-6), the modalities are those of the listed series (ist-7), and no
    /// series starts before the study or at another precision (ist-8).
    Required,
}

/// How `ImagingSelection` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionForm {
    /// The release has no such resource.
    None,
    /// Frames in `instance.subset`, and a list of what it is derived from.
    Subsets,
    /// Frames in `instance.frameNumber`, derived from one study.
    FrameNumbers,
}

/// What differs in the companion resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanionForms {
    /// The names of the parts of `Device`.
    pub device: DeviceForm,
    /// Which codes say that nothing is known of an `Encounter`, and the type of its class.
    pub encounter: EncounterForm,
    /// How `ServiceRequest.code` and its reason are written.
    pub service_request: ServiceRequestForm,
    /// How `Endpoint` says what it is and what it holds.
    pub endpoint: EndpointForm,
}

/// The names of the parts of `Device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceForm {
    /// `deviceName.name` and `version`.
    DeviceName,
    /// `name.value` and `version`.
    Name,
    /// `name.value`, whose `type` is a CodeableConcept of this system, and `deviceVersion`.
    DeviceVersion(&'static str),
}

/// The type of `Encounter.class`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncounterForm {
    /// One Coding, required.
    RequiredClass,
    /// A list of CodeableConcept that may be empty.
    OptionalClass,
}

/// How `ServiceRequest` says what was asked for, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceRequestForm {
    /// `code` a CodeableConcept, `reasonCode`.
    Concepts,
    /// `code.concept`, `reason.concept`.
    CodeableReferences,
}

/// How `Endpoint` says what it is and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointForm {
    /// `connectionType` one Coding, `payloadType` required.
    PayloadType,
    /// `connectionType` a list of CodeableConcept, `payload`.
    Payload,
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

impl ProcedureForm {
    /// The element of `ImagingStudy`.
    pub fn element(self) -> &'static str {
        match self {
            ProcedureForm::Code => "procedureCode",
            ProcedureForm::Concept | ProcedureForm::Reference => "procedure",
        }
    }
}

impl ReasonForm {
    /// The element of `ImagingStudy`.
    pub fn element(self) -> &'static str {
        match self {
            ReasonForm::Code => "reasonCode",
            ReasonForm::Concept => "reason",
        }
    }
}

impl SelectionForm {
    /// The element of `ImagingSelection.instance` that has the frames.
    pub fn frames(self) -> &'static str {
        match self {
            SelectionForm::Subsets | SelectionForm::None => "subset",
            SelectionForm::FrameNumbers => "frameNumber",
        }
    }
}

impl DeviceForm {
    /// The element that has the device's name.
    pub fn name(self) -> &'static str {
        match self {
            DeviceForm::DeviceName => "deviceName",
            DeviceForm::Name | DeviceForm::DeviceVersion(_) => "name",
        }
    }

    /// The element that has the versions of its software.
    pub fn version(self) -> &'static str {
        match self {
            DeviceForm::DeviceName | DeviceForm::Name => "version",
            DeviceForm::DeviceVersion(_) => "deviceVersion",
        }
    }
}

impl ServiceRequestForm {
    /// The element that says why.
    pub fn reason(self) -> &'static str {
        match self {
            ServiceRequestForm::Concepts => "reasonCode",
            ServiceRequestForm::CodeableReferences => "reason",
        }
    }
}

impl EndpointForm {
    /// The element that says what is handed out.
    pub fn payload(self) -> &'static str {
        match self {
            EndpointForm::PayloadType => "payloadType",
            EndpointForm::Payload => "payload",
        }
    }
}

/// What a release has of an element that others call otherwise, or do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    /// The element, or none.
    It(bool),
    /// Another last name for it.
    Named(&'static str),
    /// Another place for it.
    At(&'static str),
}

impl Release {
    /// Where the release has what the model calls by this element, as the writer writes it; `None` where it has no such
    /// element. Elements of ImagingStudy have no resource type in front.
    pub fn element(&self, element: &'static str) -> Option<Cow<'static, str>> {
        let CompanionForms { device, service_request, endpoint, encounter } = self.companions;
        let has = match element {
            "identifier (accession number)" => match self.accession {
                AccessionForm::Identifier => Has::At("identifier"),
                AccessionForm::BasedOn => Has::It(false),
            },
            "partOf" | "Procedure.identifier" => Has::It(self.part_of),
            "Procedure.code" => Has::It(self.procedure == ProcedureForm::Reference),
            "Procedure.status" | "Procedure.subject" => {
                Has::It(self.part_of || self.procedure == ProcedureForm::Reference)
            }
            "interpreter" => Has::It(self.interpreter),
            "procedure" => Has::Named(self.procedure.element()),
            "reason" => Has::Named(self.reason.element()),
            "series.laterality" if !self.laterality => Has::At("series.bodySite"),
            "series.instance.numberOfFrames" => Has::It(self.number_of_frames),
            "Device.name" => Has::Named(device.name()),
            "Device.version" => Has::Named(device.version()),
            "ServiceRequest.reason" => Has::Named(service_request.reason()),
            "Endpoint.payload" => Has::Named(endpoint.payload()),
            "Encounter.class" => Has::It(encounter == EncounterForm::RequiredClass),
            selected if selected.starts_with("ImagingSelection") && self.selection == SelectionForm::None => {
                Has::It(false)
            }
            "ImagingSelection.instance.subset" => Has::Named(self.selection.frames()),
            _ => Has::It(true),
        };
        match has {
            Has::It(exists) => exists.then_some(Cow::Borrowed(element)),
            Has::At(place) => Some(Cow::Borrowed(place)),
            Has::Named(name) => match element.rsplit_once('.') {
                Some((parent, _)) => Some(Cow::Owned(format!("{parent}.{name}"))),
                None => Some(Cow::Borrowed(name)),
            },
        }
    }

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

    /// The newest release, which is what `r6` means.
    pub const NEWEST: &'static Release = &R6_BALLOT5;

    /// The release of this name or version, in any case.
    pub fn parse(name: &str) -> Option<&'static Release> {
        if name.eq_ignore_ascii_case("r6") {
            return Some(Release::NEWEST);
        }
        let named =
            |release: &&&Release| name.eq_ignore_ascii_case(release.name) || name.eq_ignore_ascii_case(release.version);
        Release::ALL.iter().find(named).copied()
    }

    /// The release of a server with this `CapabilityStatement.fhirVersion`; patch versions do not matter.
    pub fn of_server(version: &str) -> Option<&'static Release> {
        let minor = |version: &str| -> Option<String> {
            let (numbers, label) = version.split_once('-').map_or((version, None), |(a, b)| (a, Some(b)));
            let mut numbers = numbers.split('.');
            Some(format!("{}.{} {}", numbers.next()?, numbers.next()?, label.unwrap_or_default()))
        };
        Release::ALL.iter().find(|release| minor(release.version) == minor(version)).copied()
    }

    /// Whether a server of this version may be able to read the release: within one generation the user decides.
    pub fn is_read_by(&self, version: &str) -> bool {
        generation(self.version) == generation(version)
    }

    /// The releases that are nearest to a version that is none of them: those of its publication, else of its generation.
    pub fn near(version: &str) -> Vec<&'static Release> {
        let same = |part: fn(&str) -> &str| -> Vec<&'static Release> {
            Release::ALL.iter().copied().filter(|release| part(release.version) == part(version)).collect()
        };
        let published = same(publication);
        if published.is_empty() { same(generation) } else { published }
    }
}

impl Default for &Release {
    fn default() -> &'static Release {
        Release::R6_BALLOT2
    }
}

impl FromStr for &Release {
    type Err = String;

    fn from_str(text: &str) -> Result<&'static Release, String> {
        Release::parse(text).ok_or_else(|| unknown("release", text, &Release::ALL.map(|release| release.name)))
    }
}

/// What a version is a release or a draft of: R4B began as 4.1, and R5 as 4.2 to 4.6.
fn publication(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(end, _)| end);
    match &version[..end] {
        "4.1" => "4.3",
        "4.2" | "4.4" | "4.5" | "4.6" => "5.0",
        other => other,
    }
}

/// The number of the R.
fn generation(version: &str) -> &str {
    publication(version).split('.').next().unwrap_or_default()
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
