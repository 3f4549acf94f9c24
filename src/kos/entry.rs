//! Content items, and the codes that name them (PS3.16 TID 2010, 1600 to 1609).

use dicom_dictionary_std::tags;

use crate::fhir::profile::{LO, SH, fits};
use crate::fhir::{CodeableConcept, Coding};
use crate::mapping::terms;
use crate::options::{SystemUri, designator};
use crate::synth::{Attributes, DataSet, code};

/// A code of the standards.
#[derive(Debug, Clone, Copy)]
pub struct Concept(&'static str, &'static str, &'static str);

impl Concept {
    /// As an item of a code sequence.
    pub fn code(self) -> DataSet {
        code(self.0, self.1, self.2)
    }
}

const fn dcm(value: &'static str, meaning: &'static str) -> Concept {
    Concept(value, "DCM", meaning)
}

// CP-2595 has these; its drafts, and the trial implementation of MADO, called them MADOTEMP001 to 009 of scheme 99IHE.
pub const MANIFEST: Concept = dcm("131560", "Manifest with Description");
pub const SERIES_DATE: Concept = dcm("131561", "Series Date");
pub const SERIES_TIME: Concept = dcm("131562", "Series Time");
pub const SERIES_DESCRIPTION: Concept = dcm("131563", "Series Description");
pub const INSTANCES_OF_SERIES: Concept = dcm("131564", "Number of Series Related Instances");
pub const SERIES_OF_STUDY: Concept = dcm("131565", "Number of Study Related Series");
pub const DOCUMENT_TITLE: Concept = dcm("121144", "Document Title");
pub const IMAGE_LIBRARY: Concept = dcm("111028", "Image Library");
pub const IMAGE_LIBRARY_GROUP: Concept = dcm("126200", "Image Library Group");
pub const INSTANCE_NUMBER: Concept = dcm("113609", "Instance Number");
pub const KEY_OBJECT_DESCRIPTION: Concept = dcm("113012", "Key Object Description");
pub const MODALITY: Concept = dcm("121139", "Modality");
pub const NUMBER_OF_FRAMES: Concept = dcm("121140", "Number of Frames");
pub const PROCEDURE: Concept = dcm("121023", "Procedure Code");
pub const SERIES_NUMBER: Concept = dcm("113607", "Series Number");
pub const SERIES_UID: Concept = dcm("112002", "Series Instance UID");
pub const TARGET_REGION: Concept = dcm("123014", "Target Region");
/// Units of counts.
pub const FRAMES: Concept = Concept("{frames}", "UCUM", "frames");
pub const INSTANCES: Concept = Concept("{instances}", "UCUM", "instances");
pub const SERIES: Concept = Concept("{series}", "UCUM", "series");

/// A content item without a value.
pub fn content(relationship: &str, value_type: &str) -> DataSet {
    DataSet::new().text(tags::RELATIONSHIP_TYPE, relationship).text(tags::VALUE_TYPE, value_type)
}

/// A container, which stands below another.
pub fn container(name: Concept) -> DataSet {
    named("CONTAINS", "CONTAINER", name).text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
}

/// What the root is modified by.
pub fn procedure(value: DataSet) -> DataSet {
    named("HAS CONCEPT MOD", "CODE", PROCEDURE).item(tags::CONCEPT_CODE_SEQUENCE, value)
}

fn named(relationship: &str, value_type: &str, name: Concept) -> DataSet {
    content(relationship, value_type).item(tags::CONCEPT_NAME_CODE_SEQUENCE, name.code())
}

/// A descriptor of the library, a group or an entry, still without its value.
pub fn descriptor(value_type: &str, name: Concept) -> DataSet {
    named("HAS ACQ CONTEXT", value_type, name)
}

pub fn coded(name: Concept, value: DataSet) -> DataSet {
    descriptor("CODE", name).item(tags::CONCEPT_CODE_SEQUENCE, value)
}

pub fn text(name: Concept, words: impl AsRef<str>) -> DataSet {
    descriptor("TEXT", name).text(tags::TEXT_VALUE, words.as_ref())
}

pub fn number(name: Concept, value: u32, unit: Concept) -> DataSet {
    let measured = DataSet::new()
        .text(tags::NUMERIC_VALUE, value.to_string())
        .item(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, unit.code());
    descriptor("NUM", name).item(tags::MEASURED_VALUE_SEQUENCE, measured)
}

/// The first code of a concept that DICOM can hold, as an item of a code sequence.
pub fn code_of(concept: &CodeableConcept, systems: &[SystemUri]) -> Option<DataSet> {
    let words = concept.text.as_deref();
    concept.coding.iter().find_map(|coding| item_of(coding, words, systems))
}

/// A code as an item of a code sequence (PS3.3 8.8); none where no scheme of PS3.16 Table 8-1 nor the user names its
/// system.
pub fn item_of(coding: &Coding, words: Option<&str>, systems: &[SystemUri]) -> Option<DataSet> {
    let system = coding.system.as_deref()?;
    let scheme = designator(systems, system).or_else(|| terms::designator(system))?;
    if !fits(scheme, SH) || !fits(&coding.code, usize::MAX) {
        return None;
    }
    let meaning = coding.display.as_deref().or(words).unwrap_or(&coding.code);
    let item = code(&coding.code, scheme, &short(meaning));
    Some(match coding.code.chars().count() {
        ..=SH => item,
        _ => item.without(tags::CODE_VALUE).text(tags::LONG_CODE_VALUE, &*coding.code),
    })
}

/// A text as the single value of an LO, cut to its length.
pub fn short(words: &str) -> String {
    line(words).chars().take(LO).collect()
}

/// A text as the one value of an attribute: a backslash would make it two (PS3.5 6.2).
pub fn line(text: &str) -> String {
    text.replace('\\', "/").replace(char::is_control, " ")
}
