//! Options about the archive, beyond its headers: time zone, character sets, identifier systems, issuers.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use super::zone::TimeZone;
use crate::dicom::charset::{CharacterSet, CharacterSetRule, character_set};
use crate::error::Error;
use crate::fhir::Profile;
#[cfg(feature = "cli")]
use crate::options::parse::{Listed, SYSTEMS};
use crate::options::{IssuerSystem, SystemKind, SystemUri, issuer_system, system};

/// Options about the archive. The default adds nothing to the headers.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct Options {
    /// Time zone if none is given: Europe/Berlin, +01:00
    ///
    /// For times without a zone, as FHIR requires one. Default: none; such times are written as dates.
    #[cfg_attr(feature = "cli", arg(long, value_name = "ZONE"))]
    pub timezone: Option<TimeZone>,

    /// Character set of undeclared text: ISO_IR 100, GB18030
    ///
    /// For text that declares no character set and is not UTF-8: a DICOM defined term, or a name such as
    /// `windows-1252`. `NAME=NAME` replaces a wrongly declared set by another, as `ISO_IR 100=windows-1251`. May be
    /// given several times; affected values are reported. Default: none; undecodable bytes are replaced.
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME", hide_short_help = true))]
    pub charset: Vec<CharacterSetRule>,

    /// Identifier system: patient=http://hospital.org/mrn
    ///
    /// Kinds: `patient`, `accession`, `study-id`, `placer`, `filler`, `visit`, `specimen`, and `scheme:99ABC` for a
    /// coding scheme. The system is an absolute URI. May be given several times. Default: none.
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            value_name = "KIND=URI",
            value_parser = Listed::<SystemUri>::new(SYSTEMS),
            hide_short_help = true
        )
    )]
    pub system: Vec<SystemUri>,

    /// System of an issuer's local name, as NAME=URI
    ///
    /// For Issuer of Patient ID and other issuers that have a local name only. May be given several times. Default:
    /// none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME=URI", hide_short_help = true))]
    pub issuer: Vec<IssuerSystem>,

    /// The profile, which may need more attributes.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub profile: &'static Profile,

    /// Whether issues carry the value as read, which may be patient data.
    #[cfg_attr(feature = "cli", arg(skip))]
    pub keep_values: bool,
}

impl Options {
    /// Fails if a repeated option contradicts itself.
    pub fn check(&self) -> Result<(), Error> {
        let usage = |message: &str| Err(Error::Usage(message.to_string()));
        if contradicts(&self.system, |one, other| one.kind == other.kind && one.uri != other.uri) {
            return usage("--system gives two URIs for the same kind");
        }
        if contradicts(&self.issuer, |one, other| one.name == other.name && one.uri != other.uri) {
            return usage("--issuer gives two URIs for the same name");
        }
        if contradicts(&self.charset, CharacterSetRule::contradicts) {
            return usage("--charset gives two sets for one: name each set once");
        }
        Ok(())
    }

    /// The system of identifiers of a kind that carry no issuer, or of a coding scheme.
    pub fn system(&self, kind: &SystemKind) -> Option<&String> {
        system(&self.system, kind)
    }

    /// The system of an issuer's local name.
    pub fn issuer_system(&self, name: &str) -> Option<&String> {
        issuer_system(&self.issuer, name)
    }

    /// The character set that the raw value of (0008,0005) stands for.
    pub fn character_set(&self, raw: &[u8]) -> CharacterSet {
        character_set(&self.charset, raw)
    }
}

/// Whether any two of a list contradict each other.
fn contradicts<T>(all: &[T], contradict: impl Fn(&T, &T) -> bool) -> bool {
    all.iter().enumerate().any(|(place, one)| all.iter().skip(place + 1).any(|other| contradict(one, other)))
}

#[cfg(test)]
mod tests {
    use crate::mapping::sample::options;

    #[test]
    fn one_kind_name_or_set_has_one_meaning_however_often_it_is_said() {
        for (systems, issuers, is_fine) in [
            (&["patient=urn:a", "visit=urn:b", "patient=urn:a"] as &[&str], &["A=urn:a", "B=urn:b"] as &[&str], true),
            (&["patient=urn:a", "visit=urn:a", "patient=urn:b"], &[], false),
            (&[], &["A=urn:a", "B=urn:a", "A=urn:a"], true),
            (&[], &["A=urn:a", "B=urn:b", "A=urn:b"], false),
            (&["scheme:99A=urn:a", "scheme:99B=urn:b"], &[], true),
            (&["scheme:99A=urn:a", "scheme:99A=urn:b"], &[], false),
        ] {
            assert_eq!(options(systems, issuers).check().is_ok(), is_fine, "{systems:?} {issuers:?}");
        }
    }
}
