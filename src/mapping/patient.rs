//! Group 0010: the Patient, and the numbers of a phantom that stands in a patient's place (PS3.3 C.7.1.1).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, or_system};
use super::listed::{CompanionRow, Listed, filled, listed};
use super::person::{human_names, only_name};
use super::terms::identifier_type as kind;
use super::terms::system;
use super::{terms, time};
use crate::fhir::identifier::unite_identifiers;
use crate::fhir::resource::{Animal, Patient};
use crate::fhir::{CodeableConcept, Coding, HumanName, Identifier, Text};
use crate::issue::Reason;
use crate::options::SystemKind;

/// The reference to the subject.
pub const SUBJECT: Listed = listed!("subject", [
    PATIENT_NAME, patient_id HERE, PATIENT_BIRTH_DATE, PATIENT_SEX, QUALITY_CONTROL_SUBJECT,
    patient_id OTHER_PATIENT_I_DS_SEQUENCE, PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE,
    PATIENT_BREED_DESCRIPTION, code PATIENT_BREED_CODE_SEQUENCE, PATIENT_SEX_NEUTERED
], "PS3.3 C.7.1.1, C.7.2.2");

/// The rows of a Patient.
#[rustfmt::skip]
pub const PATIENT: &[CompanionRow<Patient>] = &[
    filled!("Patient.extension", animal, [
        PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE,
        PATIENT_BREED_DESCRIPTION, code PATIENT_BREED_CODE_SEQUENCE, PATIENT_SEX_NEUTERED
    ], "PS3.3 C.7.1.1, C.7.2.2", animal),
    filled!("Patient.identifier", identifier, [
        patient_id HERE, patient_id OTHER_PATIENT_I_DS_SEQUENCE, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.1.1", identifiers),
    filled!("Patient.name", name, [
        PATIENT_NAME, PATIENT_SPECIES_DESCRIPTION, code PATIENT_SPECIES_CODE_SEQUENCE, QUALITY_CONTROL_SUBJECT
    ], "PS3.3 C.7.1.1", names),
    filled!("Patient.gender", gender, [PATIENT_SEX], "PS3.3 C.7.1.1", gender),
    filled!("Patient.birthDate", birth_date, [PATIENT_BIRTH_DATE], "PS3.3 C.7.1.1", birth_date),
];

/// Whether the object is of a quality control phantom, so that the subject is a Device and no Patient.
pub fn is_phantom(attributes: &Attributes<'_>) -> bool {
    attributes.text(tags::QUALITY_CONTROL_SUBJECT).is_some_and(|value| value == "YES")
}

fn names(attributes: &Attributes<'_>) -> Vec<HumanName> {
    let Some(found) = only_name(attributes, tags::PATIENT_NAME) else { return Vec::new() };
    let names = human_names(&found.name).into_iter();
    if species(attributes).is_some() { names.filter_map(as_text).collect() } else { names.collect() }
}

fn birth_date(attributes: &Attributes<'_>) -> Option<String> {
    time::date(attributes, tags::PATIENT_BIRTH_DATE).map(|date| date.to_string())
}

/// The animal that the header says it is (PS3.3 C.7.1.1).
fn animal(attributes: &Attributes<'_>) -> Option<Animal> {
    let species = species(attributes)?;
    let breed = concept_or_text(attributes, tags::PATIENT_BREED_CODE_SEQUENCE, tags::PATIENT_BREED_DESCRIPTION);
    Some(Animal { species, breed, gender_status: gender_status(attributes) })
}

/// The species of an animal; none of a human.
fn species(attributes: &Attributes<'_>) -> Option<CodeableConcept> {
    let species = concept_or_text(attributes, tags::PATIENT_SPECIES_CODE_SEQUENCE, tags::PATIENT_SPECIES_DESCRIPTION)?;
    let is_human = |coding: &Coding| coding.system.as_deref() == Some(system::SCT) && coding.code == HUMAN;
    let word = species.label().unwrap_or_default().to_lowercase();
    let is_animal = !species.coding.iter().any(is_human) && !matches!(word.as_str(), "human" | "homo sapiens");
    is_animal.then_some(species)
}

/// Homo sapiens in SNOMED CT.
const HUMAN: &str = "337915000";

fn concept_or_text(attributes: &Attributes<'_>, sequence: Tag, words: Tag) -> Option<CodeableConcept> {
    let coded = concepts(attributes, sequence).into_iter().next();
    coded.or_else(|| attributes.text(words).map(CodeableConcept::text))
}

fn gender_status(attributes: &Attributes<'_>) -> Option<Coding> {
    let value = attributes.text(tags::PATIENT_SEX_NEUTERED)?;
    let status = terms::animal_gender_status(&value);
    status.or_else(|| attributes.drop(tags::PATIENT_SEX_NEUTERED, Reason::UnknownTerm, &value))
}

/// An animal's name: its components are the owner's and its own, not a family and a given name (PS3.3 C.7.1.1, note).
fn as_text(name: HumanName) -> Option<HumanName> {
    let (text, representation) = (Some(name.text?), name.representation);
    Some(HumanName { family: None, given: vec![], prefix: vec![], suffix: vec![], text, representation })
}

/// The numbers of a phantom, which has no medical record: they are of no type, unless the header says one.
pub fn phantom_identifiers(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let untyped =
        |one: Identifier| Identifier { kind: one.kind.filter(|type_| Some(type_) != kind("MR").as_ref()), ..one };
    identifiers(attributes).into_iter().map(untyped).collect()
}

fn gender(attributes: &Attributes<'_>) -> Option<Text> {
    let value = attributes.text(tags::PATIENT_SEX)?;
    let code = terms::gender(&value).map(Text::from);
    code.or_else(|| attributes.drop(tags::PATIENT_SEX, Reason::UnusableTerm, &value))
}

/// Patient ID (0010,0020) first, then the other ones (0010,1002). The user's system is of the first alone, and of
/// numbers by which patients are registered: another ID without an issuer can be anybody's number, such as a
/// passport's.
fn identifiers(attributes: &Attributes<'_>) -> Vec<Identifier> {
    let others = attributes.items(tags::OTHER_PATIENT_I_DS_SEQUENCE);
    let is_registered = |one: &Identifier| REGISTERED.iter().any(|code| one.kind == kind(code));
    let system = |one: Identifier| match is_registered(&one) {
        true => or_system(one, attributes.options().system(&SystemKind::Patient)),
        false => one,
    };
    let mut first = patient_id(attributes).map(system);
    if let (Some(id), true) = (&mut first, attributes.are_contradicted(&[tags::QUALITY_CONTROL_SUBJECT])) {
        id.value = id.value.clone().in_doubt();
    }
    let mut all: Vec<Identifier> = first.into_iter().collect();
    unite_identifiers(&mut all, others.iter().filter_map(patient_id).collect());
    all
}

/// Types of the numbers that an institution knows its patients by (HL7 table 0203).
const REGISTERED: [&str; 3] = ["MR", "PI", "PT"];

/// The type that Identifier Type Code (0040,0035) names; a code that HL7 does not know stands without its system.
fn type_of(qualifiers: &Attributes<'_>, code: &str) -> Coding {
    kind(code).unwrap_or_else(|| {
        qualifiers.note(tags::IDENTIFIER_TYPE_CODE, Reason::UnknownTerm, code);
        Coding { code: code.to_string().into(), ..Coding::default() }
    })
}

/// A Patient ID with its issuer: the qualifiers (0010,0024) say the system and the type, (0010,0021) the assigner.
fn patient_id(attributes: &Attributes<'_>) -> Option<Identifier> {
    let value = attributes.id_text(tags::PATIENT_ID)?;
    let sequence = tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE;
    let coded = |item: &Attributes<'_>| Some(type_of(item, &item.text(tags::IDENTIFIER_TYPE_CODE)?));
    let kind = attributes.items(sequence).first().and_then(coded).or_else(|| kind("MR"));
    let (named, qualified) =
        (Issuer::of_name(attributes, tags::ISSUER_OF_PATIENT_ID), Issuer::of_sequence(attributes, sequence));
    let issuer = Issuer { assigner: None, ..qualified.clone() }.or(named).or(qualified);
    Some(issuer.identifier(value, kind, None))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::fhir::resource::DeviceKind;
    use crate::fhir::resource::Resource;
    use crate::fhir::{Reference, ResourceType};
    use crate::mapping::STUDY;
    use crate::mapping::sample::{
        Sample, identifier, issuer, items, mapped, mapped_with, options, reasons, reference, text,
    };

    fn of(data_set: &[Sample]) -> Reference {
        mapped(STUDY, data_set).part.subject
    }

    fn qualifiers(id_type: &str, issuer: Vec<Sample>) -> Sample {
        let mut item = issuer;
        item.push(text(tags::IDENTIFIER_TYPE_CODE, id_type));
        items(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, [item])
    }

    #[test]
    fn a_patient_id_has_its_type_and_issuer() {
        let options = options(&["patient=https://example.org/p"], &["HOSP=https://example.org/hosp"]);
        for (more, want) in [
            (vec![], "MR https://example.org/p|1"),
            (vec![text(tags::ISSUER_OF_PATIENT_ID, "WARD")], "MR 1 (WARD)"),
            (vec![text(tags::ISSUER_OF_PATIENT_ID, "HOSP")], "MR https://example.org/hosp|1 (HOSP)"),
            (vec![qualifiers("", issuer("", "1.2.3", "ISO"))], "MR urn:oid:1.2.3|1"),
            (vec![qualifiers("SS", issuer("", "1.2.3", "ISO"))], "SS urn:oid:1.2.3|1"),
            (vec![qualifiers("ZZZ", issuer("", "1.2.3", "ISO"))], "ZZZ urn:oid:1.2.3|1"),
            (
                vec![text(tags::ISSUER_OF_PATIENT_ID, "HOSP"), qualifiers("", issuer("LAB", "1.2.3", "ISO"))],
                "MR urn:oid:1.2.3|1 (HOSP)",
            ),
            (vec![qualifiers("", issuer("LAB", "", ""))], "MR 1 (LAB)"),
        ] {
            let data_set = [vec![text(tags::PATIENT_ID, "1")], more.clone()].concat();
            let subject = mapped_with(STUDY, &data_set, &options).part.subject;
            assert_eq!(identifier(&subject.identifier.unwrap()), want, "{more:?}");
        }
    }

    #[test]
    fn the_users_system_is_of_the_patient_id_alone_and_of_no_other_kind_of_number() {
        let options = options(&["patient=urn:p"], &[]);
        let typed = |code: &str| vec![text(tags::PATIENT_ID, "1"), qualifiers(code, vec![])];
        let others = items(tags::OTHER_PATIENT_I_DS_SEQUENCE, [vec![text(tags::PATIENT_ID, "2")], typed("SS")]);
        for (data_set, want) in [
            (vec![text(tags::PATIENT_ID, "1"), others.clone()], vec!["MR urn:p|1", "MR 2", "SS 1"]),
            (vec![others], vec!["MR 2", "SS 1"]),
            (typed("PI"), vec!["PI urn:p|1"]),
            (typed("SS"), vec!["SS 1"]),
            (typed("DL"), vec!["DL 1"]),
        ] {
            let subject = mapped_with(STUDY, &data_set, &options).part.subject;
            let Some(Resource::Patient(patient)) = subject.resource.as_deref() else { panic!("want a Patient") };
            assert_eq!(patient.identifier.iter().map(identifier).collect::<Vec<_>>(), want, "{data_set:?}");
        }
    }

    #[test]
    fn a_type_that_hl7_does_not_know_has_no_system_and_is_reported() {
        let mapped = mapped(STUDY, &[text(tags::PATIENT_ID, "1"), qualifiers("ZZZ", vec![])]);
        let kind = mapped.part.subject.identifier.unwrap().kind.unwrap();
        assert_eq!((kind.system, &*kind.code), (None, "ZZZ"));
        assert_eq!(reasons(&mapped.issues), [(tags::IDENTIFIER_TYPE_CODE, Reason::UnknownTerm)]);
    }

    #[test]
    fn other_ids_are_the_patients_and_not_the_references() {
        let other = |id: &str| vec![text(tags::PATIENT_ID, id)];
        let others = items(tags::OTHER_PATIENT_I_DS_SEQUENCE, [other("2"), other("1"), vec![]]);
        let subject = of(&[text(tags::PATIENT_ID, "1"), others.clone()]);
        assert_eq!(reference(&subject), "MR 1");
        let Some(Resource::Patient(patient)) = subject.resource.as_deref() else { panic!("want a Patient") };
        assert_eq!(patient.identifier.iter().map(identifier).collect::<Vec<_>>(), ["MR 1", "MR 2"]);
        assert_eq!(of(&[text(tags::PATIENT_NAME, "Doe^Jane"), others]).identifier, None, "it is not (0010,0020)");
    }

    #[test]
    fn a_quality_control_phantom_is_a_device_without_a_record_number() {
        let phantom = |value: &str| {
            of(&[
                text(tags::PATIENT_ID, "QC1"),
                text(tags::PATIENT_NAME, "Phantom"),
                text(tags::QUALITY_CONTROL_SUBJECT, value),
            ])
        };
        for (value, target, want) in [
            ("YES", ResourceType::Device, "QC1 = Phantom"),
            ("NO", ResourceType::Patient, "MR QC1 = Phantom"),
            ("", ResourceType::Patient, "MR QC1 = Phantom"),
        ] {
            assert_eq!((phantom(value).target, reference(&phantom(value)).as_str()), (target, want), "{value:?}");
            if let Some(Resource::Device(device)) = phantom(value).resource.as_deref() {
                assert_eq!(device.kind, DeviceKind::Phantom);
            }
        }
    }

    #[test]
    fn a_patient_of_whom_nothing_is_known_is_none() {
        for data_set in [vec![], vec![text(tags::PATIENT_NAME, "^^"), text(tags::PATIENT_ID, "")]] {
            assert_eq!(mapped(STUDY, &data_set).part.subject, Reference::default(), "{data_set:?}");
        }
        assert_eq!(reference(&of(&[text(tags::PATIENT_SEX, "F")])), "", "there is a Patient to say it of");
    }

    #[test]
    fn a_sex_or_birth_date_that_is_none_is_left_out_and_reported() {
        let mapped = mapped(
            STUDY,
            &[text(tags::PATIENT_ID, "1"), text(tags::PATIENT_BIRTH_DATE, "19700230"), text(tags::PATIENT_SEX, "X")],
        );
        let want = [(tags::PATIENT_BIRTH_DATE, Reason::NotADate), (tags::PATIENT_SEX, Reason::UnusableTerm)];
        assert_eq!(reasons(&mapped.issues), want);
    }
}
