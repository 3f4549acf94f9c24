//! The anatomical regions by which the European guides sort studies.

use crate::fhir::datatypes::{CodeableConcept, Coding};

/// A region (IHE MADO CID IHE-MADO1, HL7 EU im-anatomical-region-valueset).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Region {
    HeadAndNeck,
    UpperTrunk,
    LowerTrunk,
    UpperLimb,
    LowerLimb,
    Spine,
    Breast,
    Heart,
    Cardiovascular,
    EntireBody,
}

const REGIONS: [(Region, &str, &str, &str); 10] = [
    (Region::HeadAndNeck, "head-and-neck", "774007", "Head and Neck"),
    (Region::UpperTrunk, "upper-trunk", "67734004", "Upper trunk"),
    (Region::LowerTrunk, "lower-trunk", "63337009", "Lower trunk"),
    (Region::UpperLimb, "upper-limb", "53120007", "Upper limb"),
    (Region::LowerLimb, "lower-limb", "61685007", "Lower limb"),
    (Region::Spine, "spine", "1141981001", "Vertebral column"),
    (Region::Breast, "breast", "76752008", "Breast"),
    (Region::Heart, "heart", "80891009", "Heart"),
    (Region::Cardiovascular, "cardiovascular", "113257007", "Cardiovascular system"),
    (Region::EntireBody, "entire-body", "38266002", "Entire body"),
];

impl Region {
    /// The region that tables call so.
    pub fn named(name: &str) -> Option<Region> {
        REGIONS.into_iter().find(|(_, known, ..)| *known == name).map(|(region, ..)| region)
    }

    /// Its SNOMED CT code and what it is called.
    pub fn code(self) -> (&'static str, &'static str) {
        let row = REGIONS.into_iter().find(|(region, ..)| *region == self);
        row.map(|(_, _, code, display)| (code, display)).unwrap_or_default()
    }

    /// The region as a profile codes it, which has its own code of the spine.
    pub fn concept(self, spine: &'static str) -> CodeableConcept {
        let (code, display) = self.code();
        let code = if self == Region::Spine { spine } else { code };
        Coding::constant("http://snomed.info/sct", code, display).into()
    }
}
