//! `--endpoint`: the address of the images.
//!
//! The specification of ImagingStudy says what an address looks like: the base of the service, without a slash at the
//! end, a sub-service or a query, and IID at the study only.

use std::str::FromStr;

use super::listed::{Listed, always, of};
use super::terms::system::ENDPOINT_CONNECTION_TYPE;
use crate::fhir::resource::{Endpoint, Resource};
use crate::fhir::{Coding, Reference, ResourceType};
use crate::options::{choice, uri};

/// What fills an Endpoint.
#[rustfmt::skip]
pub const ENDPOINT: &[Listed] = &[
    always("Endpoint.status", "active"),
    of("Endpoint.connectionType", "--endpoint"),
    of("Endpoint.payload", "--endpoint: what a service of the type hands out"),
    of("Endpoint.address", "--endpoint"),
];

choice! {
    /// A service of a PACS.
    pub enum EndpointType: "endpoint type" {
        /// Retrieves images and metadata (PS3.18 10).
        WadoRs = "wado-rs",
        /// Retrieves an instance by the parameters of a URI (PS3.18 9).
        WadoUri = "wado-uri",
        /// Searches (PS3.18 10.6).
        QidoRs = "qido-rs",
        /// Opens a viewer (IHE Invoke Image Display).
        Iid = "iid",
    }
}

impl EndpointType {
    /// The code of the code system endpoint-connection-type.
    fn connection_type(self) -> Coding {
        let (code, display) = match self {
            EndpointType::WadoRs => ("dicom-wado-rs", "DICOM WADO-RS"),
            EndpointType::WadoUri => ("dicom-wado-uri", "DICOM WADO-URI"),
            EndpointType::QidoRs => ("dicom-qido-rs", "DICOM QIDO-RS"),
            EndpointType::Iid => ("ihe-iid", "IHE IID"),
        };
        Coding::constant(ENDPOINT_CONNECTION_TYPE, code, display)
    }
}

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointTarget {
    /// The base URL of the service, for a resource of our own.
    Address(String),
    /// `Endpoint/ID`: a resource that is on the server.
    Reference(String),
}

/// An endpoint as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointOption {
    /// The kind of service.
    pub kind: EndpointType,
    /// Where it is.
    pub target: EndpointTarget,
}

choice! {
    /// The level of endpoints.
    pub enum EndpointLevel: "level of endpoints", default Study {
        /// At the study.
        Study = "study",
        /// At each series.
        Series = "series",
        /// At both.
        Both = "both",
    }
}

impl EndpointOption {
    /// A reference to it.
    pub fn reference(&self) -> Reference {
        let mut reference = Reference::to(ResourceType::Endpoint);
        match &self.target {
            EndpointTarget::Reference(literal) => reference.literal = Some(literal.clone()),
            EndpointTarget::Address(address) => {
                let endpoint = Endpoint::at(self.kind.connection_type(), address.clone());
                reference.resource = Some(Box::new(Resource::Endpoint(endpoint)));
            }
        }
        reference
    }
}

impl EndpointLevel {
    /// Whether an endpoint of the kind belongs to the study; IID always does (R5 ImagingStudy.series.endpoint).
    pub fn at_study(self, kind: EndpointType) -> bool {
        self != EndpointLevel::Series || kind == EndpointType::Iid
    }

    /// Whether an endpoint of the kind belongs to each series.
    pub fn at_series(self, kind: EndpointType) -> bool {
        self != EndpointLevel::Study && kind != EndpointType::Iid
    }
}

impl FromStr for EndpointOption {
    type Err = String;

    fn from_str(text: &str) -> Result<EndpointOption, String> {
        let (name, target) = text.split_once('=').ok_or("want TYPE=URL, as wado-rs=https://host/dicomweb")?;
        let kind = name.parse()?;
        let target = match target.strip_prefix("Endpoint/") {
            Some(id) => EndpointTarget::Reference(format!("Endpoint/{}", uri::id(id)?)),
            None => EndpointTarget::Address(address(target)?.to_string()),
        };
        Ok(EndpointOption { kind, target })
    }
}

/// The sub-services of DICOMweb below the base (PS3.18 10).
const SUB_SERVICES: [&str; 4] = ["/studies", "/series", "/instances", "/metadata"];

fn address(url: &str) -> Result<&str, String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Err(format!("want an address with http:// or https://; did you mean https://{url}?"));
    };
    uri::absolute(url)?;
    let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return Err("the address has no host".to_string());
    }
    if host.contains('@') {
        return Err("the address holds a user name or password: it would stand in every resource".to_string());
    }
    if let Some((base, _)) = url.split_once(['?', '#']) {
        return Err(format!("want the base of the service, without a query; did you mean {base}?"));
    }
    match base(url) {
        base if base == url => Ok(url),
        base => Err(format!(
            "want the base of the service, without a slash or sub-service at its end; did you mean {base}?"
        )),
    }
}

/// The base address, without sub-service, query and trailing slash.
fn base(url: &str) -> &str {
    let trimmed = url.trim_end_matches('/');
    SUB_SERVICES.iter().find_map(|service| trimmed.strip_suffix(service)).map_or(trimmed, base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_or_a_reference_is_taken() {
        for text in [
            "wado-rs=https://pacs.example/dicomweb",
            "qido-rs=http://localhost:8042",
            "wado-uri=https://h/wado",
            "iid=https://h/v",
        ] {
            let endpoint: EndpointOption = text.parse().unwrap();
            assert_eq!(endpoint.target, EndpointTarget::Address(text.split_once('=').unwrap().1.to_string()));
        }
        let endpoint: EndpointOption = "wado-rs=Endpoint/pacs-1".parse().unwrap();
        assert_eq!(endpoint.target, EndpointTarget::Reference("Endpoint/pacs-1".to_string()));
    }

    #[test]
    fn an_address_that_the_specification_forbids_is_refused_with_advice() {
        for (text, advice) in [
            ("wado-rs=https://h/dicomweb/", "did you mean https://h/dicomweb?"),
            ("wado-rs=https://h/dicomweb/studies", "did you mean https://h/dicomweb?"),
            ("wado-rs=https://h/dicomweb/studies/", "did you mean https://h/dicomweb?"),
            ("wado-uri=https://h/wado?requestType=WADO", "did you mean https://h/wado?"),
            ("wado-rs=h/dicomweb", "did you mean https://h/dicomweb?"),
            ("wado-rs=https://user:secret@h/dicomweb", "user name or password"),
            ("wado-rs=https://", "no host"),
            ("wado-rs=https://h/a b", "space"),
            ("wado=https://h", "did you mean wado-rs?"),
            ("x=https://h", "unknown endpoint type"),
            ("https://h", "want TYPE=URL"),
            ("wado-rs=Endpoint/a b", "want an id"),
        ] {
            let error = text.parse::<EndpointOption>().unwrap_err();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }

    #[test]
    fn an_iid_endpoint_stands_at_the_study_only() {
        for level in [EndpointLevel::Study, EndpointLevel::Series, EndpointLevel::Both] {
            assert!(level.at_study(EndpointType::Iid) && !level.at_series(EndpointType::Iid));
        }
        assert!(
            EndpointLevel::Both.at_study(EndpointType::WadoRs) && EndpointLevel::Both.at_series(EndpointType::WadoRs)
        );
    }
}
