//! Who and what made a series: physicians, operators, the equipment, the institution.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::kind;
use super::person::practitioners;
use super::terms::{self, Coded};
use crate::fhir::resource::{Device, Organization, Resource};
use crate::fhir::{Coding, Identifier, Performer, Reference, ResourceType};

/// The performing physicians, as `PRF`.
pub fn physicians(attributes: &Attributes<'_>) -> Vec<Performer> {
    persons(attributes, tags::PERFORMING_PHYSICIAN_NAME, tags::PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE, terms::PRF)
}

/// The operators, as `SPRF`.
pub fn operators(attributes: &Attributes<'_>) -> Vec<Performer> {
    persons(attributes, tags::OPERATORS_NAME, tags::OPERATOR_IDENTIFICATION_SEQUENCE, terms::SPRF)
}

fn persons(attributes: &Attributes<'_>, name: Tag, identification: Tag, function: Coded) -> Vec<Performer> {
    let function = Coding::constant(function.system, function.code, function.display);
    let persons = practitioners(attributes, name, identification).into_iter();
    persons.map(|actor| Performer { function: Some(function.clone()), actor }).collect()
}

/// The equipment: a Device, named by manufacturer and model, else by its station.
pub fn device(attributes: &Attributes<'_>) -> Vec<Performer> {
    let udi = attributes.items(tags::UDI_SEQUENCE);
    let device = Device {
        identifier: attributes.text(tags::DEVICE_SERIAL_NUMBER).map(serial_number).into_iter().collect(),
        udi: udi.iter().filter_map(|item| item.long_text(tags::UNIQUE_DEVICE_IDENTIFIER)).collect(),
        manufacturer: attributes.text(tags::MANUFACTURER),
        name: attributes.text(tags::STATION_NAME),
        model_number: attributes.text(tags::MANUFACTURER_MODEL_NAME),
        serial_number: attributes.text(tags::DEVICE_SERIAL_NUMBER),
        version: Vec::new(),
    };
    if device == Device::default() {
        return Vec::new();
    }
    let mut actor = Reference::to(ResourceType::Device);
    actor.identifier = device.identifier.first().cloned();
    actor.display = display(&device);
    actor.resource =
        Some(Box::new(Resource::Device(Device { version: attributes.texts(tags::SOFTWARE_VERSIONS), ..device })));
    vec![Performer { function: None, actor }]
}

fn serial_number(value: String) -> Identifier {
    Identifier { value, kind: kind("SNO"), ..Identifier::default() }
}

fn display(device: &Device) -> Option<String> {
    let words: Vec<&str> =
        [&device.manufacturer, &device.model_number].into_iter().flatten().map(String::as_str).collect();
    if words.is_empty() { device.name.clone() } else { Some(words.join(" ")) }
}

/// The institution: an Organization.
pub fn organization(attributes: &Attributes<'_>) -> Vec<Performer> {
    let name = attributes.text(tags::INSTITUTION_NAME);
    let coded = concepts(attributes, tags::INSTITUTION_CODE_SEQUENCE).into_iter().flat_map(|concept| concept.coding);
    let identifier: Vec<Identifier> = coded
        .map(|code| Identifier { system: code.system, value: code.code.into_owned(), ..Identifier::default() })
        .collect();
    if name.is_none() && identifier.is_empty() {
        return Vec::new();
    }
    let mut actor = Reference::to(ResourceType::Organization);
    actor.identifier = identifier.first().cloned();
    actor.display = name.clone();
    actor.resource = Some(Box::new(Resource::Organization(Organization { identifier, name })));
    vec![Performer { function: None, actor }]
}
