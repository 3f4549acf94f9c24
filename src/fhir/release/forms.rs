//! The forms that elements have in the releases, with the names that the elements have there.

/// The type of an element that has a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// `Coding`: the first one, or what the text becomes.
    Coding(TextAs),
    /// `CodeableConcept`.
    CodeableConcept,
    /// `CodeableReference`, with a concept.
    CodeableReference,
    /// `Reference`, to a resource that has the code.
    Reference,
}

/// What the text of a concept without codings becomes in a `Coding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAs {
    /// The code, without a system.
    Code,
    /// The display.
    Display,
}

/// An element that has codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedElement {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub datatype: Datatype,
    /// Whether there can be several.
    pub is_list: bool,
}

/// An element that stands once.
pub(super) const fn one(name: &'static str, datatype: Datatype) -> CodedElement {
    CodedElement { name, datatype, is_list: false }
}

/// An element that is a list.
pub(super) const fn many(name: &'static str, datatype: Datatype) -> CodedElement {
    CodedElement { name, datatype, is_list: true }
}

/// Which modalities of its series a study lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modalities {
    /// Those that acquire, of DICOM's CID 29 (`R4 ImagingStudy.modality`).
    Acquisition,
    /// All of them.
    All,
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
    /// The parts of `Device`.
    pub device: DeviceForm,
    /// Whether `Encounter.class` is required; else it is a list that may be empty.
    pub encounter_class: bool,
    /// What was asked for, of a `ServiceRequest`.
    pub order_code: CodedElement,
    /// Why it was asked for.
    pub order_reason: CodedElement,
    /// How `Endpoint` says what it is and what it holds.
    pub endpoint: EndpointForm,
}

/// The parts of `Device`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceForm {
    /// The element that has the name that users gave the device.
    pub name: &'static str,
    /// The element of that element that has the text.
    pub name_text: &'static str,
    /// The code system of the type of a name, where the type is a CodeableConcept.
    pub name_types: Option<&'static str>,
    /// What the device is.
    pub kind: CodedElement,
    /// The element that has the versions of its software.
    pub version: &'static str,
    /// Whether the parts of a UDI are required.
    pub whole_udi: bool,
}

/// How `Endpoint` says what it is and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointForm {
    /// `connectionType` one Coding, `payloadType` required.
    PayloadType,
    /// `connectionType` a list of CodeableConcept, `payload`.
    Payload,
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

impl EndpointForm {
    /// The element that says what is handed out.
    pub fn payload(self) -> &'static str {
        match self {
            EndpointForm::PayloadType => "payloadType",
            EndpointForm::Payload => "payload",
        }
    }
}
