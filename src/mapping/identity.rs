//! Identifiers and their issuers, as `system` or `assigner` (PS3.3 10.14, HL7 v2 HD).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::terms::{self, system};
use crate::fhir::issuer::{Told, can_be_one};
use crate::fhir::{Coding, IdText, Identifier, SystemBy, Text};
use crate::issue::Reason;

/// The issuer of an identifier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issuer {
    /// A globally unique namespace.
    pub system: Option<Text>,
    /// A local name.
    pub assigner: Option<IdText>,
    /// The source of the namespace.
    pub system_by: SystemBy,
    /// A universal id that is not a URI.
    pub unsaid: Option<IdText>,
    /// Whether the header says two things of it.
    pub is_in_doubt: bool,
}

impl Issuer {
    /// The issuer in a sequence, which has one item; several items must all name one issuer, or it is in doubt.
    pub fn of_sequence(attributes: &Attributes<'_>, sequence: Tag) -> Issuer {
        let mut each = attributes.items(sequence).into_iter().map(|item| Issuer::of_item(&item));
        let first = each.next().unwrap_or_default();
        each.fold(first, |known, other| {
            if can_be_one(&[known.told(), other.told()]) {
                return known.or(other);
            }
            attributes.note(sequence, Reason::RepeatedIdentity, "");
            Issuer { is_in_doubt: true, ..known }
        })
    }

    /// The issuer that an item's Hierarchic Designator names: its universal id, and its local name.
    fn of_item(item: &Attributes<'_>) -> Issuer {
        let (named, universal) = (Issuer::of_name(item, tags::LOCAL_NAMESPACE_ENTITY_ID), universal(item));
        Issuer { assigner: None, ..universal.clone() }.or(named).or(universal).known_to(item)
    }

    /// The issuer of a local name alone.
    pub fn of_name(attributes: &Attributes<'_>, name: Tag) -> Issuer {
        let assigner = attributes.id_text(name);
        let is_in_doubt = assigner.as_ref().is_some_and(IdText::is_in_doubt);
        Issuer { assigner, is_in_doubt, ..Issuer::default() }.known_to(attributes)
    }

    /// Completes this issuer from another.
    pub fn or(self, other: Issuer) -> Issuer {
        let (system, system_by) =
            if self.system.is_none() { (other.system, other.system_by) } else { (self.system, self.system_by) };
        Issuer {
            system,
            system_by,
            assigner: self.assigner.or(other.assigner),
            unsaid: self.unsaid.or(other.unsaid),
            is_in_doubt: self.is_in_doubt || other.is_in_doubt,
        }
    }

    /// An identifier of this issuer; `fallback` is the system of identifiers without issuer.
    pub fn identifier(self, value: IdText, kind: Option<Coding>, fallback: Option<&String>) -> Identifier {
        let Issuer { system, assigner, system_by, unsaid, is_in_doubt } = self;
        let value = if is_in_doubt { value.in_doubt() } else { value };
        // What the user says of the name stands for what the header says in no usable way.
        let unsaid = unsaid.filter(|_| system.is_none());
        or_system(Identifier { system, value, kind, assigner, system_by, unsaid, ..Identifier::default() }, fallback)
    }

    fn told(&self) -> Told {
        self.clone().identifier(IdText::default(), None, None).told()
    }

    fn known_to(mut self, attributes: &Attributes<'_>) -> Issuer {
        let name = self.assigner.as_ref().and_then(IdText::exact);
        if let (None, Some(uri)) = (&self.system, name.and_then(|name| attributes.options().issuer_system(name))) {
            (self.system, self.system_by) = (Some(uri.clone().into()), SystemBy::User);
        }
        self
    }
}

/// Sets the system of an identifier without issuer (`--system`).
pub fn or_system(mut identifier: Identifier, fallback: Option<&String>) -> Identifier {
    if let (false, Some(uri)) = (identifier.has_issuer(), fallback) {
        (identifier.system, identifier.system_by) = (Some(uri.clone().into()), SystemBy::User);
    }
    identifier
}

/// The identifier of a thing that has a UID (R5 Identifier, DICOM UIDs).
pub fn of_uid(uid: &str) -> Identifier {
    Identifier {
        system: Some(system::DICOM_UID.into()),
        value: format!("urn:oid:{uid}").into(),
        ..Identifier::default()
    }
}

/// The universal id as system; one that is not a URI, such as a domain name, is the assigner.
fn universal(item: &Attributes<'_>) -> Issuer {
    let Some(id) = item.id_text(tags::UNIVERSAL_ENTITY_ID) else { return Issuer::default() };
    let id_type = item.line(tags::UNIVERSAL_ENTITY_ID_TYPE).unwrap_or_default();
    let is_in_doubt = id.is_in_doubt() || item.are_contradicted(&[tags::UNIVERSAL_ENTITY_ID_TYPE]);
    if let Some(system) = id.exact().and_then(|id| terms::system_of(id, &id_type)) {
        return Issuer { system: Some(system.into()), is_in_doubt, ..Issuer::default() };
    }
    item.note(tags::UNIVERSAL_ENTITY_ID, Reason::UnusableIssuer, id.text());
    Issuer { assigner: Some(id.clone()), unsaid: Some(id), is_in_doubt, ..Issuer::default() }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{self, Sample, identifier, issuer, items, mapped_with, reasons, text};
    use crate::mapping::{Options, STUDY};

    fn options() -> Options {
        sample::options(&["visit=https://example.org/visits"], &["HOSP=https://example.org/hosp"])
    }

    /// The identifier of an admission with this issuer, and what is wrong with it.
    fn admission(issuer: Vec<Sample>) -> (String, Vec<Reason>) {
        let data_set = [text(tags::ADMISSION_ID, "V1"), items(tags::ISSUER_OF_ADMISSION_ID_SEQUENCE, [issuer])];
        let mapped = mapped_with(STUDY, &data_set, &options());
        let reasons = reasons(&mapped.issues).into_iter().map(|(_, reason)| reason).collect();
        (identifier(mapped.part.encounter.unwrap().identifier.as_ref().unwrap()), reasons)
    }

    #[test]
    fn an_issuer_is_a_system_where_it_is_universal_and_an_assigner_where_it_is_a_name() {
        use Reason::UnusableIssuer;
        for (local, universal, id_type, want, reasons) in [
            ("WARD", "1.2.3", "ISO", "VN urn:oid:1.2.3|V1 (WARD)", vec![]),
            ("", "1.2.3", "ISO", "VN urn:oid:1.2.3|V1", vec![]),
            ("WARD", "", "", "VN V1 (WARD)", vec![]),
            ("HOSP", "", "", "VN https://example.org/hosp|V1 (HOSP)", vec![]),
            ("HOSP", "1.2.3", "ISO", "VN urn:oid:1.2.3|V1 (HOSP)", vec![]),
            ("", "https://h.example/v", "URI", "VN https://h.example/v|V1", vec![]),
            ("", "h.example", "DNS", "VN V1 (h.example)", vec![UnusableIssuer]),
            ("HOSP", "1.02", "ISO", "VN https://example.org/hosp|V1 (HOSP)", vec![UnusableIssuer]),
            ("", "HOSP", "", "VN https://example.org/hosp|V1 (HOSP)", vec![UnusableIssuer]),
            ("", "", "", "VN https://example.org/visits|V1", vec![]),
        ] {
            assert_eq!(
                admission(issuer(local, universal, id_type)),
                (want.to_string(), reasons),
                "{local} {universal}"
            );
        }
    }

    #[test]
    #[allow(deprecated)]
    fn the_retired_name_of_an_issuer_stands_in_for_the_sequence() {
        let data_set = [text(tags::ADMISSION_ID, "V1"), text(tags::ISSUER_OF_ADMISSION_ID, "WARD")];
        let mapped = mapped_with(STUDY, &data_set, &options());
        assert_eq!(identifier(mapped.part.encounter.unwrap().identifier.as_ref().unwrap()), "VN V1 (WARD)");
    }
}
