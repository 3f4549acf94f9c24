//! Who and what made a series: physicians, operators, the equipment, the institution.

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::{Attributes, text, texts};
use super::code::{code_as_identifier, concept};
use super::listed::{CompanionRow, Listed, companion, filled, listed};
use super::patient::{is_phantom, phantom_identifiers};
use super::person::{only_name, persons};
use super::terms;
use super::terms::identifier_type as kind;
use crate::fhir::resource::{Device, Organization, Resource};
use crate::fhir::{Coding, IdText, Identifier, Performer, Reference};
use crate::issue::Reason;

/// The reference to the equipment.
pub const EQUIPMENT: Listed = listed!(
    "series.performer",
    [
        MANUFACTURER,
        MANUFACTURER_MODEL_NAME,
        DEVICE_SERIAL_NUMBER,
        STATION_NAME,
        SOFTWARE_VERSIONS,
        UDI_SEQUENCE > UNIQUE_DEVICE_IDENTIFIER
    ],
    "PS3.3 C.7.5.1"
);

/// The rows of a Device: the equipment, or the phantom that is the subject.
#[rustfmt::skip]
pub const DEVICE: &[CompanionRow<Device>] = &[
    filled!("Device.identifier", identifier, [
        DEVICE_SERIAL_NUMBER, patient_id HERE, patient_id OTHER_PATIENT_I_DS_SEQUENCE, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.5.1, C.7.1.1", identifiers),
    filled!("Device.udiCarrier", udi, [UDI_SEQUENCE > UNIQUE_DEVICE_IDENTIFIER], "PS3.3 C.7.5.1", udi),
    filled!("Device.manufacturer", manufacturer, [MANUFACTURER], "PS3.3 C.7.5.1", text),
    filled!("Device.serialNumber", serial_number, [DEVICE_SERIAL_NUMBER], "PS3.3 C.7.5.1", text),
    filled!("Device.name", name, [
        STATION_NAME, PATIENT_NAME, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.5.1, C.7.1.1", name),
    filled!("Device.modelNumber", model_number, [MANUFACTURER_MODEL_NAME], "PS3.3 C.7.5.1", text),
    filled!("Device.version", version, [SOFTWARE_VERSIONS], "PS3.3 C.7.5.1", texts),
];

/// The reference to the institution.
pub const INSTITUTION: Listed =
    listed!("series.performer", [INSTITUTION_NAME, code INSTITUTION_CODE_SEQUENCE], "PS3.3 C.7.5.1, C.3.2");

/// The rows of an Organization.
#[rustfmt::skip]
pub const ORGANIZATION: &[CompanionRow<Organization>] = &[
    filled!("Organization.identifier", identifier, [
        code INSTITUTION_CODE_SEQUENCE
    ], "PS3.3 C.3.2", institution_codes),
    filled!("Organization.name", name, [INSTITUTION_NAME], "PS3.3 C.7.5.1", text),
];

/// The performing physicians, as `PRF`.
pub fn physicians(attributes: &Attributes<'_>) -> Vec<Performer> {
    performing(attributes, terms::PRF)
}

/// The operators, as `SPRF`.
pub fn operators(attributes: &Attributes<'_>) -> Vec<Performer> {
    performing(attributes, terms::SPRF)
}

fn performing(attributes: &Attributes<'_>, function: Coding) -> Vec<Performer> {
    persons(attributes).into_iter().map(|actor| Performer { function: Some(function.clone()), actor }).collect()
}

/// The equipment: a Device, named by manufacturer and model, else by its station.
pub fn device(attributes: &Attributes<'_>) -> Vec<Performer> {
    let device = companion(DEVICE, attributes);
    if device == (Device { version: device.version.clone(), ..Device::default() }) {
        if let Some(software) = attributes.line(tags::SOFTWARE_VERSIONS) {
            attributes.note(tags::SOFTWARE_VERSIONS, Reason::NoDevice, &software);
        }
        return Vec::new();
    }
    let (identifier, display, lost) = (device.identifier.first().cloned(), display(&device), lost(attributes, &device));
    let actor = Reference::with(Resource::Device(device), identifier, display).losing(lost);
    vec![Performer { function: None, actor }]
}

/// The serial number; the numbers of a phantom that is the subject.
fn identifiers(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let serial = attributes.id_text(tags::DEVICE_SERIAL_NUMBER).map(serial_number);
    let phantom = if is_phantom(attributes) { phantom_identifiers(attributes) } else { Vec::new() };
    serial.into_iter().chain(phantom).collect()
}

/// The station; what a phantom is called.
fn name(attributes: &Attributes<'_>) -> Option<String> {
    let phantom = || Some(only_name(attributes, tags::PATIENT_NAME).filter(|_| is_phantom(attributes))?.name.display());
    attributes.text(tags::STATION_NAME).or_else(phantom)
}

fn udi(attributes: &Attributes<'_>) -> Vec<String> {
    let items = attributes.items(tags::UDI_SEQUENCE);
    items.iter().filter_map(|item| item.long_text(tags::UNIQUE_DEVICE_IDENTIFIER)).collect()
}

/// The bytes of what names the equipment, as far as some were lost.
fn lost(attributes: &Attributes<'_>, device: &Device) -> Option<Box<[u8]>> {
    let shown = [
        (tags::MANUFACTURER, &device.manufacturer),
        (tags::MANUFACTURER_MODEL_NAME, &device.model_number),
        (tags::STATION_NAME, &device.name),
    ];
    let lost: Vec<&[u8]> = shown.iter().filter_map(|(tag, shown)| attributes.lost(*tag, shown.as_deref()?)).collect();
    (!lost.is_empty()).then(|| lost.join(&b'\\').into())
}

fn serial_number(value: IdText) -> Identifier {
    Identifier { value, kind: kind("SNO"), ..Identifier::default() }
}

fn display(device: &Device) -> Option<String> {
    let words: Vec<&str> =
        [&device.manufacturer, &device.model_number].into_iter().flatten().map(String::as_str).collect();
    if words.is_empty() { device.name.clone() } else { Some(words.join(" ")) }
}

fn institution_codes(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let codes = attributes.items(tags::INSTITUTION_CODE_SEQUENCE);
    codes.iter().filter_map(|code| code_as_identifier(code, &concept(code)?)).collect()
}

/// The institution: an Organization.
pub fn organization(attributes: &Attributes<'_>) -> Vec<Performer> {
    let organization = companion(ORGANIZATION, attributes);
    if organization == Organization::default() {
        return Vec::new();
    }
    let (identifier, name) = (organization.identifier.first().cloned(), organization.name.clone());
    let lost = name.as_ref().and_then(|name| attributes.lost(tags::INSTITUTION_NAME, name)).map(Box::from);
    let actor = Reference::with(Resource::Organization(organization), identifier, name).losing(lost);
    vec![Performer { function: None, actor }]
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{Sample, code, items, mapped, reasons, reference, text};

    #[test]
    fn physicians_perform_and_operators_are_secondary() {
        let part =
            mapped(SERIES, &[text(tags::PERFORMING_PHYSICIAN_NAME, "Ada\\Bob"), text(tags::OPERATORS_NAME, "Cid")])
                .part;
        let shown = |performers: &[Performer]| -> Vec<String> {
            let function =
                |performer: &Performer| performer.function.as_ref().map(|function| function.code.to_string());
            performers.iter().map(|one| format!("{} {}", function(one).unwrap(), reference(&one.actor))).collect()
        };
        assert_eq!(shown(&part.physicians), ["PRF Ada", "PRF Bob"]);
        assert_eq!(shown(&part.operators), ["SPRF Cid"]);
    }

    #[test]
    fn equipment_is_named_by_maker_and_model_else_by_its_station() {
        let maker = text(tags::MANUFACTURER, "ACME");
        let model = text(tags::MANUFACTURER_MODEL_NAME, "Scan 1");
        let station = text(tags::STATION_NAME, "CT3");
        let serial = text(tags::DEVICE_SERIAL_NUMBER, "S9");
        for (data_set, want) in [
            (vec![maker.clone(), model.clone(), station.clone(), serial.clone()], vec!["SNO S9 = ACME Scan 1"]),
            (vec![model], vec!["Scan 1"]),
            (vec![maker], vec!["ACME"]),
            (vec![station], vec!["CT3"]),
            (vec![serial], vec!["SNO S9"]),
            (vec![text(tags::SOFTWARE_VERSIONS, "1.0")], vec![]),
            (vec![], vec![]),
        ] {
            let performers = mapped(SERIES, &data_set).part.device;
            let shown: Vec<String> = performers.iter().map(|performer| reference(&performer.actor)).collect();
            assert_eq!(shown, want, "{data_set:?}");
            assert!(performers.iter().all(|performer| performer.function.is_none()));
        }
    }

    #[test]
    fn a_device_of_which_only_the_software_is_known_is_reported() {
        for (data_set, want) in [
            (vec![text(tags::SOFTWARE_VERSIONS, "1.0")], vec![(tags::SOFTWARE_VERSIONS, Reason::NoDevice)]),
            (vec![text(tags::SOFTWARE_VERSIONS, "1.0"), text(tags::MANUFACTURER, "ACME")], vec![]),
            (vec![text(tags::SOFTWARE_VERSIONS, " ")], vec![]),
        ] {
            assert_eq!(reasons(&mapped(SERIES, &data_set).issues), want, "{data_set:?}");
        }
    }

    #[test]
    fn a_device_has_its_versions_without_empty_ones() {
        let versions = |value: &str| {
            let part = mapped(SERIES, &[text(tags::MANUFACTURER, "ACME"), text(tags::SOFTWARE_VERSIONS, value)]).part;
            let Some(Resource::Device(device)) = part.device[0].actor.resource.as_deref() else { panic!("a Device") };
            device.version.clone()
        };
        assert_eq!(versions("1.0\\\\ 2.0 \\"), ["1.0", "2.0"]);
        assert_eq!(versions("\\"), Vec::<String>::new());
    }

    #[test]
    fn an_institution_is_an_organization_by_name_and_code() {
        let coded =
            |designator: &str| -> Sample { items(tags::INSTITUTION_CODE_SEQUENCE, [code("H1", designator, "")]) };
        for (data_set, want) in [
            (vec![text(tags::INSTITUTION_NAME, "Hospital")], vec!["Hospital"]),
            (vec![text(tags::INSTITUTION_NAME, "Hospital"), coded("LN")], vec!["H1 = Hospital"]),
            (vec![coded("99X")], vec!["H1"]),
            (vec![text(tags::INSTITUTION_NAME, "")], vec![]),
        ] {
            let performers = mapped(SERIES, &data_set).part.organization;
            let shown: Vec<String> = performers.iter().map(|performer| reference(&performer.actor)).collect();
            assert_eq!(shown, want, "{data_set:?}");
        }
    }
}
