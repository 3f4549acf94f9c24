//! Deduplicated lists: each identity once, with everything known of it.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use super::Rule;
use crate::fhir::identifier::once_each;
use crate::fhir::{CodeableConcept, Identifier, Performer, Procedure, Reference, ResourceType, Text};

/// What identifies a reference: the identifier, else the display with the bytes that it lost, else the whole resource.
/// A device's serial number is unique only for its maker, so its display counts too.
fn identity(reference: &Reference) -> impl Ord {
    let needs_display = reference.identifier.is_none() || reference.target == ResourceType::Device;
    let display = [reference.display.as_deref().map(str::as_bytes), reference.lost.as_deref()];
    let display = if needs_display { display } else { [None; 2] };
    let is_bare = reference.identifier.is_none() && reference.display.is_none();
    (reference.target, reference.identifier.as_ref(), display, reference.resource.as_deref().filter(|_| is_bare))
}

/// Text of the rule for the documents.
pub(super) const REFERENCES: Rule = Rule {
    element: "partOf, interpreter",
    from: "all series",
    rule: "the sorted union, each identity once: the identifier, else the display",
};

/// Each identity once, in order.
pub fn distinct(references: Vec<Reference>) -> Vec<Reference> {
    let order = |one: &Reference, other: &Reference| identity(one).cmp(&identity(other));
    distinct_by(references, order, |reference| reference, |reference| reference)
}

/// Text of the rule for the documents.
pub(super) const NUMBERS: Rule = Rule {
    element: "identifier, basedOn",
    from: "all series",
    rule: "the sorted union, each number once: told with its issuer in full, in part and without, it is one \
           and told in full",
};

/// Each order or specimen once: a number told with its issuer in full, in part and without is one number.
pub fn distinct_orders(references: Vec<Reference>) -> Vec<Reference> {
    let merge_into = |kept: &mut Reference, other: Reference| {
        kept.merge_into(other);
    };
    let mut once = once_each(distinct(references), |order| order.identifier.as_ref(), merge_into);
    once.sort();
    once
}

/// Each number once, whether or not every file says who gave it out.
pub fn distinct_numbers(numbers: Vec<Identifier>) -> Vec<Identifier> {
    let mut once = once_each(numbers, |number| Some(number), |kept, other| kept.complete(&other));
    once.sort();
    once
}

/// Each concept once: the code decides and not what it is called; the text where there is no code.
pub fn distinct_concepts(concepts: impl IntoIterator<Item = CodeableConcept>) -> Vec<CodeableConcept> {
    let mut all: Vec<CodeableConcept> = concepts.into_iter().collect();
    all.sort_by(|one, other| {
        by_code(one, other).then_with(|| without_words(one).cmp(&without_words(other))).then_with(|| one.cmp(other))
    });
    all.dedup_by(|next, kept| by_code(next, kept) == Ordering::Equal);
    all.sort();
    all
}

/// Text of the rule for the documents.
pub(super) const CONCEPTS: Rule = Rule {
    element: "procedure, reason",
    from: "all series",
    rule: "the sorted union, each code once; a procedure in words only where the study has no code",
};

/// Each procedure once. What a request or step is called stands in for a code, so where the study has codes it goes.
pub fn distinct_procedures(all: Vec<Procedure>) -> Vec<Procedure> {
    let is_coded = |procedure: &Procedure| !procedure.concept.coding.is_empty();
    let any_coded = all.iter().any(is_coded);
    let kept = all.into_iter().filter(|procedure| is_coded(procedure) || !any_coded);
    let mut by_concept: BTreeMap<CodeableConcept, Procedure> =
        kept.map(|procedure| (procedure.concept.clone(), procedure)).collect();
    let concepts = distinct_concepts(by_concept.keys().cloned());
    concepts.iter().filter_map(|concept| by_concept.remove(concept)).collect()
}

/// Each performer once in each function, in order.
pub fn distinct_performers(performers: Vec<Performer>) -> Vec<Performer> {
    let key = |performer: &Performer| performer.function.clone();
    let order = |one: &Performer, other: &Performer| {
        key(one).cmp(&key(other)).then_with(|| identity(&one.actor).cmp(&identity(&other.actor)))
    };
    distinct_by(performers, order, |performer| &performer.actor, |performer| &mut performer.actor)
}

/// Deduplicates by an order. Names that differ in a script stay separate; those in the most scripts come first.
fn distinct_by<T: Ord>(
    mut all: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
    reference: impl Fn(&T) -> &Reference,
    reference_mut: impl Fn(&mut T) -> &mut Reference,
) -> Vec<T> {
    all.sort_by(|one, other| {
        let scripts = |one: &T| Reverse(reference(one).names().len());
        order(one, other).then_with(|| scripts(one).cmp(&scripts(other))).then_with(|| one.cmp(other))
    });
    let mut distinct: Vec<T> = Vec::new();
    for next in all {
        let is_one = |known: &&mut T| {
            let (known, next) = (reference(known), reference(&next));
            known.identifier.is_some() || known.can_be_called(next)
        };
        let like = distinct.iter_mut().rev().take_while(|known| order(known, &next) == Ordering::Equal);
        match like.into_iter().find(is_one) {
            Some(known) => {
                reference_mut(known).merge_into(reference(&next).clone());
            }
            None => distinct.push(next),
        }
    }
    distinct
}

/// The order of concepts by what they mean.
fn by_code(one: &CodeableConcept, other: &CodeableConcept) -> Ordering {
    meaning(one).cmp(&meaning(other))
}

/// The first code with its system, or the text where there is no code.
fn meaning(concept: &CodeableConcept) -> (Option<(&Option<Text>, &Text)>, Option<&Text>) {
    let coding = concept.coding.first().map(|coding| (&coding.system, &coding.code));
    (coding, concept.text.as_ref().filter(|_| coding.is_none()))
}

/// Whether a concept has neither text nor display: it is kept only if no equal one has.
fn without_words(concept: &CodeableConcept) -> bool {
    concept.label_in_words().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(id: Option<&str>, display: Option<&str>) -> Reference {
        let identifier = id.map(|value| Identifier { value: value.into(), ..Identifier::default() });
        let display = display.map(str::to_string);
        Reference { identifier, display, ..Reference::to(ResourceType::Practitioner) }
    }

    #[test]
    fn one_identity_is_referred_to_once_with_all_that_is_known() {
        let all = vec![
            reference(Some("1"), None),
            reference(None, Some("Ada")),
            reference(Some("1"), Some("Bob")),
            reference(None, Some("Ada")),
            reference(Some("2"), Some("Bob")),
        ];
        let want = [reference(None, Some("Ada")), reference(Some("1"), Some("Bob")), reference(Some("2"), Some("Bob"))];
        assert_eq!(distinct(all), want);
    }

    #[test]
    fn a_number_without_an_issuer_goes_only_where_one_other_has_it() {
        let number = |value: &str, assigner: &str| Identifier {
            value: value.into(),
            assigner: (!assigner.is_empty()).then(|| assigner.into()),
            ..Identifier::default()
        };
        for (numbers, want) in [
            (vec![number("1", ""), number("1", "A")], vec![number("1", "A")]),
            (vec![number("1", ""), number("2", "A")], vec![number("1", ""), number("2", "A")]),
            (
                vec![number("1", ""), number("1", "A"), number("1", "B")],
                vec![number("1", ""), number("1", "A"), number("1", "B")],
            ),
        ] {
            assert_eq!(distinct_numbers(numbers.clone()), want, "{numbers:?}");
        }
    }

    #[test]
    fn one_code_is_one_concept_and_one_text_is_one() {
        let coded = |code: &'static str, display: Option<&'static str>| -> CodeableConcept {
            crate::fhir::Coding { code: code.into(), display: display.map(Into::into), ..Default::default() }.into()
        };
        let all = [
            coded("1", None),
            coded("1", Some("one")),
            coded("1", Some("eins")),
            coded("2", None),
            CodeableConcept::text("1"),
            CodeableConcept::text("1"),
        ];
        let want = [CodeableConcept::text("1"), coded("1", Some("eins")), coded("2", None)];
        assert_eq!(distinct_concepts(all), want);
    }

    #[test]
    fn two_makers_devices_with_one_serial_number_are_two() {
        let device = |display: &str| Performer {
            function: None,
            actor: Reference { target: ResourceType::Device, ..reference(Some("7"), Some(display)) },
        };
        let all = vec![device("ACME"), device("Other"), device("ACME")];
        assert_eq!(distinct_performers(all), [device("ACME"), device("Other")]);
    }
}
