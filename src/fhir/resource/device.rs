//! Device: the equipment, or a phantom.

use serde::ser::SerializeMap;

use super::Reference;
use crate::fhir::datatypes::{CodeableConcept, Coding};
use crate::fhir::identifier::Identifier;
use crate::fhir::json::{Absent, CONCEPT, Element, InConcept, Member, Object, Value, extension};
use crate::fhir::merge::{Merge, merged};

/// `Device`: the equipment, a phantom, or the program that made a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    /// A phantom's Patient ID.
    pub identifier: Vec<Identifier>,
    /// Unique device identifiers.
    pub udi: Vec<String>,
    /// The manufacturer's name.
    pub manufacturer: Option<String>,
    /// The station's or phantom's name.
    pub name: Option<String>,
    /// The model.
    pub model_number: Option<String>,
    /// The serial number.
    pub serial_number: Option<String>,
    /// The software versions.
    pub version: Vec<String>,
    /// Its role.
    pub kind: DeviceKind,
    /// The owner of a program.
    pub owner: Option<Box<Reference>>,
}

/// The role of a Device in a study.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceKind {
    /// The equipment that made the images.
    #[default]
    Equipment,
    /// The phantom that was imaged.
    Phantom,
    /// The program that made the document, with its type.
    Program(CodeableConcept),
}

merged!(Device: identifier, udi, manufacturer, name, model_number, serial_number, version, kind, owner);

/// Devices with one id have one role.
impl Merge for DeviceKind {
    fn merge(&mut self, _: DeviceKind) -> bool {
        false
    }
}

impl Element for Device {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let category = object.dialect.profile.device_category.as_ref().filter(|_| self.kind == DeviceKind::Equipment);
        let concept = |coding: Coding| Member(CONCEPT, CodeableConcept::from(coding));
        let extensions = category.and_then(|one| Some(extension(one.extension?, concept(one.coding.coding()))));
        object.list("extension", extensions.iter())?;
        object.list("identifier", &self.identifier)?;
        object.list("udiCarrier", self.udi.iter().map(|udi| UdiCarrier(udi)))?;
        object.optional("status", category.map(|_| "active"))?;
        object.optional("manufacturer", self.manufacturer.as_deref())?;
        object.optional("serialNumber", self.serial_number.as_deref())?;
        let form = object.release.companions.device;
        object.list(form.name, self.name.as_deref().map(Name).iter())?;
        object.optional("modelNumber", self.model_number.as_deref())?;
        let own = category.filter(|category| category.extension.is_none());
        object.list("category", own.map(|category| category.coding.coding()).as_ref().map(InConcept).iter())?;
        if let DeviceKind::Program(kind) = &self.kind {
            object.coded(form.kind, [kind])?;
        }
        object.list(form.version, self.version.iter().map(|version| Value("value", version)))?;
        object.optional_element("owner", self.owner.as_deref())
    }
}

/// `Device.deviceName` or `Device.name`: the name that its users gave it.
struct Name<'a>(&'a str);

impl Element for Name<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let (code, form) = ("user-friendly-name", object.release.companions.device);
        object.value(form.name_text, self.0)?;
        match form.name_types {
            None => object.value("type", code),
            Some(system) => object.element("type", InConcept(&Coding::constant(system, code, "User Friendly name"))),
        }
    }
}

/// `Device.udiCarrier`: the UDI as people read it, and its device identifier where it is one of GS1.
struct UdiCarrier<'a>(&'a str);

impl Element for UdiCarrier<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let required = object.release.companions.device.whole_udi;
        match gs1_device_identifier(self.0) {
            Some(identifier) => {
                object.value("deviceIdentifier", identifier)?;
                object.value("issuer", "http://hl7.org/fhir/NamingSystem/gs1-di")?;
            }
            None if required => {
                object.element("_deviceIdentifier", Absent::UNKNOWN)?;
                object.element("_issuer", Absent::UNKNOWN)?;
            }
            None => {}
        }
        object.value("carrierHRF", self.0)
    }
}

/// The device identifier of a UDI in GS1's human readable form: the fourteen digits after `(01)`.
fn gs1_device_identifier(udi: &str) -> Option<&str> {
    let digits = udi.strip_prefix("(01)")?.get(..14)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_identifier_is_read_from_a_gs1_udi_and_from_no_other() {
        for (udi, want) in [
            ("(01)00844588003288(17)141120(10)7654321D", Some("00844588003288")),
            ("(01)0084458800328", None),
            ("(01)0084458800328X(17)141120", None),
            ("+B123456789", None),
            ("", None),
        ] {
            assert_eq!(gs1_device_identifier(udi), want, "{udi}");
        }
    }
}
