//! The forms that elements have in the releases, with the names that the elements have there.

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
