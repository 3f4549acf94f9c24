//! Profiles as data: what a guide requires of a release, adds to it and forbids in it.
//!
//! A profile is a value of [`Profile`], read beside its guide like a change log: each is [`Profile::NONE`] with its
//! differences. No other module but the command line names a profile; they ask `profile.frames` and the like.

mod conform;
mod demand;
mod differences;
mod options;
mod tables;
#[cfg(test)]
mod tests;

pub use conform::{Change, PROGRAM, conform};
#[cfg(test)]
pub use demand::OUTSIDE_CID_33;
pub use demand::{LO, SH, fits, key_object_lacks, lacks};
pub use differences::{Difference, differences};
pub use options::{ProfileName, ProfileOptions};

use super::datatypes::Coding;
use super::release::Release;

use crate::issue::Lack;
use crate::options::References;

/// The differences of a profile from a release.
#[derive(Debug, PartialEq)]
pub struct Profile {
    /// Its name in `--profile`; empty for no profile.
    pub name: &'static str,
    /// The guide and its version.
    pub guide: &'static str,
    /// Its release.
    pub release: &'static Release,
    /// The output for each study.
    pub packaging: Packaging,
    /// The default of `--references`.
    pub references: Option<References>,
    /// The canonical URLs of `meta.profile`, by role.
    pub claims: &'static [(Role, &'static str)],
    /// What is narrower than in the release.
    pub limits: &'static [Limit],
    /// A second type that accession numbers have.
    pub accession_type: Option<Code>,
    /// `ServiceRequest.status`.
    pub order_status: &'static str,
    /// `ServiceRequest.category`.
    pub order_category: Option<Code>,
    /// The performers of a series.
    pub performers: Performers,
    /// The type of the device that made the images.
    pub device_category: Option<DeviceCategory>,
    /// The extension of the study with its anatomical regions.
    pub regions: Option<Regions>,
    /// The extension of an instance with its number of frames.
    pub frames: Option<&'static str>,
    /// The extension of a Key Object Selection with its document title; the description then is its title.
    pub key_object_title: Option<&'static str>,
    /// The extension of an instance with its title.
    pub instance_description: Option<&'static str>,
    /// The payload type of an Endpoint, by its connection type.
    pub payloads: &'static [(&'static str, Code)],
    /// The extension of a WADO-RS Endpoint with the UID of the repository.
    pub location: Option<&'static str>,
    /// The address of images without `--endpoint`.
    pub unknown_address: Option<&'static str>,
    /// The connection type of the web viewer.
    pub viewer: Option<Code>,
    /// The allowed connection types, one of which is required, as in `--endpoint`.
    pub study_endpoints: &'static [&'static str],
    /// The type of the Device that made a document.
    pub creator: Option<Code>,
    /// Whether manifests among the instances are left out.
    pub manifests: Manifests,
    /// The requirements of a study.
    pub demands: &'static [Lack],
    /// The additional requirements of a Key Object Selection.
    pub key_object_demands: &'static [Lack],
}

/// A code of a guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    system: &'static str,
    code: &'static str,
    display: Option<&'static str>,
}

impl Code {
    const fn new(system: &'static str, code: &'static str, display: &'static str) -> Code {
        Code { system, code, display: Some(display) }
    }

    /// The code as a Coding.
    pub fn coding(self) -> Coding {
        Coding {
            system: Some(self.system.into()),
            code: self.code.into(),
            display: self.display.map(Into::into),
            version: None,
        }
    }
}

/// The output for each study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packaging {
    /// Resources or Bundles, by `--format`.
    AsAsked,
    /// A document Bundle with a Composition.
    Document,
}

/// The role of a resource in the output of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The document Bundle.
    Document,
    /// Its Composition.
    Composition,
    /// The ImagingStudy.
    Study,
    /// The Patient.
    Patient,
    /// A ServiceRequest with an accession number that has a system.
    Order,
    /// A ServiceRequest with an accession number that has none.
    OrderWithoutSystem,
    /// The Device that made the images.
    Equipment,
    /// A WADO-RS Endpoint.
    WadoRs,
    /// An Endpoint that is a web viewer.
    WebViewer,
    /// Any other Endpoint.
    OtherEndpoint,
    /// The Device that made the document: this program.
    Creator,
    /// The Organization that made the document.
    CreatorOrganization,
    /// Anything else.
    Other,
}

/// What a profile narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Of the study's identifiers the Study Instance UID alone.
    StudyUidAlone,
    /// The study is based on one order, the first that has an accession number with a system.
    OneOrder,
    /// A ServiceRequest has no identifiers; the reference to it has.
    OrderWithoutNumbers,
    /// The procedure has text: by default the study's description, else its modalities.
    ProcedureInWords,
    /// Modalities, body sites and sides are codes: text is left out.
    CodesAlone,
}

/// The performers of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performers {
    /// All, as the headers have them.
    All,
    /// All, but organizations by name only.
    OrganizationsByName,
    /// Devices.
    Devices,
    /// Physician, device, institution and custodian, each in its function, and one of each.
    OneInEachFunction,
}

/// How a Device says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceCategory {
    /// The category.
    pub coding: Code,
    /// The extension that has it where the release has no `Device.category`.
    pub extension: Option<&'static str>,
}

/// The anatomical regions of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regions {
    /// The extension.
    pub extension: &'static str,
    /// The code of the spine, in which the guides differ.
    pub spine: &'static str,
}

/// Whether manifests among the instances are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manifests {
    /// As all other instances.
    Listed,
    /// A manifest lists no manifest.
    LeftOut,
}

impl Default for &'static Profile {
    fn default() -> &'static Profile {
        Profile::NONE
    }
}

impl Profile {
    /// The profile of this name for a release, or for its own release by default.
    pub fn find(name: &str, release: Option<&Release>) -> Option<&'static Profile> {
        let mut named = Profile::ALL.into_iter().filter(|profile| profile.name == name);
        match release {
            Some(release) => named.find(|profile| profile.release == release),
            None => named.next(),
        }
    }

    /// Whether there is a profile.
    pub fn is_some(&self) -> bool {
        !self.name.is_empty()
    }

    /// Whether it narrows this.
    pub fn has(&self, limit: Limit) -> bool {
        self.limits.contains(&limit)
    }

    /// The canonical URL of `meta.profile` for a role.
    pub fn claim(&self, role: Role) -> Option<&'static str> {
        self.claims.iter().find(|(of, _)| *of == role).map(|(_, url)| *url)
    }

    /// The payload type of an Endpoint of this connection type.
    pub fn payload(&self, connection_type: &str) -> Option<Code> {
        self.payloads.iter().find(|(of, _)| *of == connection_type).map(|(_, code)| *code)
    }
}
