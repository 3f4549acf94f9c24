//! Endpoint: where a study or a series can be retrieved.

use serde::ser::SerializeMap;

use crate::fhir::datatypes::{CodeableConcept, Coding, Text};
use crate::fhir::json::{Absent, Element, InConcept, Many, Object, Value, extension};
use crate::fhir::profile::Code;
use crate::fhir::release::EndpointForm;

/// `Endpoint`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// The kind of service.
    pub connection_type: Coding,
    /// The base URL.
    pub address: String,
    /// The UID of the repository (IHE XDS-I retrieve location).
    pub location: Option<String>,
    /// The MIME type of its responses; none if that depends on the request.
    pub mime_type: Option<Text>,
}

impl Endpoint {
    /// The endpoint of a service, by its base URL.
    pub fn at(connection_type: Coding, address: String) -> Endpoint {
        Endpoint { connection_type, address, location: None, mime_type: None }
    }
}

impl Element for Endpoint {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        let profile = object.dialect.profile;
        let location = profile.location.zip(self.location.as_deref());
        object.list("extension", location.map(|(url, uid)| extension(url, Value("valueString", uid))).iter())?;
        object.value("status", "active")?;
        let payload = CodeableConcept {
            coding: profile.payload(&self.connection_type.code).map(Code::coding).into_iter().collect(),
            text: self.mime_type.is_none().then(|| payload(&self.connection_type.code).into()),
        };
        let form = object.release.companions.endpoint;
        match form {
            EndpointForm::PayloadType => {
                object.element("connectionType", &self.connection_type)?;
                object.list(form.payload(), [payload].iter())?;
                object.optional("payloadMimeType", self.mime_type.as_deref().map(|mime| [mime]))?;
            }
            EndpointForm::Payload => {
                object.list("connectionType", [InConcept(&self.connection_type)].iter())?;
                object.list(form.payload(), [Many("type", [&payload])].iter())?;
            }
        }
        object.value("address", &self.address)?;
        let is_unknown = profile.unknown_address == Some(&*self.address);
        object.optional_element("_address", is_unknown.then_some(Absent::UNKNOWN))
    }
}

/// What a service of this connection type hands out, in words: R4 requires it, and has no code for it.
fn payload(connection_type: &str) -> &'static str {
    match connection_type {
        "dicom-wado-rs" => "DICOM WADO-RS",
        "dicom-wado-uri" => "DICOM WADO-URI",
        "dicom-qido-rs" => "DICOM QIDO-RS",
        "ihe-iid" => "IHE Invoke Image Display",
        _ => "DICOM",
    }
}
