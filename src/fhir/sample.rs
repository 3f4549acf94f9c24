//! Two studies for tests: one that says all that the model can hold, and one that says nothing beyond its UIDs.

use super::datatypes::{CodeableConcept, Coding, DateTime, HumanName, NameRepresentation, ResourceType, TimeOfDay};
use super::identifier::Identifier;
use super::imaging_study::{ImagingStudy, Instance, Instances, Performer, Procedure, Series, SopClass};
use super::resource::Reference;
use super::resource::{self, Resource};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SCT: &str = "http://snomed.info/sct";
const FUNCTION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const CONNECTION: &str = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type";
const KIND: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// Instances that stand in a constant.
#[derive(Debug)]
pub struct Fixed(pub &'static [Instance<'static>]);

impl Instances for Fixed {
    fn visit(&self, each: &mut dyn FnMut(&Instance<'_>) -> bool) {
        let _ = self.0.iter().all(each);
    }
}

static INSTANCES: Fixed = Fixed(&[
    Instance {
        uid: "1.2.3.1.1",
        sop_class: SopClass::Urn("urn:oid:1.2.840.10008.5.1.4.1.1.2"),
        number: Some(1),
        title: Some("ORIGINAL\\PRIMARY\\AXIAL"),
        number_of_frames: Some(12),
        key_object: None,
    },
    Instance {
        uid: "1.2.3.1.2",
        sop_class: SopClass::Raw("CT  Image"),
        number: None,
        title: None,
        number_of_frames: None,
        key_object: None,
    },
    Instance {
        uid: "1.2.3.1.3",
        sop_class: SopClass::Absent,
        number: None,
        title: None,
        number_of_frames: None,
        key_object: None,
    },
]);

static ONE: Fixed = Fixed(&[Instance {
    uid: "1.2.3.2.1",
    sop_class: SopClass::Urn("urn:oid:1.2.840.10008.5.1.4.1.1.7"),
    number: Some(7),
    title: None,
    number_of_frames: None,
    key_object: None,
}]);

fn identifier(system: Option<&'static str>, value: &str, kind: Option<(&'static str, &'static str)>) -> Identifier {
    Identifier {
        system: system.map(Into::into),
        value: value.into(),
        kind: kind.map(|(code, display)| Coding::constant(KIND, code, display)),
        ..Identifier::default()
    }
}

fn refer(identifier: Option<Identifier>, display: Option<&str>, resource: Resource) -> Reference {
    Reference::with(resource, identifier, display.map(Into::into))
}

/// A study that says nothing beyond its UIDs.
pub fn minimal() -> ImagingStudy<'static> {
    let study_uid = Identifier {
        system: Some("urn:dicom:uid".into()),
        value: "urn:oid:1.2.3".into(),
        kind: Some(Coding::constant(DCM, "110180", "Study Instance UID")),
        usage: Some("official".into()),
        ..Identifier::default()
    };
    ImagingStudy {
        id: "1.2.3".into(),
        uid: "1.2.3".into(),
        study_uid: Some(study_uid),
        status: "available".into(),
        number_of_series: 1,
        number_of_instances: 1,
        series: Some(vec![series("1.2.3.2", 1, &ONE)]),
        ..ImagingStudy::default()
    }
}

fn series(uid: &str, number_of_instances: u32, instances: &'static Fixed) -> Series<'static> {
    Series { uid: uid.into(), number_of_instances, instances: Some(instances), ..Series::default() }
}

fn ct() -> CodeableConcept {
    Coding::constant(DCM, "CT", "Computed Tomography").into()
}

fn at(hour: u8) -> DateTime {
    let time = TimeOfDay { hour, minute: 5, second: 9, microsecond: 250_000, fraction_digits: 2, offset_minutes: 60 };
    DateTime { year: 2024, month: 2, day: 29, time: Some(time) }
}

/// A study with everything.
pub fn maximal() -> ImagingStudy<'static> {
    let accession = identifier(Some("urn:oid:1.2.99"), "A-17", Some(("ACSN", "Accession ID")));
    let appendectomy: CodeableConcept = Coding::constant(SCT, "77477000", "Computed tomography").into();
    ImagingStudy {
        accession: vec![accession.clone()],
        study_id: Some(identifier(None, "S1", None)),
        modality: vec![CodeableConcept::text("XX"), ct()],
        subject: patient(),
        encounter: Some(encounter()),
        started: Some(at(7)),
        based_on: vec![order(accession)],
        part_of: vec![step()],
        referrer: Some(practitioner("Refer^Rita", None)),
        interpreter: vec![practitioner("Read^Rob", Some("R7"))],
        endpoint: vec![endpoint("dicom-wado-rs"), endpoint("ihe-iid")],
        number_of_series: 3,
        number_of_instances: 5,
        procedure: vec![procedure(appendectomy)],
        location: Some(place()),
        reason: vec![Coding::constant(SCT, "25064002", "Headache").into(), CodeableConcept::text("fall")],
        note: Some("line one\nline \"two\"".into()),
        description: Some("CT of the knee".into()),
        series: Some(vec![full_series(), series("1.2.3.2", 1, &ONE), other_series()]),
        ..minimal()
    }
}

/// The same of a patient whose number has a system.
pub fn identified() -> ImagingStudy<'static> {
    let number = identifier(Some("urn:oid:1.2.96"), "4711", None);
    let patient = resource::Patient { identifier: vec![number.clone()], ..resource::Patient::default() };
    ImagingStudy { subject: refer(Some(number), None, Resource::Patient(patient)), ..maximal() }
}

/// The same without a known person.
pub fn nobody() -> ImagingStudy<'static> {
    ImagingStudy { subject: Reference::to(ResourceType::Patient), ..maximal() }
}

/// The same of a phantom.
pub fn phantom() -> ImagingStudy<'static> {
    let number = identifier(None, "QA7", None);
    let name = Some("QA phantom".into());
    let phantom = resource::Device {
        identifier: vec![number.clone()],
        name,
        kind: resource::DeviceKind::Phantom,
        ..resource::Device::default()
    };
    ImagingStudy { subject: refer(Some(number), Some("QA phantom"), Resource::Device(phantom)), ..maximal() }
}

fn patient() -> Reference {
    let number = Identifier {
        assigner: Some("City Hospital".into()),
        ..identifier(None, "4711", Some(("MR", "Medical record number")))
    };
    let name = |representation, family: &str| HumanName {
        family: Some(family.into()),
        given: vec!["Tarou".into(), "M".into()],
        prefix: vec!["Dr".into()],
        suffix: vec!["Jr".into()],
        text: Some(format!("Dr Tarou M {family} Jr")),
        representation: Some(representation),
    };
    let name = vec![name(NameRepresentation::Alphabetic, "Yamada"), name(NameRepresentation::Ideographic, "山田")];
    let patient = resource::Patient {
        identifier: vec![number.clone()],
        name,
        gender: Some("other".into()),
        birth_date: Some("1980-02-29".into()),
        animal: None,
    };
    refer(Some(number), Some("Yamada, Tarou"), Resource::Patient(patient))
}

fn encounter() -> Reference {
    let visit = identifier(Some("urn:oid:1.2.98"), "V|1,2", Some(("VN", "Visit number")));
    refer(Some(visit.clone()), None, Resource::Encounter(resource::Encounter { identifier: vec![visit] }))
}

fn order(accession: Identifier) -> Reference {
    let request = resource::ServiceRequest {
        identifier: vec![accession.clone(), identifier(None, "P1", Some(("PLAC", "Placer Identifier")))],
        code: Some(Coding::constant(SCT, "241570009", "CT of knee").into()),
        reason: vec![CodeableConcept::text("pain")],
        requester: Some(practitioner("Ask^Anna", None)),
    };
    refer(Some(accession), None, Resource::ServiceRequest(request))
}

fn step() -> Reference {
    let uid = identifier(Some("urn:dicom:uid"), "urn:oid:1.2.3.99", None);
    refer(Some(uid.clone()), None, Resource::Procedure(resource::Procedure { identifier: vec![uid], code: None }))
}

fn procedure(concept: CodeableConcept) -> Procedure {
    let code = Some(concept.clone());
    let reference = refer(None, None, Resource::Procedure(resource::Procedure { identifier: Vec::new(), code }));
    Procedure { concept, reference }
}

fn practitioner(name: &str, id: Option<&str>) -> Reference {
    let (family, given) = name.split_once('^').unwrap();
    let human = HumanName {
        family: Some(family.into()),
        given: vec![given.into()],
        prefix: Vec::new(),
        suffix: Vec::new(),
        text: None,
        representation: None,
    };
    let id = id.map(|id| identifier(Some("http://hospital.example/staff"), id, None));
    let person = resource::Practitioner { identifier: id.iter().cloned().collect(), name: vec![human] };
    refer(id, Some(&format!("{family}, {given}")), Resource::Practitioner(person))
}

fn endpoint(kind: &'static str) -> Reference {
    let connection_type = Coding { display: None, ..Coding::constant(CONNECTION, kind, "") };
    let address = "https://pacs.example/dicomweb".into();
    refer(None, None, Resource::Endpoint(resource::Endpoint::at(connection_type, address)))
}

fn place() -> Reference {
    refer(None, Some("Radiology"), Resource::Location(resource::Location { name: Some("Radiology".into()) }))
}

fn full_series() -> Series<'static> {
    let performer =
        |code, display, actor| Performer { function: Some(Coding::constant(FUNCTION, code, display)), actor };
    Series {
        number: Some(3),
        modality: Some(ct()),
        description: Some("axial 1 mm".into()),
        endpoint: vec![endpoint("dicom-wado-rs")],
        body_site: vec![CodeableConcept {
            coding: vec![Coding::constant(SCT, "72696002", "Knee")],
            text: Some("Left knee".into()),
        }],
        laterality: Some(Coding::constant(SCT, "7771000", "Left").into()),
        specimen: vec![specimen()],
        started: Some(at(8)),
        performer: vec![
            performer("PRF", "performer", practitioner("Scan^Sam", None)),
            performer("SPRF", "secondary performer", practitioner("Scan^Sam", None)),
            Performer { function: None, actor: device() },
            Performer { function: None, actor: organization() },
        ],
        ..series("1.2.3.1", 3, &INSTANCES)
    }
}

fn other_series() -> Series<'static> {
    Series {
        modality: Some(CodeableConcept::text("XX")),
        body_site: vec![CodeableConcept::text("LEFT TOE")],
        ..series(
            "1.2.3.3",
            1,
            &Fixed(&[Instance {
                uid: "1.2.3.3.1",
                sop_class: SopClass::Urn("urn:oid:1.2.840.10008.5.1.4.1.1.2.1"),
                number: Some(0),
                title: Some("a"),
                number_of_frames: Some(1),
                key_object: None,
            }]),
        )
    }
}

fn specimen() -> Reference {
    let id = identifier(None, "SP1", None);
    let kind = Some(Coding::constant(SCT, "119376003", "Tissue specimen").into());
    refer(Some(id.clone()), None, Resource::Specimen(resource::Specimen { identifier: vec![id], kind }))
}

fn device() -> Reference {
    let device = resource::Device {
        identifier: Vec::new(),
        udi: vec!["(01)00844588003288(17)141120(10)7654321D".into(), "+B123".into()],
        manufacturer: Some("ACME".into()),
        name: Some("CT1".into()),
        model_number: Some("Scan 3000".into()),
        serial_number: Some("77".into()),
        version: vec!["1.0".into(), "2.0".into()],
        ..resource::Device::default()
    };
    refer(None, Some("ACME Scan 3000"), Resource::Device(device))
}

fn organization() -> Reference {
    let id = identifier(Some("urn:oid:1.2.97"), "H1", None);
    let organization =
        resource::Organization { identifier: vec![id.clone()], name: Some("City Hospital".into()), is_creator: false };
    refer(Some(id), Some("City Hospital"), Resource::Organization(organization))
}
