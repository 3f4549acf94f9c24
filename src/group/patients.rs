//! The Patient IDs of a study that has more parts than are kept, so that mixed patients are detected all the same.

use std::sync::LazyLock;

use dicom_dictionary_std::tags;
use xxhash_rust::xxh3::Xxh3Default;

use super::parts::{MAX_PARTS, Parts, values};
use crate::dicom::{DataSet, Header, StoredValues, TagPath};
use crate::fhir::issuer::{Told, can_be_one};
use crate::fhir::{Identifier, Reference};
use crate::mapping::attribute::attributes;
use crate::mapping::{self, Attribute, Options, Row, STUDY, StudyPart};

/// The row of the study's subject.
static SUBJECT: LazyLock<Vec<Row<StudyPart>>> = LazyLock::new(|| rows(STUDY, &["subject"]));

/// The attributes of a Patient ID: the number first, and its issuer.
const PATIENT_ID: &[Attribute] =
    attributes![PATIENT_ID, ISSUER_OF_PATIENT_ID, issuer ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE];

/// Other Patient IDs, which identify the patient of an instance without a Patient ID.
const OTHER_IDS: &[Attribute] = attributes![patient_id OTHER_PATIENT_I_DS_SEQUENCE];

/// The attribute that tells a phantom from a patient.
const PHANTOM: &[Attribute] = attributes![QUALITY_CONTROL_SUBJECT];

/// The distinct Patient IDs, each with its issuer as stated; empty while all parts are kept.
#[derive(Debug, Default)]
pub struct Patients {
    told: Vec<(u64, StoredValues)>,
    has_more: bool,
}

impl Patients {
    /// Adds the Patient ID of an instance whose part is not kept; before the first of them, those of the kept parts.
    pub fn see(&mut self, parts: &Parts, new: &StoredValues) {
        let mut header = Header::default();
        let known = if self.told.is_empty() { Some(parts.stored_values()) } else { None };
        for stored_values in known.into_iter().flatten().chain([new]) {
            self.add(patient_id(stored_values.unpack(&mut header)), || stored_values.clone());
        }
    }

    /// Adds the Patient IDs of another fragment of the study.
    pub fn merge(&mut self, parts: &Parts, told: &[StoredValues], has_more: bool) {
        told.iter().for_each(|stored_values| self.see(parts, stored_values));
        self.has_more |= has_more;
    }

    /// One part for each distinct Patient ID.
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

    /// Whether they cannot all be of one patient; more than are kept are taken for several patients.
    pub fn are_several(&self, options: &Options) -> bool {
        let mut header = Header::default();
        let mut map =
            |stored_values: &StoredValues| mapping::map(&SUBJECT, stored_values.unpack(&mut header), options).part;
        let parts = self.told.iter().map(|(_, stored_values)| map(stored_values));
        let subjects: Vec<Reference> = parts.map(|part| part.subject).collect();
        self.has_more || are_several(&subjects.iter().collect::<Vec<_>>())
    }
}

/// The first attribute that tells the patients of a study apart.
pub fn that_differs(parts: &Parts) -> TagPath {
    let of = |attributes: &[Attribute]| parts.that_differs(attributes);
    of(PATIENT_ID)
        .or_else(|| of(OTHER_IDS))
        .or_else(|| parts.first_that_differs(PHANTOM))
        .or_else(|| parts.first_that_differs(PATIENT_ID))
        .unwrap_or(&[tags::PATIENT_ID])
}

/// Whether subjects cannot be one: by their Patient IDs, or where one has none by the other IDs. A phantom is no
/// patient.
pub fn are_several(subjects: &[&Reference]) -> bool {
    let subjects: Vec<&Reference> = subjects.iter().copied().filter(|subject| subject.resource.is_some()).collect();
    if subjects.iter().any(|subject| subject.target != subjects[0].target) {
        return true;
    }
    are_two_ids(&subjects.iter().filter_map(|subject| subject.identifier.as_ref()).collect::<Vec<_>>())
        || are_unrelated(&subjects)
}

/// Whether a subject has only Other Patient IDs and shares none of them with the rest: it may be another patient.
fn are_unrelated(subjects: &[&Reference]) -> bool {
    let with_numbers = subjects.iter().filter(|subject| !subject.numbers().is_empty());
    let (mut known, mut open): (Vec<&Reference>, Vec<&Reference>) =
        with_numbers.partition(|subject| subject.identifier.is_some());
    if known.is_empty() {
        known.extend(open.pop());
    }
    loop {
        let is_known = |subject: &&Reference| known.iter().any(|other| other.shares_a_number(subject));
        let (joining, rest): (Vec<&Reference>, Vec<&Reference>) = open.into_iter().partition(is_known);
        if joining.is_empty() {
            return !rest.is_empty();
        }
        known.extend(joining);
        open = rest;
    }
}

/// Whether Patient IDs cannot be the same, or one is contradictory in itself. An ID without an issuer can be the same
/// as one with an issuer.
fn are_two_ids(ids: &[&Identifier]) -> bool {
    let issuers: Vec<Told> = ids.iter().filter(|id| id.has_issuer()).map(|id| id.told()).collect();
    ids.iter().any(|id| id.value != ids[0].value || id.value.is_in_doubt()) || !can_be_one(&issuers)
}

/// The hash of what a data set says of its Patient ID.
fn patient_id(data_set: DataSet<'_>) -> u64 {
    const CHARACTER_SET: Attribute = Attribute::Value(&[tags::SPECIFIC_CHARACTER_SET]);
    let mut hasher = Xxh3Default::new();
    let has_id = !values(data_set, PATIENT_ID[0]).is_empty();
    let who = if has_id { PATIENT_ID } else { OTHER_IDS };
    for attribute in who.iter().chain(PHANTOM).chain([&CHARACTER_SET]) {
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
