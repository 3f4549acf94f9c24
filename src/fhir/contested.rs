//! Finds numbers that studies of several patients share, and studies that contradict each other about a patient. It
//! compares hashes, so that a run over millions of studies can afford it.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::datatypes::NameRepresentation::{Alphabetic, Ideographic, Phonetic};
use super::datatypes::ResourceType;
use super::id;
use super::identifier::Identifier;
use super::issuer::{Told, can_be_one, hash};
use super::resource::Reference;
use super::resource::Resource;

/// A number that a study refers to something by, and the patient of the study. Nothing of the patient can be read from
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    number: u64,
    /// Of the patient: the type, a Patient or a phantom's Device, and the ID.
    value: u64,
    issuer: Told,
}

/// The numbers that several patients claim.
#[derive(Debug, Clone, Default)]
pub struct Contested(HashSet<u64>);

/// What one study says of its patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Described {
    /// The patient.
    patient: u64,
    /// The place of the study in the order of the run.
    study: usize,
    /// Name in letters, birth date, sex.
    facts: [Option<u64>; 3],
    /// Name in ideographs, and as it is spoken.
    #[serde(default)]
    scripts: [Option<u64>; 2],
}

/// Facts of a patient that contradict what an earlier study says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fact {
    /// The name, but for its case.
    Name,
    /// The birth date.
    BirthDate,
    /// The sex.
    Sex,
}

/// The kinds of the facts and scripts of a patient, in their order.
const FACTS: [Fact; 5] = [Fact::Name, Fact::BirthDate, Fact::Sex, Fact::Name, Fact::Name];

/// Whether a resource of this type belongs to a patient.
pub fn has_subject(kind: ResourceType) -> bool {
    use ResourceType::{Encounter, ImagingSelection, ImagingStudy, Procedure, ServiceRequest, Specimen};
    matches!(kind, Encounter | Procedure | ServiceRequest | Specimen | ImagingSelection | ImagingStudy)
}

/// The hash of a number that can be met in several studies; `None` where it identifies nothing beyond its own.
pub fn number_key(kind: ResourceType, identifier: &Identifier) -> Option<u64> {
    let (system, value) = identifier.token().filter(|_| id::is_shared(identifier))?;
    Some(hash([kind.name(), system, value]))
}

impl Claim {
    /// The claim of a study, where its patient has a number too; a placeholder is nobody's. A phantom is no patient,
    /// whatever its number.
    pub fn of(kind: ResourceType, identifier: &Identifier, subject: &Reference) -> Option<Claim> {
        let patient = subject.identifier.as_ref()?;
        let is_known = patient.value.exact().is_none_or(|value| !id::is_placeholder(value));
        is_known.then_some(Claim {
            number: number_key(kind, identifier)?,
            value: hash([subject.target.name()].into_iter().chain(patient.value.parts().iter().map(String::as_str))),
            issuer: patient.told(),
        })
    }
}

impl Contested {
    /// Finds the numbers among all claims that cannot all be of one patient, whatever the order of the claims.
    pub fn among(mut claims: Vec<Claim>) -> Contested {
        claims.sort_unstable();
        claims.dedup();
        let of_one = claims.chunk_by(|one, other| one.number == other.number);
        Contested(of_one.filter(|claims| !all_can_be(claims)).map(|claims| claims[0].number).collect())
    }

    /// A checksum over the claims whose numbers several patients have.
    pub fn sum(&self, claims: &[Claim]) -> u64 {
        let numbers: BTreeSet<u64> = claims.iter().map(|claim| claim.number).collect();
        numbers.iter().filter(|number| self.0.contains(number)).fold(0, |sum, number| sum.wrapping_add(*number | 1))
    }

    /// Whether several patients claim a number.
    pub fn has(&self, kind: ResourceType, identifier: &Identifier) -> bool {
        number_key(kind, identifier).is_some_and(|number| self.0.contains(&number))
    }
}

/// Whether all claims of one number can be of one patient: one value, and one issuer, whether stated in full or in
/// part.
fn all_can_be(claims: &[Claim]) -> bool {
    let issuers: Vec<Told> = claims.iter().map(|claim| claim.issuer).collect();
    claims.iter().all(|claim| claim.value == claims[0].value) && can_be_one(&issuers)
}

impl Described {
    /// What a study says of its patient, where other studies can have the patient too.
    pub fn of(study: usize, subject: &Reference) -> Option<Described> {
        let identifier = subject.identifier.as_ref().or_else(|| subject.numbers().first());
        let identifier = identifier.filter(|identifier| id::is_shared(identifier))?;
        let Some(Resource::Patient(patient)) = subject.resource.as_deref() else { return None };
        let lost = subject.lost.iter().map(|raw| raw.escape_ascii().to_string());
        let name_in = |script| {
            let name = patient.name.iter().find(|name| name.script() == script)?;
            let words = name.text.iter().map(|text| text.trim().to_lowercase()).chain(lost.clone()).collect::<Vec<_>>();
            Some(hash(words.iter().map(String::as_str)))
        };
        let [name, ideographs, spoken] = [Alphabetic, Ideographic, Phonetic].map(name_in);
        let birth_date = patient.birth_date.as_deref().map(|date| hash([date]));
        let sex = patient.gender.as_deref().map(|sex| hash([sex]));
        let patient = number_key(ResourceType::Patient, identifier)?;
        Some(Described { patient, study, facts: [name, birth_date, sex], scripts: [ideographs, spoken] })
    }

    /// The same at another place in the order of the run.
    pub fn at(self, study: usize) -> Described {
        Described { study, ..self }
    }
}

/// The studies that contradict an earlier study of their patient, each with the fact.
pub fn contradictions(mut all: Vec<Described>) -> Vec<(usize, Fact)> {
    all.sort_unstable();
    let mut found = Vec::new();
    for studies in all.chunk_by(|one, other| one.patient == other.patient) {
        for (place, fact) in FACTS.into_iter().enumerate() {
            let facts = studies.iter().map(|one| (one.study, one.facts.iter().chain(&one.scripts).nth(place)));
            let mut said = facts.filter_map(|(study, fact)| Some((study, (*fact?)?)));
            let Some((_, first)) = said.next() else { continue };
            found.extend(said.filter(|(_, other)| *other != first).map(|(study, _)| (study, fact)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::super::datatypes::{HumanName, NameRepresentation};
    use super::super::identifier::IdText;
    use super::super::resource::Patient;
    use super::*;

    fn identifier(system: &'static str, value: &str, assigner: &str) -> Identifier {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
        Identifier {
            system: some(system).map(Into::into),
            value: value.into(),
            assigner: some(assigner).map(Into::into),
            ..Identifier::default()
        }
    }

    fn is_contested(patients: &[Identifier]) -> bool {
        let subject = |patient: &Identifier| Reference {
            identifier: Some(patient.clone()),
            ..Reference::to(ResourceType::Patient)
        };
        is_contested_by(&patients.iter().map(subject).collect::<Vec<_>>())
    }

    fn is_contested_by(subjects: &[Reference]) -> bool {
        let order = identifier("urn:a", "1", "");
        let kind = ResourceType::ServiceRequest;
        let claims = |reversed: bool| {
            let mut claims: Vec<Claim> =
                subjects.iter().filter_map(|subject| Claim::of(kind, &order, subject)).collect();
            if reversed {
                claims.reverse();
            }
            Contested::among(claims).has(kind, &order)
        };
        assert_eq!(claims(false), claims(true));
        claims(false)
    }

    #[test]
    fn a_number_is_contested_where_its_patients_cannot_be_one() {
        for (patients, want) in [
            (&[("urn:p", "1", ""), ("urn:p", "1", "")] as &[(&'static str, &str, &str)], false),
            (&[("urn:p", "1", ""), ("urn:p", "2", "")], true),
            (&[("", "1", ""), ("", "2", "")], true),
            (&[("urn:p", "1", ""), ("urn:q", "1", "")], true),
            (&[("", "1", ""), ("urn:q", "1", "")], false),
            (&[("", "1", ""), ("urn:p", "1", ""), ("urn:q", "1", "")], true),
            (&[("", "1", "A"), ("urn:q", "1", "A")], false),
            (&[("", "1", "A"), ("urn:q", "1", "")], true),
            (&[("", "1", "A"), ("", "1", "B")], true),
            (&[("", "1", "A"), ("urn:q", "1", ""), ("urn:q", "1", "A")], false),
            (&[("", "1", "A"), ("urn:q", "1", "B"), ("urn:q", "1", "A")], false),
            (&[("", "1", "C"), ("urn:q", "1", "B"), ("urn:q", "1", "A")], true),
        ] {
            let all: Vec<Identifier> =
                patients.iter().map(|(system, value, assigner)| identifier(system, value, assigner)).collect();
            assert_eq!(is_contested(&all), want, "{patients:?}");
        }
        let of = |target| Reference { identifier: Some(identifier("urn:p", "1", "")), ..Reference::to(target) };
        assert!(is_contested_by(&[of(ResourceType::Patient), of(ResourceType::Device)]), "a phantom is no patient");
        let lossy = |raw: &[u8]| Identifier { value: IdText::lossy("\u{FFFD}", raw), ..Identifier::default() };
        assert!(is_contested(&[lossy(b"\xC4"), lossy(b"\xD6")]));
        assert!(!is_contested(&[lossy(b"\xC4"), lossy(b"\xC4")]));
    }

    #[test]
    fn a_number_of_very_many_issuers_takes_no_time() {
        let patients: Vec<Identifier> =
            (0..100_000).map(|place| identifier("urn:p", "1", &place.to_string())).collect();
        assert!(!is_contested(&patients));
    }

    #[test]
    fn a_number_without_a_system_or_with_lost_bytes_is_nobodys() {
        assert_eq!(number_key(ResourceType::Encounter, &identifier("", "1", "A")), None);
        let lossy = Identifier { value: IdText::lossy("\u{FFFD}", b"\xC4"), ..identifier("urn:a", "", "") };
        assert_eq!(number_key(ResourceType::Encounter, &lossy), None);
    }

    #[test]
    fn the_first_study_that_says_something_is_contradicted_by_those_that_say_else() {
        let says = |study, facts| Described { patient: 1, study, facts, scripts: [None; 2] };
        let all = vec![
            says(3, [Some(1), Some(3), None]),
            says(0, [Some(1), None, None]),
            says(1, [Some(2), Some(4), Some(5)]),
            Described { patient: 2, ..says(2, [Some(9), Some(9), Some(9)]) },
        ];
        assert_eq!(contradictions(all), [(1, Fact::Name), (3, Fact::BirthDate)]);
        let written = |study, scripts| Described { scripts, ..says(study, [Some(1), None, None]) };
        let all = vec![
            written(0, [None, None]),
            written(1, [Some(2), Some(3)]),
            written(2, [Some(2), None]),
            written(3, [Some(4), Some(5)]),
        ];
        assert_eq!(contradictions(all), [(3, Fact::Name)]);
    }

    #[test]
    fn the_sum_over_contested_numbers_is_another_for_others_and_none_where_there_are_none() {
        let claim = |number: &str, patient: &str| {
            let subject = Reference {
                identifier: Some(identifier("urn:p", patient, "")),
                ..Reference::to(ResourceType::Patient)
            };
            Claim::of(ResourceType::Encounter, &identifier("urn:v", number, ""), &subject).unwrap()
        };
        let contested = |numbers: &[&str]| {
            Contested::among(numbers.iter().flat_map(|number| [claim(number, "1"), claim(number, "2")]).collect())
        };
        let own = [claim("1", "1"), claim("2", "1"), claim("2", "1")];
        let sum = |numbers: &[&str]| contested(numbers).sum(&own);
        assert_eq!([sum(&[]), sum(&["3"])], [0, 0]);
        let sums: BTreeSet<u64> = [&[] as &[&str], &["1"], &["2"], &["1", "2"]].map(sum).into();
        assert_eq!(sums.len(), 4);
        assert_eq!(sum(&["1", "2", "3"]), sum(&["2", "1"]));
    }

    #[test]
    fn names_are_compared_in_the_script_that_they_are_written_in_and_studies_by_their_places() {
        let says = |names: &[(NameRepresentation, &str)]| {
            let name = |(representation, text): &(NameRepresentation, &str)| HumanName {
                text: Some(text.to_string()),
                representation: Some(*representation),
                ..HumanName::default()
            };
            let number = identifier("urn:p", "1", "");
            let patient = Patient { name: names.iter().map(name).collect(), ..Patient::default() };
            let subject = Reference::with(Resource::Patient(patient), Some(number), None);
            Described::of(0, &subject).unwrap()
        };
        let both = says(&[(Alphabetic, "Yamada"), (Ideographic, "山田")]);
        for (other, want) in [
            (says(&[(Ideographic, "山田")]), vec![]),
            (says(&[(Alphabetic, "YAMADA")]), vec![]),
            (says(&[(Phonetic, "やまだ")]), vec![]),
            (says(&[(Ideographic, "山本")]), vec![(7, Fact::Name)]),
            (says(&[(Alphabetic, "Yamamoto")]), vec![(7, Fact::Name)]),
        ] {
            assert_eq!(contradictions(vec![other.at(7), both.at(3)]), want);
        }
    }
}
