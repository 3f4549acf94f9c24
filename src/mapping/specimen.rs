//! The specimens of a series (PS3.3 C.7.6.22).

use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concepts;
use super::identity::{Issuer, of_uid};
use crate::fhir::resource::{Resource, Specimen};
use crate::fhir::{Identifier, Reference, ResourceType};

/// A reference to each specimen, by its identifier.
pub fn specimens(attributes: &Attributes<'_>) -> Vec<Reference> {
    attributes.items(tags::SPECIMEN_DESCRIPTION_SEQUENCE).iter().filter_map(specimen).collect()
}

fn specimen(item: &Attributes<'_>) -> Option<Reference> {
    let issuer = || Issuer::of_sequence(item, tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE);
    let named = item
        .text(tags::SPECIMEN_IDENTIFIER)
        .map(|value| issuer().identifier(value, None, item.options().systems.specimen.as_ref()));
    let uid = item.oid(tags::SPECIMEN_UID).map(|uid| of_uid(&uid));
    let identifiers: Vec<Identifier> = named.into_iter().chain(uid).collect();
    let identifier = identifiers.first()?.clone();
    let resource = Specimen {
        identifier: identifiers,
        kind: concepts(item, tags::SPECIMEN_TYPE_CODE_SEQUENCE).into_iter().next(),
    };
    let mut reference = Reference::to(ResourceType::Specimen);
    reference.identifier = Some(identifier);
    reference.resource = Some(Box::new(Resource::Specimen(resource)));
    Some(reference)
}
