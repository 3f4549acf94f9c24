//! SOP classes: name, kind, and whether the header goes on in Shared Functional Groups.

use std::sync::LazyLock;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::table;

static SOP_CLASSES: LazyLock<Vec<SopClass>> = LazyLock::new(|| {
    table::rows(include_str!("data/sop_class.tsv"))
        .map(|[uid, name, kind, groups]| SopClass {
            uid,
            name,
            kind: kind.parse().unwrap_or(SopClassKind::Other),
            enhanced: groups == "functional-groups",
        })
        .collect()
});

/// A storage SOP class of PS3.6 Annex A, current or retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SopClass {
    /// The SOP Class UID.
    pub uid: &'static str,
    /// The name in PS3.6.
    pub name: &'static str,
    /// What its instances are.
    pub kind: SopClassKind,
    /// Whether PS3.3 C.7.6.16 puts Shared Functional Groups (5200,9229) into its instances.
    pub enhanced: bool,
}

/// What the instances of a SOP class are; it decides their order and where their title stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum SopClassKind {
    /// Pictures, also RT images and parametric maps; not RT dose and not segmentations.
    Image,
    /// Key Object Selection documents.
    KeyObjectSelection,
    /// Structured reports and what is encoded like them.
    StructuredReport,
    /// Presentation states and structured displays.
    PresentationState,
    /// Segmentations of images and surfaces.
    Segmentation,
    /// Plans, structures, doses and records of radiotherapy.
    Radiotherapy,
    /// Encapsulated PDF, CDA and models.
    EncapsulatedDocument,
    /// ECG, audio and other curves over time.
    Waveform,
    /// Everything else: raw data, registrations, measurements, protocols.
    Other,
}

/// The table by UID: every file asks for its class.
static BY_UID: LazyLock<HashTable<&'static SopClass>> = LazyLock::new(|| {
    let mut table = HashTable::with_capacity(SOP_CLASSES.len());
    for class in SOP_CLASSES.iter() {
        table.insert_unique(hash(class.uid), class, |class| hash(class.uid));
    }
    table
});

fn hash(uid: &str) -> u64 {
    xxh3_64(uid.as_bytes())
}

/// The SOP class with this UID, without padding.
pub fn sop_class(uid: &str) -> Option<&'static SopClass> {
    BY_UID.find(hash(uid), |class| class.uid == uid).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use SopClassKind::*;

    #[test]
    fn a_sop_class_has_a_kind_and_may_have_functional_groups() {
        for (suffix, kind, enhanced) in [
            ("2", Image, false),
            ("2.1", Image, true),
            ("3.1", Image, false),
            ("4", Image, false),
            ("4.2", Other, true),
            ("6.3", Image, true),
            ("7.1", Image, false),
            ("7.4", Image, true),
            ("9.1.1", Waveform, false),
            ("9.100.1", PresentationState, false),
            ("11.1", PresentationState, false),
            ("66.4", Segmentation, true),
            ("66.5", Segmentation, false),
            ("66.6", Other, false),
            ("77.1.5.1", Image, false),
            ("77.1.6", Image, true),
            ("77.1.8", Image, true),
            ("82.1", Image, false),
            ("88.59", KeyObjectSelection, false),
            ("88.67", StructuredReport, false),
            ("104.1", EncapsulatedDocument, false),
            ("481.1", Image, false),
            ("481.2", Radiotherapy, false),
            ("481.23", Image, true),
        ] {
            let class = sop_class(&format!("1.2.840.10008.5.1.4.1.1.{suffix}")).unwrap();
            assert_eq!((class.kind, class.enhanced), (kind, enhanced), "{}", class.name);
        }
    }

    #[test]
    fn a_service_or_private_class_is_not_in_the_table() {
        for uid in ["", "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1", "1.3.12.2.1107.5.9.1"] {
            assert_eq!(sop_class(uid), None, "{uid}");
        }
    }

    #[test]
    fn every_kind_in_the_table_is_known() {
        for [uid, _, kind, groups] in table::rows(include_str!("data/sop_class.tsv")) {
            assert!(kind.parse::<SopClassKind>().is_ok(), "{uid}: {kind}");
            assert!(["functional-groups", "-"].contains(&groups), "{uid}: {groups}");
        }
    }
}
