//! The options of profiles: which one, and values that headers do not contain.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::str::FromStr;

use super::{Packaging, Performers, Profile};
use crate::error::Error;
use crate::fhir::datatypes::DateTime;
use crate::fhir::identifier::Identifier;
use crate::fhir::release::Release;
use crate::fhir::resource::Organization;
use crate::options::{choice, uri};

choice! {
    /// A guide with its own requirements for studies.
    pub enum ProfileName: "profile" {
        /// The imaging manifest of the European Health Data Space, a document for each study.
        Mado = "mado",
        /// HL7 Europe Imaging.
        EuImaging = "eu-imaging",
        /// Interactive multimedia reports.
        Imr = "imr",
        /// Medizininformatik-Initiative, module imaging.
        Mii = "mii",
        /// International Patient Summary.
        Ips = "ips",
    }
}

/// The profile, and values that headers do not contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct ProfileOptions {
    /// Profile: mado, eu-imaging, imr, mii or ips
    ///
    /// `mado`: the European imaging manifest (IHE MADO), a document Bundle for each study. `eu-imaging`: HL7 Europe
    /// Imaging. `imr`: IHE interactive multimedia reports. `mii`: Medizininformatik-Initiative. `ips`: International
    /// Patient Summary. The profile sets the FHIR release. A study that lacks what the profile requires is written
    /// without the profile and reported, with exit code 1. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "NAME"))]
    pub profile: Option<ProfileName>,

    /// Name of the organization that creates the manifests
    ///
    /// Required by --profile mado; the custodian in eu-imaging. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME", value_parser = name, hide_short_help = true))]
    pub creator: Option<String>,

    /// Identifier of --creator, as SYSTEM|VALUE
    ///
    /// For example urn:ietf:rfc:3986|urn:oid:1.2.3 or http://registry.example/hospitals|4711. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SYSTEM|VALUE", hide_short_help = true))]
    pub creator_id: Option<Identifier>,

    /// OID of the repository that has the images
    ///
    /// Required by --profile mado: the retrieve location of the WADO-RS endpoints. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "OID", value_parser = oid, hide_short_help = true))]
    pub retrieve_location: Option<String>,

    /// URL of a web viewer: https://viewer.example/?study={study}
    ///
    /// For --profile mado. {study} is replaced by the Study Instance UID. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URL", value_parser = viewer, hide_short_help = true))]
    pub viewer: Option<String>,

    /// Creation time of manifests: 2026-11-26T15:00:00Z
    ///
    /// For --profile mado. Two runs with the same time write the same bytes. Default: SOURCE_DATE_EPOCH, else the
    /// current time.
    #[cfg_attr(feature = "cli", arg(long, value_name = "TIME", hide_short_help = true))]
    pub creation_time: Option<DateTime>,
}

impl ProfileOptions {
    /// The profile for a release, or for its own release by default; `Profile::NONE` without `--profile`, or if
    /// it does not exist for the release.
    pub fn profile(&self, release: Option<&Release>) -> &'static Profile {
        self.profile.and_then(|name| Profile::find(name.name(), release)).unwrap_or_default()
    }

    /// The organization that creates documents.
    pub fn organization(&self) -> Option<Organization> {
        let name = self.creator.clone()?;
        Some(Organization { identifier: self.creator_id.iter().cloned().collect(), name: Some(name), is_creator: true })
    }

    /// Fails if the profile does not exist for the release, lacks a required option, or gets an unused one.
    pub fn check(&self, release: Option<&Release>) -> Result<(), Error> {
        let profile = self.profile(release);
        match self.profile {
            Some(name) if !profile.is_some() => usage(format!("--profile {name} is for {}", releases(name))),
            Some(name) => match self.missing(profile).first() {
                Some(advice) => usage(format!("--profile {name} {advice}")),
                None => Ok(()),
            },
            None => Ok(()),
        }?;
        self.unused(profile)
    }

    /// The required options that are missing, with advice.
    pub fn missing(&self, profile: &Profile) -> Vec<&'static str> {
        let creator = "needs a creator: give --creator NAME, and --creator-id SYSTEM|VALUE";
        let location = "needs the repository of the images: give --retrieve-location OID";
        let needs = [
            (profile.creator.is_some() && self.creator.is_none(), creator),
            (profile.location.is_some() && self.retrieve_location.is_none(), location),
        ];
        needs.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, advice)| advice).collect()
    }

    fn unused(&self, profile: &Profile) -> Result<(), Error> {
        let has_custodian = profile.performers == Performers::OneInEachFunction;
        let has_creator = profile.creator.is_some() || has_custodian;
        let options = [
            (self.creator.is_some() && !has_creator, "--creator needs --profile mado or eu-imaging"),
            (self.creator_id.is_some() && self.creator.is_none(), "--creator-id needs --creator"),
            (
                self.retrieve_location.is_some() && profile.location.is_none(),
                "--retrieve-location needs --profile mado",
            ),
            (self.viewer.is_some() && profile.viewer.is_none(), "--viewer needs --profile mado"),
            (
                self.creation_time.is_some() && profile.packaging != Packaging::Document,
                "--creation-time needs --profile mado",
            ),
        ];
        match options.into_iter().find(|(is_unused, _)| *is_unused) {
            Some((_, message)) => usage(message.to_string()),
            None => Ok(()),
        }
    }
}

/// The releases that a profile of this name is for.
fn releases(name: ProfileName) -> String {
    let named = Profile::ALL.into_iter().filter(|profile| profile.name == name.name());
    named.map(|profile| profile.release.name).collect::<Vec<_>>().join(" and ")
}

fn usage<T>(message: String) -> Result<T, Error> {
    Err(Error::Usage(message))
}

/// A name that is not blank.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        Err("want a name".to_string())
    } else {
        Ok(text.to_string())
    }
}

/// `SYSTEM|VALUE`, as in FHIR searches.
impl FromStr for Identifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Identifier, String> {
        let (system, value) =
            text.split_once('|').ok_or("want SYSTEM|VALUE, as http://registry.example/hospitals|4711")?;
        let system = Some(uri::absolute(system)?.to_string().into());
        Ok(Identifier { system, value: name(value)?.into(), ..Identifier::default() })
    }
}

/// The longest UID (PS3.5 9.1).
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
const MAX_UID: usize = 64;

#[cfg_attr(not(feature = "cli"), allow(dead_code))]
fn oid(text: &str) -> Result<String, String> {
    let oid = text.strip_prefix("urn:oid:").unwrap_or(text);
    if uri::is_oid(oid) && oid.len() <= MAX_UID {
        Ok(oid.to_string())
    } else {
        Err("want an OID of at most 64 characters, as 1.2.3.4".to_string())
    }
}

/// The URL of a viewer, with a placeholder for the Study Instance UID.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
fn viewer(text: &str) -> Result<String, String> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return Err("want an address with http:// or https://".to_string());
    }
    if !text.is_ascii() {
        return Err("want an address in ASCII: percent-encode the rest".to_string());
    }
    if !text.contains("{study}") {
        return Err("want {study} where the Study Instance UID belongs".to_string());
    }
    uri::absolute(&text.replace("{study}", "1.2"))?;
    Ok(text.to_string())
}

/// An instant with its zone.
impl FromStr for DateTime {
    type Err = String;

    fn from_str(text: &str) -> Result<DateTime, String> {
        let instant = text.parse().ok().and_then(DateTime::of_instant);
        instant.ok_or_else(|| "want a time with its zone, as 2026-11-26T15:00:00Z".to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_profile_can_use_is_refused_with_advice() {
        for (error, advice) in [
            (oid("1.02").unwrap_err(), "want an OID"),
            (oid(&format!("2.25.{}", "9".repeat(60))).unwrap_err(), "64 characters"),
            (viewer("https://viewer.example/\u{FC}/{study}").unwrap_err(), "in ASCII"),
            (viewer("viewer.example/{study}").unwrap_err(), "http://"),
            (viewer("https://viewer.example/").unwrap_err(), "{study}"),
            (viewer("https://viewer.example/{study} x").unwrap_err(), "space"),
            (DateTime::from_str("2026-11-26").unwrap_err(), "want a time"),
            (DateTime::from_str("2026-11-26T15:00:00").unwrap_err(), "want a time"),
            (Identifier::from_str("4711").unwrap_err(), "want SYSTEM|VALUE"),
            (Identifier::from_str("hospitals|4711").unwrap_err(), "absolute URI"),
            (name(" ").unwrap_err(), "want a name"),
        ] {
            assert!(error.contains(advice), "{error}");
        }
        assert_eq!(oid("urn:oid:1.2.3"), Ok("1.2.3".to_string()));
        assert_eq!(DateTime::from_str("2026-11-26T16:00:00+01:00").unwrap().to_string(), "2026-11-26T15:00:00+00:00");
    }

    #[test]
    fn a_profile_gets_what_it_needs_and_nothing_that_it_does_not_use() {
        let mado = || ProfileOptions {
            profile: Some(ProfileName::Mado),
            creator: Some("City".into()),
            retrieve_location: Some("1.2.3".into()),
            ..ProfileOptions::default()
        };
        let of = |name| ProfileOptions { profile: Some(name), ..ProfileOptions::default() };
        for (options, release, want) in [
            (mado(), None, None),
            (mado(), Some(Release::R5), Some("mado is for r4")),
            (ProfileOptions { creator: None, ..mado() }, None, Some("give --creator")),
            (ProfileOptions { retrieve_location: None, ..mado() }, None, Some("--retrieve-location OID")),
            (of(ProfileName::EuImaging), Some(Release::R5), None),
            (of(ProfileName::EuImaging), Some(Release::R4B), Some("eu-imaging is for r4 and r5")),
            (ProfileOptions { profile: Some(ProfileName::Ips), ..mado() }, None, Some("--creator needs")),
            (ProfileOptions { viewer: Some("x".into()), ..of(ProfileName::Imr) }, None, Some("--viewer needs")),
            (ProfileOptions::default(), Some(Release::R5), None),
        ] {
            let error = options.check(release).err().map(|error| error.to_string());
            let is_as_wanted = match (&error, want) {
                (Some(error), Some(want)) => error.contains(want),
                (error, want) => error.is_none() && want.is_none(),
            };
            assert!(is_as_wanted, "{error:?} {want:?}");
        }
    }
}
