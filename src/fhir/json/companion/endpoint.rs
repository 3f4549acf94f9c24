//! Endpoint: where a study or a series can be had.

use serde::ser::SerializeMap;

use crate::fhir::datatypes::CodeableConcept;
use crate::fhir::json::concept::InConcept;
use crate::fhir::json::object::{Element, Object};
use crate::fhir::release::EndpointForm;
use crate::fhir::resource::Endpoint;

impl Element for Endpoint {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("status", "active")?;
        let payload = CodeableConcept::text(payload(&self.connection_type.code));
        let form = object.release.companions.endpoint;
        match form {
            EndpointForm::PayloadType => {
                object.element("connectionType", &self.connection_type)?;
                object.list(form.payload(), [payload].iter())?;
            }
            EndpointForm::Payload => {
                object.list("connectionType", [InConcept(&self.connection_type)].iter())?;
                object.list(form.payload(), [Payload(&payload)].iter())?;
            }
        }
        object.value("address", &self.address)
    }
}

/// `Endpoint.payload`.
struct Payload<'a>(&'a CodeableConcept);

impl Element for Payload<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.list("type", [self.0])
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
