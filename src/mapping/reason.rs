//! Reasons for the request.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use crate::fhir::CodeableConcept;
use crate::issue::Reason;

/// The most items of a request sequence.
const MAX_ITEMS: usize = 1000;

/// The reasons at the root and of each requested procedure.
pub fn reasons(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let items = items_of_requests(attributes);
    let mut reasons: Vec<CodeableConcept> = items.iter().chain([attributes]).flat_map(reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

/// The coded reasons, and the text if it differs.
pub fn reason(attributes: &Attributes<'_>) -> Vec<CodeableConcept> {
    let mut reasons = concepts(attributes, tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE);
    let words = attributes.text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE);
    if let Some(words) = words.filter(|words| reasons.iter().all(|reason| reason.label() != Some(words))) {
        reasons.push(CodeableConcept::text(words));
    }
    reasons
}

/// The items of Request Attributes Sequence and of Referenced Request Sequence.
pub fn items_of_requests<'a>(attributes: &Attributes<'a>) -> Vec<Attributes<'a>> {
    let sequences = [tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::REFERENCED_REQUEST_SEQUENCE];
    sequences.into_iter().flat_map(|sequence| first_items(attributes, sequence)).collect()
}

/// The first items of a sequence, to bound time and memory of a file.
fn first_items<'a>(attributes: &Attributes<'a>, sequence: Tag) -> Vec<Attributes<'a>> {
    let mut items = attributes.items(sequence);
    if items.len() > MAX_ITEMS {
        attributes.note(sequence, Reason::TooManyItems, "");
        items.truncate(MAX_ITEMS);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{Value, mapped, reasons, text};

    #[test]
    fn of_very_many_items_the_first_are_taken_and_it_is_reported() {
        for (count, is_reported) in [(MAX_ITEMS, false), (MAX_ITEMS + 1, true), (MAX_ITEMS + 2, true)] {
            let one = |place: usize| vec![text(tags::ACCESSION_NUMBER, place.to_string())];
            let requests = Value::Items((0..count).map(one).collect());
            let mapped = mapped(SERIES, &[(tags::REQUEST_ATTRIBUTES_SEQUENCE, requests)]);
            assert_eq!(mapped.part.based_on.len(), MAX_ITEMS, "{count}");
            let found = reasons(&mapped.issues).iter().any(|(_, reason)| *reason == Reason::TooManyItems);
            assert_eq!(found, is_reported, "{count}");
        }
    }
}
