//! What the user says of the archive that its headers do not: zones, identifier systems, issuers.

use std::collections::BTreeMap;

use super::zone::TimeZone;
use crate::dicom::charset::CharacterSets;
use crate::fhir::Profile;

/// Options of the mapping. The default adds nothing to what the headers say.
#[derive(Debug, Default)]
pub struct Options {
    /// The zone of times that carry none.
    pub time_zone: Option<TimeZone>,
    /// The character sets that data sets do not tell.
    pub character_sets: CharacterSets,
    /// Systems of identifiers that carry no issuer.
    pub systems: Systems,
    /// Systems by the local name of an issuer.
    pub issuers: BTreeMap<String, String>,
    /// The profile, which may ask for more attributes.
    pub profile: &'static Profile,
    /// Whether issues carry the value as read, which may be patient data.
    pub keep_values: bool,
}

/// Identifier systems by kind, each a URI.
#[derive(Debug, Default)]
pub struct Systems {
    /// Of Patient ID (0010,0020).
    pub patient: Option<String>,
    /// Of Accession Number (0008,0050).
    pub accession: Option<String>,
    /// Of Study ID (0020,0010).
    pub study_id: Option<String>,
    /// Of Placer Order Number (0040,2016).
    pub placer: Option<String>,
    /// Of Filler Order Number (0040,2017).
    pub filler: Option<String>,
    /// Of Admission ID (0038,0010).
    pub visit: Option<String>,
    /// Of Specimen Identifier (0040,0551).
    pub specimen: Option<String>,
    /// Of coding schemes that no standard registers, by designator.
    pub schemes: BTreeMap<String, String>,
}
