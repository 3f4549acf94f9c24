//! Options of the content of resources.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use super::{EndpointLevel, EndpointOption, EndpointTarget, Options};
use crate::error::Error;
use crate::fhir::profile::{Packaging, ProfileOptions};
use crate::fhir::release::{Release, SelectionForm};
use crate::fhir::{Meta, Profile, ResourceType, Subject};
#[cfg(feature = "cli")]
use crate::options::parse::{Listed, at_least};
use crate::options::{Detail, References, Status};

/// Options of the content of resources.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Content"))]
#[non_exhaustive]
pub struct ContentOptions {
    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// `r4`, `r4b`, `r5`, `r6-ballot2`, `r6-ballot5`, or as version numbers: `4.0.1`, `6.0.0-ballot5`. `r6` is the
    /// newest ballot, and the summary says which. Most servers need r4. Default: r6-ballot2.
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            value_name = "RELEASE",
            value_parser = Listed::<&'static Release>::new(Release::NAMES)
        )
    )]
    pub fhir: Option<&'static Release>,

    /// Level of detail: study, series or instance
    ///
    /// Default: instance.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub detail: Detail,

    /// Omit the instances of studies with more than N
    ///
    /// Such a study lists only its series, which is reported. Default: no limit.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", value_parser = at_least(1), hide_short_help = true)
    )]
    pub max_instances: Option<u64>,

    /// Set the status of every study
    ///
    /// `registered`, `available`, `cancelled`, `entered-in-error`, `unknown`, `inactive`. Default: available.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "CODE", hide_short_help = true))]
    pub status: Status,

    /// References: logical, contained or separate
    ///
    /// How a study refers to patients, orders, devices and so on. `logical`: by identifier and display, without a
    /// resource. `contained`: resources inside the study. `separate`: resources of their own, in a folder as
    /// Type/id.json or Type.ndjson. Default: logical, in a Bundle separate.
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "HOW"))]
    pub references: Option<References>,

    /// Set the subject of every study, as Patient/ID
    ///
    /// For a patient that already exists on the server. Default: from the headers.
    #[cfg_attr(feature = "cli", arg(long, value_name = "TYPE/ID", hide_short_help = true))]
    pub subject: Option<Subject>,

    /// Address of images: wado-rs=https://host/dicomweb
    ///
    /// Types: `wado-rs`, `wado-uri`, `qido-rs`, `iid`. The URL is the base of the service, without a trailing slash, a
    /// query or `/studies`. `TYPE=Endpoint/ID` refers to an Endpoint on the server. May be given several times.
    #[cfg_attr(feature = "cli", arg(long, value_name = "TYPE=URL"))]
    pub endpoint: Vec<EndpointOption>,

    /// Put endpoints at the study, series or both
    ///
    /// An iid endpoint always belongs to the study. Default: study.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "LEVEL", hide_short_help = true))]
    pub endpoint_level: EndpointLevel,

    /// Options about the archive.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub archive: Options,

    /// The target's profile.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub profile: ProfileOptions,

    /// The `meta` of every resource.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub meta: Meta,

    /// Secret for computing the ids of patients and others
    ///
    /// Without it, anyone who knows a Patient ID and its system can compute the id of its resource. Use the same secret
    /// in every run. Set it as DCM2FHIR_ID_SALT, as other users can see a command line. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SECRET", hide_short_help = true))]
    pub id_salt: Option<String>,

    /// Write key object selections as ImagingSelection
    ///
    /// R5 and later. Default: only with separate resources and in Bundles.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub selections: bool,

    /// Leave out what a rejection note rejects
    ///
    /// A study that has no instances left gets the status entered-in-error. Default: rejected instances are listed.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub apply_rejections: bool,
}

impl ContentOptions {
    /// The default options with a release.
    pub fn of(release: &'static Release) -> ContentOptions {
        ContentOptions { fhir: Some(release), ..ContentOptions::default() }
    }

    /// The requested release, else the profile's.
    pub fn release(&self) -> &'static Release {
        let profile = || Some(self.profile()).filter(|profile| profile.is_some()).map(|profile| profile.release);
        self.fhir.or_else(profile).unwrap_or_default()
    }

    /// The profile.
    pub fn profile(&self) -> &'static Profile {
        self.profile.profile(self.fhir)
    }

    /// The requested form of references, else the profile's.
    pub fn references(&self) -> References {
        self.references.or(self.profile().references).unwrap_or_default()
    }

    /// Whether ImagingSelection resources are written: if requested, or if other resources are written beside the study
    /// too.
    pub fn has_selections(&self) -> bool {
        (self.selections || self.references() == References::Separate)
            && self.release().selection != SelectionForm::None
    }

    /// Fails if the release does not support the options.
    pub fn check(&self) -> Result<(), Error> {
        let (release, status) = (self.release(), self.status.name());
        if !release.statuses.contains(&status) {
            let known = release.statuses.join(", ");
            return Err(Error::Usage(format!("--status {status} is not in {}: want one of {known}", release.name)));
        }
        self.profile.check(self.fhir)?;
        self.check_profile()?;
        if self.selections && release.selection == SelectionForm::None {
            let name = release.name;
            return Err(Error::Usage(format!("--selections: {name} has no ImagingSelection, R5 and later have")));
        }
        Ok(())
    }

    /// Fails if the options contradict the profile.
    fn check_profile(&self) -> Result<(), Error> {
        let profile = self.profile();
        let name = profile.name;
        let usage = |message: String| Err(Error::Usage(message));
        if self
            .subject
            .as_ref()
            .is_some_and(|subject| profile.is_some() && subject.resource_type != ResourceType::Patient)
        {
            return usage(format!("--profile {name} is of patients: give --subject Patient/ID"));
        }
        if profile.packaging == Packaging::Document {
            return self.check_document(name);
        }
        if profile.references == Some(References::Contained)
            && self.subject.is_none()
            && self.references() == References::Logical
        {
            return usage(format!(
                "--profile {name} refers to a Patient resource: say --references contained or separate"
            ));
        }
        self.check_endpoints(profile)
    }

    /// Fails for options that a document, which contains everything it refers to, does not allow.
    fn check_document(&self, name: &str) -> Result<(), Error> {
        let usage = |message: String| Err(Error::Usage(message));
        if self.subject.is_some() {
            return usage(format!("--profile {name} writes documents that hold their patient: leave --subject out"));
        }
        if self.endpoint.iter().any(|endpoint| matches!(endpoint.target, EndpointTarget::Reference(_))) {
            return usage(format!(
                "--profile {name} writes documents that hold their endpoints: give --endpoint TYPE=URL"
            ));
        }
        if self.detail != Detail::Instance {
            return usage(format!("--profile {name} lists all instances: leave --detail out"));
        }
        Ok(())
    }

    fn check_endpoints(&self, profile: &Profile) -> Result<(), Error> {
        let (wanted, name) = (profile.study_endpoints, profile.name);
        if wanted.is_empty() {
            return Ok(());
        }
        let advice = wanted.iter().map(|kind| format!("--endpoint {kind}=URL")).collect::<Vec<_>>().join(" or ");
        let at_study = || self.endpoint.iter().filter(|endpoint| self.endpoint_level.at_study(endpoint.kind));
        let is_wanted = |endpoint: &EndpointOption| wanted.contains(&endpoint.kind.name());
        let is_met = at_study().next().is_some() && at_study().all(is_wanted);
        if is_met {
            Ok(())
        } else {
            Err(Error::Usage(format!("--profile {name} wants the study's {advice}, and no other type")))
        }
    }
}
