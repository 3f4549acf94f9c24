//! The profiles, each by its differences. `docs/profiles.md` lists the versions of the guides.

use super::{Code, DeviceCategory, Limit, Manifests, Packaging, Performers, Profile, Regions, Role};
use crate::fhir::release::{R4, R5};
use crate::issue::Lack;
use crate::options::References;

pub(super) const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
pub(super) const SCT: &str = "http://snomed.info/sct";

/// Accession Number, as DICOM codes it.
const ACCESSION_NUMBER: Code = Code::new(DCM, "121022", "Accession Number");
/// SNOMED CT: imaging.
const IMAGING: Code = Code::new(SCT, "363679005", "Imaging");
/// SNOMED CT: a device that makes diagnostic images.
const IMAGING_DEVICE: Code = Code::new(SCT, "314789007", "Diagnostic imaging equipment");
/// The payload type if it is no FHIR document.
const NO_PAYLOAD: Code =
    Code { display: None, ..Code::new("http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "none", "") };
/// The payload type of a study.
const STUDY: Code = Code::new(DCM, "113014", "Study");

/// No differences from the release.
const NONE: Profile = Profile {
    name: "",
    guide: "",
    release: &R4,
    packaging: Packaging::AsAsked,
    references: None,
    claims: &[],
    limits: &[],
    accession_type: None,
    order_status: "unknown",
    order_category: None,
    performers: Performers::All,
    device_category: None,
    regions: None,
    frames: None,
    key_object_title: None,
    instance_description: None,
    payloads: &[],
    location: None,
    unknown_address: None,
    viewer: None,
    study_endpoints: &[],
    creator: None,
    manifests: Manifests::Listed,
    demands: &[],
    key_object_demands: &[],
};

/// IHE RAD MADO: the imaging manifest of the European Health Data Space, a document for each study.
const MADO: Profile = Profile {
    name: "mado",
    guide: "IHE RAD MADO 0.1.0",
    release: &R4,
    packaging: Packaging::Document,
    references: Some(References::Separate),
    claims: &[
        (Role::Document, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoFhirBundle"),
        (Role::Composition, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoComposition"),
        (Role::Study, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoImagingStudy"),
        (Role::Patient, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoPatient"),
        (Role::Order, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoRequestedProcedure"),
        (Role::WadoRs, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoWadoEndpoint"),
        (Role::WebViewer, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoWebViewerEndpoint"),
        (Role::Creator, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoCreator"),
        (Role::CreatorOrganization, "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoCreatorOrganization"),
    ],
    limits: &[Limit::OneOrder, Limit::ProcedureInWords],
    accession_type: Some(ACCESSION_NUMBER),
    order_status: "completed",
    performers: Performers::OrganizationsByName,
    regions: Some(Regions {
        extension: "https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoAnatomicalRegionExtension",
        spine: "1141981001",
    }),
    frames: Some("https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoNumberOfFrames"),
    key_object_title: Some("https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoKeyObjectDocumentTitle"),
    payloads: &[("dicom-wado-rs", NO_PAYLOAD), ("web-viewer", NO_PAYLOAD)],
    location: Some("https://profiles.ihe.net/RAD/MADO/StructureDefinition/MadoRetrieveLocationUIDExtension"),
    unknown_address: Some("http://notspecified"),
    viewer: Some(Code::new(
        "https://profiles.ihe.net/RAD/MADO/CodeSystem/MadoEndpointConnectionTypes",
        "web-viewer",
        "DICOM web viewer for the study",
    )),
    creator: Some(Code::new(
        "https://profiles.ihe.net/RAD/MADO/CodeSystem/MadoDeviceType",
        "mado-creator",
        "MADO Creator",
    )),
    manifests: Manifests::LeftOut,
    demands: &[Lack::StudyUid, Lack::OnePatient, Lack::Patient, Lack::Instances, Lack::OtherThanManifests],
    key_object_demands: &[
        Lack::PatientIssuer,
        Lack::PatientNumber,
        Lack::StartedTime,
        Lack::Modality,
        Lack::Region,
        Lack::Uids,
    ],
    ..NONE
};

/// HL7 Europe Imaging: the ImagingStudy of the manifest and of reports.
const EU_IMAGING_R4: Profile = Profile {
    name: "eu-imaging",
    guide: "HL7 Europe Imaging 1.0.0-ballot",
    release: &R4,
    claims: &[
        (Role::Study, "http://hl7.eu/fhir/imaging/StructureDefinition/ImagingStudyEuImaging"),
        (Role::Patient, "http://hl7.eu/fhir/base/StructureDefinition/patient-eu-core"),
        (Role::Order, "http://hl7.eu/fhir/imaging/StructureDefinition/ServiceRequestOrderEuImaging"),
        (Role::Equipment, "http://hl7.eu/fhir/imaging/StructureDefinition/DeviceEuImaging"),
    ],
    limits: &[Limit::StudyUidAlone, Limit::OneOrder, Limit::OrderWithoutNumbers],
    accession_type: Some(ACCESSION_NUMBER),
    order_category: Some(IMAGING),
    performers: Performers::OneInEachFunction,
    device_category: Some(DeviceCategory {
        coding: IMAGING_DEVICE,
        extension: Some("http://hl7.org/fhir/5.0/StructureDefinition/extension-Device.category"),
    }),
    regions: Some(Regions {
        extension: "http://hl7.eu/fhir/imaging/StructureDefinition/AnatomicalRegionExtension",
        spine: "737561001",
    }),
    frames: Some("http://hl7.eu/fhir/imaging/StructureDefinition/NumberOfFrames"),
    instance_description: Some(
        "http://hl7.eu/fhir/imaging/StructureDefinition/ImagingStudyEuImagingInstanceDescription",
    ),
    demands: &[Lack::StudyUid, Lack::OnePatient, Lack::NameAndBirthDate],
    ..NONE
};

/// The same for R5, which has a category of devices.
const EU_IMAGING_R5: Profile = Profile {
    release: &R5,
    claims: &[
        (Role::Study, "http://hl7.eu/fhir/imaging-r5/StructureDefinition/ImagingStudyEuImaging"),
        (Role::Patient, "http://hl7.eu/fhir/base-r5/StructureDefinition/patient-eu-core"),
        (Role::Order, "http://hl7.eu/fhir/imaging-r5/StructureDefinition/ServiceRequestOrderEuImaging"),
        (Role::Equipment, "http://hl7.eu/fhir/imaging-r5/StructureDefinition/DeviceEuImaging"),
    ],
    device_category: Some(DeviceCategory { coding: IMAGING_DEVICE, extension: None }),
    regions: Some(Regions {
        extension: "http://hl7.eu/fhir/imaging-r5/StructureDefinition/AnatomicalRegionExtension",
        spine: "737561001",
    }),
    frames: Some("http://hl7.eu/fhir/imaging-r5/StructureDefinition/NumberOfFrames"),
    instance_description: Some(
        "http://hl7.eu/fhir/imaging-r5/StructureDefinition/ImagingStudyEuImagingInstanceDescription",
    ),
    ..EU_IMAGING_R4
};

/// IHE RAD IMR: interactive multimedia reports.
const IMR: Profile = Profile {
    name: "imr",
    guide: "IHE RAD IMR 1.1.0",
    release: &R4,
    claims: &[
        (Role::Study, "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-imagingstudy"),
        (Role::Order, "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-servicerequest"),
        (Role::OrderWithoutSystem, "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imr-servicerequest"),
        (Role::WadoRs, "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imaging-study-endpoint"),
        (Role::OtherEndpoint, "https://profiles.ihe.net/RAD/IMR/StructureDefinition/imaging-study-endpoint"),
    ],
    payloads: &[("dicom-wado-rs", STUDY), ("ihe-iid", STUDY)],
    study_endpoints: &["wado-rs", "iid"],
    demands: &[Lack::StudyUid, Lack::OnePatient, Lack::Patient, Lack::Started, Lack::Modality],
    ..NONE
};

/// Medizininformatik-Initiative, Modul Bildgebung: the research repositories of German university hospitals.
const MII: Profile = Profile {
    name: "mii",
    guide: "MII Bildgebung 2027.0.0-ballot",
    release: &R4,
    claims: &[
        (
            Role::Study,
            "https://www.medizininformatik-initiative.de/fhir/ext/modul-bildgebung/StructureDefinition/mii-pr-bildgebung-bildgebungsstudie",
        ),
        (
            Role::Equipment,
            "https://www.medizininformatik-initiative.de/fhir/ext/modul-bildgebung/StructureDefinition/mii-pr-bildgebung-geraet",
        ),
    ],
    limits: &[Limit::CodesAlone],
    performers: Performers::Devices,
    demands: &[Lack::StudyUid, Lack::OnePatient, Lack::Patient, Lack::SeriesModality],
    ..NONE
};

/// HL7 International Patient Summary: the ImagingStudy of a summary.
const IPS: Profile = Profile {
    name: "ips",
    guide: "HL7 IPS 2.0.1",
    release: &R4,
    references: Some(References::Contained),
    claims: &[
        (Role::Study, "http://hl7.org/fhir/uv/ips/StructureDefinition/ImagingStudy-uv-ips"),
        (Role::Patient, "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips"),
    ],
    demands: &[Lack::StudyUid, Lack::OnePatient, Lack::Patient, Lack::NameAndBirthDate, Lack::Status],
    ..NONE
};

impl Profile {
    /// No profile: the release as it is.
    pub const NONE: &'static Profile = &NONE;

    /// All profiles; of one name, that of its own release first.
    pub const ALL: [&'static Profile; 6] = [&MADO, &EU_IMAGING_R4, &EU_IMAGING_R5, &IMR, &MII, &IPS];
}
