//! Persons by name and identification: a Practitioner to refer to, with names and codes paired by position.

use std::iter;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::{code_as_identifier, concept};
use super::listed::{CompanionRow, companion, filled};
use crate::dicom::person_name::{Components, PersonName};
use crate::fhir::resource::{Practitioner, Resource};
use crate::fhir::{CodeableConcept, HumanName, Identifier, NameRepresentation, Reference};
use crate::issue::Reason;

/// The rows of the Practitioners of a data set: of the attributes, those that the row of the reference names.
#[rustfmt::skip]
pub const PRACTITIONER: &[CompanionRow<Persons>] = &[
    filled!("Practitioner.identifier", identified, [
        person REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE,
        person PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person OPERATOR_IDENTIFICATION_SEQUENCE,
        person REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REQUEST_ATTRIBUTES_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REFERENCED_REQUEST_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.2.1, C.7.3.1, C.4.12", identified),
    filled!("Practitioner.name", names, [
        REFERRING_PHYSICIAN_NAME, NAME_OF_PHYSICIANS_READING_STUDY, PERFORMING_PHYSICIAN_NAME, OPERATORS_NAME,
        REQUESTING_PHYSICIAN, REQUEST_ATTRIBUTES_SEQUENCE > REQUESTING_PHYSICIAN,
        REFERENCED_REQUEST_SEQUENCE > REQUESTING_PHYSICIAN,
        // The meaning of a code stands in for a name that is absent.
        person REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE,
        person PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE, person OPERATOR_IDENTIFICATION_SEQUENCE,
        person REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REQUEST_ATTRIBUTES_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        person REFERENCED_REQUEST_SEQUENCE > REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE
    ], "PS3.3 C.7.2.1, C.7.3.1, C.4.12", names),
];

/// The persons of a name attribute and of the identification sequence beside it.
#[derive(Debug, Default)]
pub struct Persons {
    /// The names, the empty ones in their places.
    names: Vec<Option<FoundName>>,
    /// The items of the sequence.
    identified: Vec<Identified>,
}

/// A person by an item of an identification sequence.
#[derive(Debug, Default)]
struct Identified {
    identifier: Option<Identifier>,
    /// The meaning of the code, which is the name again.
    name: Option<FoundName>,
}

/// A name as a file has it.
#[derive(Debug, Clone)]
pub struct FoundName {
    /// The name.
    pub name: PersonName,
    /// The bytes of the file, where the name lost some.
    pub lost: Option<Box<[u8]>>,
}

/// The persons of a row with a name attribute and an identification sequence. PS3.3 has one item a name, in the same
/// order; a list of another length cannot be paired, and then each stands alone.
pub fn persons(attributes: &Attributes<'_>) -> Vec<Reference> {
    let Persons { names, identified } = companion(PRACTITIONER, attributes);
    if names.len() == identified.len() {
        return iter::zip(names, identified).filter_map(|(name, person)| practitioner(name, person)).collect();
    }
    if !names.is_empty() && !identified.is_empty() {
        attributes.note(attributes.tag(1), Reason::Unpaired, "");
    }
    let named = names.into_iter().filter_map(|name| practitioner(name, Identified::default()));
    named.chain(identified.into_iter().filter_map(|person| practitioner(None, person))).collect()
}

/// The person of such a row; of several, the first.
pub fn only_person(attributes: &Attributes<'_>) -> Option<Reference> {
    let mut persons = persons(attributes).into_iter();
    let first = persons.next()?;
    if persons.next().is_some() {
        attributes.note(attributes.tag(0), Reason::SeveralPersons, "");
    }
    Some(first)
}

fn names(attributes: &Attributes<'_>) -> Vec<Option<FoundName>> {
    let text = attributes.shared_tag().and_then(|tag| Some((tag, attributes.names(tag)?)));
    text.map(|(tag, text)| person_names(attributes, tag, &text)).unwrap_or_default()
}

fn identified(attributes: &Attributes<'_>) -> Vec<Identified> {
    let items = attributes.shared_tag().map(|tag| attributes.items(tag)).unwrap_or_default();
    items.iter().map(by_code).collect()
}

/// The name of an attribute that has one; of several, the first that says something.
pub fn only_name(attributes: &Attributes<'_>, tag: Tag) -> Option<FoundName> {
    let text = attributes.names(tag)?;
    let mut names = person_names(attributes, tag, &text).into_iter().flatten();
    let first = names.next()?;
    if names.next().is_some() {
        attributes.note(tag, Reason::SeveralPersons, &text);
    }
    Some(first)
}

/// The names of a PN attribute, the empty ones in their places; what does not fit the grammar of a name is noted and
/// kept as far as it does.
fn person_names(attributes: &Attributes<'_>, tag: Tag, text: &str) -> Vec<Option<FoundName>> {
    let (count, is_delimiter) = (text.split('\\').count(), |byte: &u8| *byte == b'\\');
    let name = |(place, value): (usize, &str)| {
        let name = PersonName::parse(value)?;
        if name.is_overlong() {
            attributes.note(tag, Reason::NotAPersonName, value);
        }
        // A byte that looks like the delimiter can be half of a character: then all bytes are kept.
        let own = |raw: &[u8]| match raw.split(is_delimiter).count() == count {
            true => raw.split(is_delimiter).nth(place).map(Box::from),
            false => Some(raw.into()),
        };
        Some(FoundName { name, lost: attributes.lost(tag, value).and_then(own) })
    };
    text.split('\\').enumerate().map(name).collect()
}

/// The FHIR names of a DICOM name, one for each group that it has.
pub fn human_names(name: &PersonName) -> Vec<HumanName> {
    let groups = [
        (&name.alphabetic, NameRepresentation::Alphabetic),
        (&name.ideographic, NameRepresentation::Ideographic),
        (&name.phonetic, NameRepresentation::Phonetic),
    ];
    let several = groups.iter().filter(|(group, _)| group.is_some()).count() > 1;
    let named =
        |representation| (several || representation != NameRepresentation::Alphabetic).then_some(representation);
    groups.iter().filter_map(|(group, form)| Some(human_name(group.as_ref()?, named(*form)))).collect()
}

fn human_name(components: &Components, representation: Option<NameRepresentation>) -> HumanName {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    HumanName {
        family: some(&components.family),
        given: [some(&components.given), some(&components.middle)].into_iter().flatten().collect(),
        prefix: some(&components.prefix).into_iter().collect(),
        suffix: some(&components.suffix).into_iter().collect(),
        text: Some(components.display()),
        representation,
    }
}

/// A person by name, else by the meaning of the code.
fn practitioner(name: Option<FoundName>, Identified { identifier, name: meaning }: Identified) -> Option<Reference> {
    let found = name.or(meaning);
    if found.is_none() && identifier.is_none() {
        return None;
    }
    let (name, lost) = found.map(|found| (found.name, found.lost)).unzip();
    let resource = Practitioner {
        identifier: identifier.clone().into_iter().collect(),
        name: name.as_ref().map(human_names).unwrap_or_default(),
    };
    let display = name.map(|name| name.display());
    Some(Reference::with(Resource::Practitioner(resource), identifier, display).losing(lost.flatten()))
}

/// A person by the first of their codes. PS3.3 10.1: its meaning is the name again, spelt as a person name.
fn by_code(item: &Attributes<'_>) -> Identified {
    let codes = item.items(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE);
    let found = codes.iter().find_map(|code| Some((code, concept(code)?)));
    let of = |(code, concept): (_, CodeableConcept)| Identified {
        identifier: code_as_identifier(code, &concept),
        name: meaning(code, &concept),
    };
    found.map(of).unwrap_or_default()
}

fn meaning(code: &Attributes<'_>, concept: &CodeableConcept) -> Option<FoundName> {
    let words = concept.label_in_words()?;
    let lost = code.lost(tags::CODE_MEANING, words).map(Box::from);
    Some(FoundName { name: PersonName::parse(words)?, lost })
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{Sample, identification, items, mapped, reference, text};
    use crate::mapping::{SERIES, STUDY};

    const OPERATORS: (Tag, Tag) = (tags::OPERATORS_NAME, tags::OPERATOR_IDENTIFICATION_SEQUENCE);

    fn operators(names: &str, persons: &[&str]) -> (Vec<String>, Vec<Reason>) {
        let persons: Vec<Vec<Sample>> = persons.iter().map(|code| identification(code, "99X", "")).collect();
        let persons = (OPERATORS.1, crate::mapping::sample::Value::Items(persons));
        let mapped = mapped(SERIES, &[text(OPERATORS.0, names), persons]);
        let issues = mapped.issues.into_iter().map(|issue| issue.reason);
        let shown = mapped.part.operators.iter().map(|performer| reference(&performer.actor)).collect();
        (shown, issues.filter(|reason| *reason != Reason::UnknownScheme && *reason != Reason::NoCodeValue).collect())
    }

    #[test]
    fn names_and_identifications_pair_by_position() {
        for (names, persons, want, unpaired) in [
            ("Ada^A\\Bob^B", &["1", "2"] as &[&str], &["1 = A Ada", "2 = B Bob"] as &[&str], false),
            ("Ada", &["1"], &["1 = Ada"], false),
            ("\\Bob", &["1", "2"], &["1", "2 = Bob"], false),
            ("Ada\\\\Cid", &["1", "2", "3"], &["1 = Ada", "2", "3 = Cid"], false),
            ("Ada\\Bob", &["", "2"], &["Ada", "2 = Bob"], false),
            ("Ada\\Bob", &[], &["Ada", "Bob"], false),
            ("", &["1"], &["1"], false),
            ("Ada\\Bob", &["1"], &["Ada", "Bob", "1"], true),
            ("^^", &[], &[], false),
        ] {
            let reasons = if unpaired { vec![Reason::Unpaired] } else { vec![] };
            let want: Vec<String> = want.iter().map(|person| person.to_string()).collect();
            assert_eq!(operators(names, persons), (want, reasons), "{names:?} {persons:?}");
        }
    }

    #[test]
    fn the_meaning_of_a_persons_code_stands_in_for_the_name() {
        let person = |name: &str, meaning: &str| {
            let sequence =
                items(tags::REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE, [identification("7", "99X", meaning)]);
            mapped(STUDY, &[text(tags::REFERRING_PHYSICIAN_NAME, name), sequence]).part.referrer.unwrap()
        };
        assert_eq!(reference(&person("", "Lovelace^Ada")), "7 = Ada Lovelace");
        assert_eq!(reference(&person("Byron^Ada", "Lovelace^Ada")), "7 = Ada Byron");
    }

    #[test]
    fn where_there_is_room_for_one_the_first_person_is_taken_and_the_others_reported() {
        let mapped = mapped(STUDY, &[text(tags::REFERRING_PHYSICIAN_NAME, "Ada\\Bob")]);
        assert_eq!(reference(&mapped.part.referrer.unwrap()), "Ada");
        assert_eq!(mapped.issues.len(), 1);
        assert_eq!(mapped.issues[0].reason, Reason::SeveralPersons);
    }

    #[test]
    fn each_group_of_a_name_is_a_name_of_its_own() {
        let name = PersonName::parse("Yamada^Tarou=山田^太郎=やまだ^たろう").unwrap();
        let names = human_names(&name);
        let forms: Vec<_> = names.iter().map(|name| name.representation).collect();
        use NameRepresentation::*;
        assert_eq!(forms, [Some(Alphabetic), Some(Ideographic), Some(Phonetic)]);
        assert_eq!((names[1].family.as_deref(), names[1].text.as_deref()), (Some("山田"), Some("山田 太郎")));
        let western = human_names(&PersonName::parse("Adams^Ann^Mary^Dr.^Jr.").unwrap());
        let [name] = western.as_slice() else { panic!("one group, one name") };
        assert_eq!((name.representation, &name.given), (None, &vec!["Ann".to_string(), "Mary".to_string()]));
        assert_eq!((&name.prefix, &name.suffix), (&vec!["Dr.".to_string()], &vec!["Jr.".to_string()]));
    }
}
