//! The Patient IDs of a study of which more parts came than are kept: that it mixes patients is seen all the same.

use std::sync::LazyLock;

use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::Xxh3Default;

use super::parts::{MAX_PARTS, Parts, values};
use crate::dicom::{DataSet, Header, StoredValues};
use crate::fhir::Identifier;
use crate::fhir::identifier::once_each;
use crate::mapping::attribute::attributes;
use crate::mapping::{self, Attribute, Options, Row, STUDY, StudyPart};

/// The row that says whose a study is.
static SUBJECT: LazyLock<Vec<Row<StudyPart>>> = LazyLock::new(|| rows(STUDY, &["subject"]));

/// What makes a Patient ID: the number and its issuer.
pub(super) const PATIENT_ID: &[Attribute] =
    attributes![PATIENT_ID, ISSUER_OF_PATIENT_ID, issuer ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE];

/// Each way in which a Patient ID is told, once; nothing as long as all parts are kept.
#[derive(Debug, Default)]
pub struct Patients {
    told: Vec<(u64, StoredValues)>,
    has_more: bool,
}

impl Patients {
    /// Takes the Patient ID of an instance whose part has no room, and before the first of them those that are kept.
    pub fn see(&mut self, parts: &Parts, new: &StoredValues) {
        let mut header = Header::default();
        let known = if self.told.is_empty() { Some(parts.stored_values()) } else { None };
        for stored_values in known.into_iter().flatten().chain([new]) {
            self.add(patient_id(stored_values.unpack(&mut header)), || stored_values.clone());
        }
    }

    /// Takes what was told elsewhere of the study, and before it the Patient IDs of the parts that are kept here.
    pub fn merge(&mut self, parts: &Parts, told: &[StoredValues], has_more: bool) {
        told.iter().for_each(|stored_values| self.see(parts, stored_values));
        self.has_more |= has_more;
    }

    /// One part for each way in which a Patient ID is told.
    pub fn told(&self) -> impl Iterator<Item = &StoredValues> {
        self.told.iter().map(|(_, stored_values)| stored_values)
    }

    /// Whether there are more.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    fn add(&mut self, told: u64, stored_values: impl FnOnce() -> StoredValues) {
        if self.told.iter().any(|(known, _)| *known == told) {
            return;
        }
        if self.told.len() == MAX_PARTS {
            self.has_more = true;
        } else {
            self.told.push((told, stored_values()));
        }
    }

    /// Whether they cannot be one. Nobody has so many Patient IDs that there is no room for them.
    pub fn are_several(&self, options: &Options) -> bool {
        let mut header = Header::default();
        let mut map =
            |stored_values: &StoredValues| mapping::map(&SUBJECT, stored_values.unpack(&mut header), options).part;
        let parts = self.told.iter().map(|(_, stored_values)| map(stored_values));
        let ids: Vec<Identifier> = parts.filter_map(|part| part.subject.identifier).collect();
        self.has_more || are_several(ids)
    }
}

/// Whether Patient IDs cannot be one. An ID without an issuer can be the same with one.
pub fn are_several(ids: Vec<Identifier>) -> bool {
    let differ = ids.iter().any(|id| id.value != ids[0].value);
    let untyped: Vec<Identifier> = ids.into_iter().map(|id| Identifier { kind: None, ..id }).collect();
    let each = once_each(untyped, |id| Some(id), |kept, other| kept.complete(&other));
    differ || each.iter().filter(|id| id.has_issuer()).count() > 1
}

/// The hash of what a data set says of its Patient ID.
fn patient_id(data_set: DataSet<'_>) -> u64 {
    const CHARACTER_SET: Attribute = Attribute::Value(&[tags::SPECIFIC_CHARACTER_SET]);
    let mut hasher = Xxh3Default::new();
    for attribute in PATIENT_ID.iter().chain([&CHARACTER_SET]) {
        for value in values(data_set, *attribute) {
            hasher.update(&value.len().to_le_bytes());
            hasher.update(&value);
        }
        hasher.update(&usize::MAX.to_le_bytes());
    }
    hasher.digest()
}

/// The rows of a table that fill these fields.
pub fn rows<P>(table: &'static [Row<P>], fields: &[&str]) -> Vec<Row<P>> {
    table.iter().filter(|row| fields.contains(&row.field)).map(|row| Row { ..*row }).collect()
}
