//! Lists of references without repeats: what has one identity is referred to once, with all that is known of it.

use std::cmp::Ordering;

use crate::fhir::{Identifier, Performer, Reference, ResourceType};

/// What makes two references the same: the identifier, else what is displayed.
fn identity(reference: &Reference) -> (ResourceType, Option<&Identifier>, Option<&str>) {
    let display = reference.display.as_deref().filter(|_| reference.identifier.is_none());
    (reference.target, reference.identifier.as_ref(), display)
}

/// Each identity once, in order.
pub fn distinct(references: Vec<Reference>) -> Vec<Reference> {
    let order = |one: &Reference, other: &Reference| identity(one).cmp(&identity(other));
    distinct_by(references, order, |reference| reference)
}

/// Each performer once in each function, in order.
pub fn distinct_performers(performers: Vec<Performer>) -> Vec<Performer> {
    let key = |performer: &Performer| performer.function.clone();
    let order = |one: &Performer, other: &Performer| {
        key(one).cmp(&key(other)).then_with(|| identity(&one.actor).cmp(&identity(&other.actor)))
    };
    distinct_by(performers, order, |performer| &mut performer.actor)
}

fn distinct_by<T: Ord>(
    mut all: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
    reference: impl Fn(&mut T) -> &mut Reference,
) -> Vec<T> {
    all.sort_by(|one, other| order(one, other).then_with(|| one.cmp(other)));
    let mut distinct: Vec<T> = Vec::new();
    for mut next in all {
        match distinct.last_mut().filter(|last| order(last, &next) == Ordering::Equal) {
            Some(last) => absorb(reference(last), reference(&mut next).clone()),
            None => distinct.push(next),
        }
    }
    distinct
}

/// Adds what another reference to the same thing knows; what is there stays.
fn absorb(known: &mut Reference, other: Reference) {
    known.display = known.display.take().or(other.display);
    match (&mut known.resource, other.resource) {
        (Some(mine), Some(theirs)) => drop(mine.merge(*theirs)),
        (mine @ None, theirs) => *mine = theirs,
        (Some(_), None) => {}
    }
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
}
