//! What the user asked of the output, as far as it decides what a study says.

use crate::fhir::release::{Release, SelectionForm};
use crate::fhir::resource::{Endpoint, Resource};
use crate::fhir::{Coding, Endpoints, Profile, Reference, ResourceType, Text};
use crate::mapping::terms::Coded;

/// Options of the finish.
#[derive(Debug, Clone)]
pub struct Options {
    /// The release to be written.
    pub release: &'static Release,
    /// How deep the resource goes.
    pub detail: Detail,
    /// The most instances that a study may list.
    pub max_instances: Option<u32>,
    /// The study's status.
    pub status: Text,
    /// The subject of all studies, as its type and `Patient/123`.
    pub subject: Option<(ResourceType, String)>,
    /// Where the studies can be had.
    pub endpoints: Vec<EndpointOption>,
    /// At which level endpoints stand.
    pub endpoint_level: Endpoints,
    /// What a profile changes.
    pub profile: &'static Profile,
    /// Whether Key Object Selections become ImagingSelection resources, where the release has them.
    pub selections: bool,
}

impl Options {
    /// What is written where the user asks for nothing but a release: all of a study.
    pub fn of(release: &'static Release) -> Options {
        Options {
            release,
            detail: Detail::Instance,
            max_instances: None,
            status: "available".into(),
            subject: None,
            endpoints: Vec::new(),
            endpoint_level: Endpoints::Study,
            profile: Profile::NONE,
            selections: false,
        }
    }

    /// Whether ImagingSelection resources are written.
    pub fn has_selections(&self) -> bool {
        self.selections && self.release.selection != SelectionForm::None
    }
}

/// How deep the resource goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// The study alone.
    Study,
    /// The study and its series.
    Series,
    /// All of it.
    #[default]
    Instance,
}

/// An endpoint as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointOption {
    /// The kind of service.
    pub connection_type: Coded,
    /// Where it is.
    pub place: EndpointPlace,
}

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointPlace {
    /// A base URL.
    Address(String),
    /// A resource on the server, as `Endpoint/1`.
    Resource(String),
}

impl EndpointOption {
    /// Whether it cannot stand at a series: invoking a viewer is of a study (R5 ImagingStudy.series.endpoint).
    pub fn is_study_only(&self) -> bool {
        self.connection_type.code == "ihe-iid"
    }

    /// A reference to it.
    pub fn reference(&self) -> Reference {
        let mut reference = Reference::to(ResourceType::Endpoint);
        match &self.place {
            EndpointPlace::Resource(literal) => reference.literal = Some(literal.clone()),
            EndpointPlace::Address(address) => {
                let Coded { system, code, display } = self.connection_type;
                let connection_type = Coding::constant(system, code, display);
                reference.resource = Some(Box::new(Resource::Endpoint(Endpoint::at(connection_type, address.clone()))));
            }
        }
        reference
    }
}
