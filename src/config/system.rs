//! `--system` and `--issuer`: the URIs of identifier and code systems, which headers do not have.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{suggest, uri};

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

/// All systems of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Systems {
    kinds: BTreeMap<SystemKind, String>,
    issuers: BTreeMap<String, String>,
}

impl Systems {
    /// Gathers the options; one that is given twice with different URIs is an error.
    pub fn new(systems: Vec<SystemUri>, issuers: Vec<IssuerSystem>) -> Result<Systems, String> {
        let mut all = Systems::default();
        for SystemUri { kind, uri } in systems {
            insert(&mut all.kinds, kind, uri).map_err(|()| "--system gives two URIs for the same kind")?;
        }
        for IssuerSystem { name, uri } in issuers {
            insert(&mut all.issuers, name, uri).map_err(|()| "--issuer gives two URIs for the same name")?;
        }
        Ok(all)
    }

    /// The system for a kind of identifier or for a coding scheme.
    pub fn of(&self, kind: &SystemKind) -> Option<&str> {
        self.kinds.get(kind).map(String::as_str)
    }

    /// The system of an issuer's local name.
    pub fn of_issuer(&self, name: &str) -> Option<&str> {
        self.issuers.get(name).map(String::as_str)
    }

    /// The issuers' local names and their systems.
    pub fn issuers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.issuers.iter().map(|(name, uri)| (name.as_str(), uri.as_str()))
    }

    /// The coding schemes and their systems.
    pub fn schemes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.kinds.iter().filter_map(|(kind, uri)| match kind {
            SystemKind::Scheme(name) => Some((name.as_str(), uri.as_str())),
            _ => None,
        })
    }
}

fn insert<K: Ord>(map: &mut BTreeMap<K, String>, key: K, uri: String) -> Result<(), ()> {
    let differs = map.get(&key).is_some_and(|earlier| *earlier != uri);
    map.insert(key, uri);
    if differs { Err(()) } else { Ok(()) }
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
        found.map(|(_, kind)| kind).ok_or_else(|| suggest::unknown("kind of system", text, &choices))
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
    fn a_system_is_found_by_its_kind() {
        let options = ["patient=http://h.example/mrn", "scheme:99ABC=http://h.example/codes"];
        let issuer = "LAB=http://h.example/?a=b".parse().unwrap();
        let systems = Systems::new(options.iter().map(|text| text.parse().unwrap()).collect(), vec![issuer]).unwrap();
        assert_eq!(systems.of(&SystemKind::Patient), Some("http://h.example/mrn"));
        assert_eq!(systems.of(&SystemKind::Visit), None);
        assert_eq!(systems.of_issuer("LAB"), Some("http://h.example/?a=b"));
        assert_eq!(systems.schemes().collect::<Vec<_>>(), [("99ABC", "http://h.example/codes")]);
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

    #[test]
    fn one_kind_has_one_system() {
        let systems = ["visit=http://a.example", "visit=http://b.example"];
        assert!(Systems::new(systems.iter().map(|text| text.parse().unwrap()).collect(), vec![]).is_err());
    }
}
