//! `--system` and `--issuer`: the URIs of identifier and code systems, which headers do not contain.

use std::str::FromStr;

use super::{unknown, uri};

/// What a system is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SystemKind {
    /// Patient ID (0010,0020).
    Patient,
    /// Accession Number (0008,0050).
    Accession,
    /// Study ID (0020,0010).
    StudyId,
    /// Placer Order Number (0040,2016).
    Placer,
    /// Filler Order Number (0040,2017).
    Filler,
    /// Admission ID (0038,0010).
    Visit,
    /// Specimen Identifier (0040,0551).
    Specimen,
    /// A Coding Scheme Designator (0008,0102).
    Scheme(String),
}

const KINDS: [(&str, SystemKind); 7] = [
    ("patient", SystemKind::Patient),
    ("accession", SystemKind::Accession),
    ("study-id", SystemKind::StudyId),
    ("placer", SystemKind::Placer),
    ("filler", SystemKind::Filler),
    ("visit", SystemKind::Visit),
    ("specimen", SystemKind::Specimen),
];

/// A system as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemUri {
    /// What it is for.
    pub kind: SystemKind,
    /// The URI.
    pub uri: String,
}

/// An issuer's system as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSystem {
    /// The issuer's local name, as it stands in headers.
    pub name: String,
    /// The URI.
    pub uri: String,
}

/// The Coding Scheme Designator whose system the user said is this.
pub fn designator<'s>(systems: &'s [SystemUri], uri: &str) -> Option<&'s str> {
    systems.iter().find_map(|system| match &system.kind {
        SystemKind::Scheme(name) if system.uri == uri => Some(name.as_str()),
        _ => None,
    })
}

/// The system that the user gave for a kind of identifier or for a coding scheme.
pub fn system<'s>(systems: &'s [SystemUri], kind: &SystemKind) -> Option<&'s String> {
    systems.iter().find(|system| system.kind == *kind).map(|system| &system.uri)
}

/// The system that the user gave for an issuer's local name.
pub fn issuer_system<'s>(issuers: &'s [IssuerSystem], name: &str) -> Option<&'s String> {
    issuers.iter().find(|issuer| issuer.name == name).map(|issuer| &issuer.uri)
}

impl FromStr for SystemUri {
    type Err = String;

    fn from_str(text: &str) -> Result<SystemUri, String> {
        let (kind, uri) = text.split_once('=').ok_or("want KIND=URI, as patient=http://hospital.example/mrn")?;
        Ok(SystemUri { kind: kind.parse()?, uri: uri::absolute(uri)?.to_string() })
    }
}

impl FromStr for SystemKind {
    type Err = String;

    fn from_str(text: &str) -> Result<SystemKind, String> {
        if let Some(scheme) = text.strip_prefix("scheme:") {
            return match scheme.trim() {
                "" => Err("want the coding scheme's name, as scheme:99ABC".to_string()),
                scheme => Ok(SystemKind::Scheme(scheme.to_string())),
            };
        }
        let found = KINDS.into_iter().find(|(name, _)| *name == text);
        let choices: Vec<&str> = KINDS.iter().map(|(name, _)| *name).chain(["scheme:NAME"]).collect();
        found.map(|(_, kind)| kind).ok_or_else(|| unknown("kind of system", text, &choices))
    }
}

impl FromStr for IssuerSystem {
    type Err = String;

    fn from_str(text: &str) -> Result<IssuerSystem, String> {
        match text.split_once('=') {
            Some((name, uri)) if !name.trim().is_empty() => {
                Ok(IssuerSystem { name: name.trim().to_string(), uri: uri::absolute(uri)?.to_string() })
            }
            _ => Err("want NAME=URI, as HOSPITAL=urn:oid:1.2.3".to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_found_by_its_kind_and_an_issuer_by_its_name() {
        let systems = ["patient=http://h.example/mrn", "scheme:99ABC=http://h.example/codes"];
        let systems: Vec<SystemUri> = systems.iter().map(|text| text.parse().unwrap()).collect();
        for (kind, want) in [
            (SystemKind::Patient, Some("http://h.example/mrn")),
            (SystemKind::Visit, None),
            (SystemKind::Scheme("99ABC".into()), Some("http://h.example/codes")),
        ] {
            assert_eq!(system(&systems, &kind).map(String::as_str), want, "{kind:?}");
        }
        let issuers = ["LAB=http://h.example/?a=b".parse().unwrap()];
        assert_eq!(issuer_system(&issuers, "LAB").unwrap(), "http://h.example/?a=b");
        assert_eq!(issuer_system(&issuers, "lab"), None);
    }

    #[test]
    fn what_is_no_kind_or_no_uri_is_refused_with_advice() {
        for (text, advice) in [
            ("patents=http://h", "did you mean patient?"),
            ("patient", "want KIND=URI"),
            ("patient=mrn", "want an absolute URI"),
            ("scheme:=http://h", "want the coding scheme's name"),
        ] {
            assert!(text.parse::<SystemUri>().unwrap_err().contains(advice), "{text}");
        }
    }
}
