//! Coding Scheme Designators (0008,0102) and UIDs (0008,010C) as FHIR code systems.

use std::{borrow::Cow, sync::LazyLock};

use super::{is_oid, table};

static SCHEMES: LazyLock<Vec<CodingScheme>> = LazyLock::new(|| {
    table::rows(include_str!("data/coding_scheme.tsv"))
        .map(|[designator, uid, system]| CodingScheme {
            designator,
            uid: table::optional(uid),
            scheme: match system {
                "" => None,
                "legacy-snomed" => Some(Scheme::LegacySnomed),
                uri => Some(Scheme::System(Cow::Borrowed(uri))),
            },
        })
        .collect()
});

/// A coding scheme of PS3.16 Table 8-1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodingScheme {
    /// The Coding Scheme Designator.
    pub designator: &'static str,
    /// The Coding Scheme UID, where one is assigned.
    pub uid: Option<&'static str>,
    /// What its codes are in FHIR; `None` where no URI and no UID is known.
    pub scheme: Option<Scheme>,
}

/// What the codes of a coding scheme are in FHIR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// Codes of the code system with this URI.
    System(Cow<'static, str>),
    /// SNOMED-RT style codes: translate with [`snomed_from_legacy`](super::snomed_from_legacy), name no system.
    LegacySnomed,
}

/// The coding scheme with this designator.
pub fn coding_scheme(designator: &str) -> Option<&'static CodingScheme> {
    table::find(&SCHEMES, designator, |scheme| scheme.designator)
}

/// The coding scheme with this UID; SNOMED CT where SRT shares it.
pub fn coding_scheme_by_oid(oid: &str) -> Option<&'static CodingScheme> {
    // PS3.16 Table 8-1 gives SCT and SRT one UID; SCT comes first in the table.
    SCHEMES.iter().find(|scheme| scheme.uid == Some(oid))
}

/// The Coding Scheme Designator of a code system; the first in the table, where several have it.
pub fn designator(system: &str) -> Option<&'static str> {
    let is_it = |scheme: &&CodingScheme| matches!(&scheme.scheme, Some(Scheme::System(uri)) if uri == system);
    SCHEMES.iter().find(is_it).map(|scheme| scheme.designator)
}

/// What the codes of a scheme are: by its designator, else by the UID that the data set gives for it.
pub fn scheme(designator: &str, oid: Option<&str>) -> Option<Scheme> {
    if let Some(scheme) = coding_scheme(designator).and_then(|known| known.scheme.as_ref()) {
        return Some(scheme.clone());
    }
    let oid = oid?;
    match coding_scheme_by_oid(oid) {
        Some(known) => known.scheme.clone(),
        None => is_oid(oid).then(|| Scheme::System(format!("urn:oid:{oid}").into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(scheme: Option<Scheme>) -> Option<String> {
        match scheme? {
            Scheme::System(uri) => Some(uri.into_owned()),
            Scheme::LegacySnomed => Some("legacy".into()),
        }
    }

    #[test]
    fn a_scheme_is_known_by_designator_else_by_uid() {
        for (designator, oid, want) in [
            ("DCM", None, Some("http://dicom.nema.org/resources/ontology/DCM")),
            ("SCT", None, Some("http://snomed.info/sct")),
            ("LN", None, Some("http://loinc.org")),
            ("RADLEX", None, Some("http://radlex.org")),
            ("UCUM", None, Some("http://unitsofmeasure.org")),
            ("RFC5646", None, Some("urn:ietf:bcp:47")),
            ("FMA", None, Some("urn:oid:2.16.840.1.113883.6.119")),
            ("SRT", None, Some("legacy")),
            ("SRT", Some("2.16.840.1.113883.6.96"), Some("legacy")),
            ("SNM3", None, Some("legacy")),
            ("99SDM", None, Some("legacy")),
            ("SNM", None, Some("legacy")),
            ("LOINC", Some("2.16.840.1.113883.6.1"), Some("http://loinc.org")),
            ("99LOCAL", Some("2.16.840.1.113883.6.96"), Some("http://snomed.info/sct")),
            ("99LOCAL", Some("2.16.840.1.113883.6.51"), Some("legacy")),
            ("99LOCAL", Some("1.2.276.0.99"), Some("urn:oid:1.2.276.0.99")),
            ("BI", Some("1.2.276.0.99"), Some("urn:oid:1.2.276.0.99")),
            ("BI", None, None),
            ("99LOCAL", None, None),
            ("99LOCAL", Some("none"), None),
            ("", None, None),
        ] {
            assert_eq!(system(scheme(designator, oid)).as_deref(), want, "{designator} {oid:?}");
        }
    }

    #[test]
    fn every_uid_is_an_oid_and_every_system_a_uri() {
        for scheme in SCHEMES.iter() {
            assert!(scheme.uid.is_none_or(is_oid), "{scheme:?}");
            if let Some(Scheme::System(uri)) = &scheme.scheme {
                assert!(uri.starts_with("urn:") || uri.starts_with("http"), "{scheme:?}");
            }
        }
    }
}
