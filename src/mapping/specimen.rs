//! The specimens of a series (PS3.3 C.7.6.22).

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, of_uid};
use super::listed::{CompanionRow, Listed, companion, filled, listed, of, unfilled};
use crate::fhir::resource::{Resource, Specimen};
use crate::fhir::{Identifier, Reference};
use crate::options::SystemKind;

/// The references to specimens.
pub const SPECIMENS: Listed = listed!("series.specimen", [
    SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_IDENTIFIER, SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_UID,
    issuer SPECIMEN_DESCRIPTION_SEQUENCE > ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE,
    code SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_TYPE_CODE_SEQUENCE
], "PS3.3 C.7.6.22");

/// The rows of a Specimen, of an item of Specimen Description Sequence.
#[rustfmt::skip]
pub const SPECIMEN: &[CompanionRow<Specimen>] = &[
    filled!("Specimen.identifier", identifier, [
        SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_IDENTIFIER,
        issuer SPECIMEN_DESCRIPTION_SEQUENCE > ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE,
        SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_UID
    ], "PS3.3 C.7.6.22", identifiers),
    filled!("Specimen.type", kind, [
        code SPECIMEN_DESCRIPTION_SEQUENCE > SPECIMEN_TYPE_CODE_SEQUENCE
    ], "PS3.3 C.7.6.22", |item| concepts(item, tags::SPECIMEN_TYPE_CODE_SEQUENCE).into_iter().next()),
    unfilled(of("Specimen.subject", "the study's subject")),
];

/// A reference to each specimen, by its identifier.
pub fn specimens(attributes: &Attributes<'_>) -> Vec<Reference> {
    attributes.items(tags::SPECIMEN_DESCRIPTION_SEQUENCE).iter().filter_map(specimen).collect()
}

fn specimen(item: &Attributes<'_>) -> Option<Reference> {
    let specimen = companion(SPECIMEN, item);
    let identifier = specimen.identifier.first()?.clone();
    Some(Reference::with(Resource::Specimen(specimen), Some(identifier), None))
}

fn identifiers(item: &Attributes<'_>) -> Vec<Identifier> {
    let issuer = || Issuer::of_sequence(item, tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE);
    let named = item
        .id_text(tags::SPECIMEN_IDENTIFIER)
        .map(|value| issuer().identifier(value, None, item.options().system(&SystemKind::Specimen)));
    let uid = item.oid(tags::SPECIMEN_UID).map(|uid| of_uid(&uid));
    named.into_iter().chain(uid).collect()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::issue::Reason;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{issuer, items, mapped, reasons, reference, text};

    #[test]
    fn a_specimen_is_referred_to_by_its_identifier_else_by_its_uid() {
        let named = text(tags::SPECIMEN_IDENTIFIER, "S1");
        let unique = text(tags::SPECIMEN_UID, "1.2.3");
        let issued = items(tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE, [issuer("LAB", "1.2.9", "ISO")]);
        for (item, want) in [
            (vec![named.clone()], vec!["S1"]),
            (vec![named.clone(), issued, unique.clone()], vec!["urn:oid:1.2.9|S1 (LAB)"]),
            (vec![unique], vec!["urn:dicom:uid|urn:oid:1.2.3"]),
            (vec![], vec![]),
        ] {
            let part = mapped(SERIES, &[items(tags::SPECIMEN_DESCRIPTION_SEQUENCE, [item.clone()])]).part;
            assert_eq!(part.specimen.iter().map(reference).collect::<Vec<_>>(), want, "{item:?}");
        }
    }

    #[test]
    fn a_specimen_uid_that_is_none_is_left_out_and_reported() {
        let item = vec![text(tags::SPECIMEN_IDENTIFIER, "S1"), text(tags::SPECIMEN_UID, "x")];
        let mapped = mapped(SERIES, &[items(tags::SPECIMEN_DESCRIPTION_SEQUENCE, [item])]);
        let Some(Resource::Specimen(specimen)) = mapped.part.specimen[0].resource.as_deref() else { panic!("one") };
        assert_eq!(specimen.identifier.len(), 1);
        assert_eq!(reasons(&mapped.issues), [(tags::SPECIMEN_UID, Reason::NotAnOid)]);
    }
}
