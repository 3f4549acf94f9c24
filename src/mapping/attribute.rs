//! The attributes of a row: tag paths, macros of PS3.3, and groups that occur at several places.
//!
//! A row's function sees only what the row names, and the wanted tag paths of the scanner are derived from that.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dicom::TagPath;

/// An attribute of a row, with what PS3.3 defines as a group where it is a sequence of a known macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// A plain attribute.
    Value(TagPath),
    /// A sequence of coded entries: Code Sequence Macro, PS3.3 8.8.
    Code(TagPath),
    /// A sequence that identifies persons: Person Identification Macro, PS3.3 10.1.
    Person(TagPath),
    /// A sequence that names an issuer: HL7v2 Hierarchic Designator Macro, PS3.3 10.14.
    Issuer(TagPath),
}

/// The attributes of a coded entry.
const CODE: &[TagPath] = &[
    &[tags::CODE_VALUE],
    &[tags::CODING_SCHEME_DESIGNATOR],
    &[tags::CODING_SCHEME_VERSION],
    &[tags::CODE_MEANING],
    &[tags::CODING_SCHEME_UID],
    &[tags::LONG_CODE_VALUE],
    &[tags::URN_CODE_VALUE],
];

/// The attributes of a person's identification: their codes, each a coded entry.
const PERSON: &[TagPath] = &[
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::CODE_VALUE],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::CODING_SCHEME_DESIGNATOR],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::CODING_SCHEME_VERSION],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::CODE_MEANING],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::CODING_SCHEME_UID],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::LONG_CODE_VALUE],
    &[tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, tags::URN_CODE_VALUE],
];

/// The attributes of an issuer.
const ISSUER: &[TagPath] =
    &[&[tags::LOCAL_NAMESPACE_ENTITY_ID], &[tags::UNIVERSAL_ENTITY_ID], &[tags::UNIVERSAL_ENTITY_ID_TYPE]];

/// The root's list of coding schemes, which any coded entry of the data set may use (PS3.3 C.12.1).
pub const CODING_SCHEMES: &[TagPath] = &[
    &[tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, tags::CODING_SCHEME_DESIGNATOR],
    &[tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, tags::CODING_SCHEME_UID],
];

impl Attribute {
    /// The path of the attribute or sequence itself.
    pub fn path(self) -> TagPath {
        match self {
            Attribute::Value(path) | Attribute::Code(path) | Attribute::Person(path) | Attribute::Issuer(path) => path,
        }
    }

    /// Every tag path that the scanner must read for it.
    pub fn wanted(self) -> impl Iterator<Item = Vec<Tag>> {
        let endings = self.endings();
        let ends_here = endings.is_empty().then(|| self.path().to_vec());
        ends_here.into_iter().chain(endings.iter().map(move |ending| [self.path(), ending].concat()))
    }

    /// Whether the attribute at `prefix` and then `tag` is part of this one, or a sequence on the way to it.
    pub fn allows(self, prefix: &[Tag], tag: Tag) -> bool {
        let path = self.path();
        match path.get(prefix.len()) {
            Some(next) => *next == tag && path.starts_with(prefix),
            None => prefix.strip_prefix(path).is_some_and(|inside| {
                let is_next = |ending: &TagPath| ending.get(inside.len()) == Some(&tag) && ending.starts_with(inside);
                self.endings().iter().any(is_next)
            }),
        }
    }

    fn endings(self) -> &'static [TagPath] {
        match self {
            Attribute::Value(_) => &[],
            Attribute::Code(_) => CODE,
            Attribute::Person(_) => PERSON,
            Attribute::Issuer(_) => ISSUER,
        }
    }
}

/// The attributes of a row: `attributes![STUDY_DATE, code PROCEDURE_CODE_SEQUENCE, UDI_SEQUENCE > DEVICE_DESCRIPTION]`.
///
/// A group stands at the root, `order HERE`, or in the items of a sequence, `order REQUEST_ATTRIBUTES_SEQUENCE`.
macro_rules! attributes {
    (@one [$($done:expr),*]) => { &[$($done),*] };
    (@one [$($done:expr),*] code $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@add [$($done),*] Code [$($tag)*] $($($rest)*)?)
    };
    (@one [$($done:expr),*] person $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@add [$($done),*] Person [$($tag)*] $($($rest)*)?)
    };
    (@one [$($done:expr),*] issuer $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@add [$($done),*] Issuer [$($tag)*] $($($rest)*)?)
    };
    (@one [$($done:expr),*] $group:ident HERE $(, $($rest:tt)*)?) => {
        attributes!(@$group [$($done),*] HERE [] $($($rest)*)?)
    };
    (@one [$($done:expr),*] $group:ident $at:ident $(, $($rest:tt)*)?) => {
        attributes!(@$group [$($done),*] $at [$at >] $($($rest)*)?)
    };
    (@one [$($done:expr),*] $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@add [$($done),*] Value [$($tag)*] $($($rest)*)?)
    };
    (@add [$($done:expr),*] $kind:ident [$($tag:ident)*] $($rest:tt)*) => {
        attributes!(@one [
            $($done,)* $crate::mapping::attribute::Attribute::$kind(&[$(::dicom_dictionary_std::tags::$tag),*])
        ] $($rest)*)
    };
    // A Patient ID with its issuer and type (PS3.3 10.18).
    (@patient_id [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] $($in)* PATIENT_ID, $($in)* ISSUER_OF_PATIENT_ID,
            issuer $($in)* ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
            $($in)* ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE > IDENTIFIER_TYPE_CODE, $($rest)*)
    };
    (@accession [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] $($in)* ACCESSION_NUMBER,
            issuer $($in)* ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, $($rest)*)
    };
    // The numbers of an imaging service request: of the study, of who asked, and of who performs.
    (@numbers [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] accession $at,
            $($in)* PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, issuer $($in)* ORDER_PLACER_IDENTIFIER_SEQUENCE,
            $($in)* FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, issuer $($in)* ORDER_FILLER_IDENTIFIER_SEQUENCE,
            $($rest)*)
    };
    (@requested [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] $($in)* REQUESTED_PROCEDURE_DESCRIPTION,
            code $($in)* REQUESTED_PROCEDURE_CODE_SEQUENCE, $($rest)*)
    };
    (@reason [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] $($in)* REASON_FOR_THE_REQUESTED_PROCEDURE,
            code $($in)* REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE, $($rest)*)
    };
    (@requester [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] $($in)* REQUESTING_PHYSICIAN,
            person $($in)* REQUESTING_PHYSICIAN_IDENTIFICATION_SEQUENCE, $($rest)*)
    };
    (@order [$($done:expr),*] $at:ident [$($in:tt)*] $($rest:tt)*) => {
        attributes!(@one [$($done),*] numbers $at, requested $at, reason $at, requester $at, $($rest)*)
    };
    ($($rest:tt)*) => { attributes!(@one [] $($rest)*) };
}

pub(crate) use attributes;

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Attribute = Attribute::Value(&[tags::REQUEST_ATTRIBUTES_SEQUENCE, tags::ACCESSION_NUMBER]);
    const PROCEDURE: Attribute = Attribute::Code(&[tags::PROCEDURE_CODE_SEQUENCE]);

    #[test]
    fn an_attribute_shows_what_it_names_and_the_way_to_it() {
        for (attribute, prefix, tag, want) in [
            (REQUEST, &[] as &[Tag], tags::REQUEST_ATTRIBUTES_SEQUENCE, true),
            (REQUEST, &[tags::REQUEST_ATTRIBUTES_SEQUENCE], tags::ACCESSION_NUMBER, true),
            (REQUEST, &[], tags::ACCESSION_NUMBER, false),
            (PROCEDURE, &[tags::PROCEDURE_CODE_SEQUENCE], tags::CODE_VALUE, true),
            (PROCEDURE, &[tags::PROCEDURE_CODE_SEQUENCE], tags::MAPPING_RESOURCE, false),
        ] {
            assert_eq!(attribute.allows(prefix, tag), want, "{attribute:?} {prefix:?} {tag}");
        }
    }

    #[test]
    fn a_coded_attribute_wants_the_whole_macro() {
        assert_eq!(PROCEDURE.wanted().count(), CODE.len());
        assert!(PROCEDURE.wanted().any(|path| path == [tags::PROCEDURE_CODE_SEQUENCE, tags::CODE_MEANING]));
        assert_eq!(REQUEST.wanted().collect::<Vec<_>>(), [REQUEST.path().to_vec()]);
    }

    #[test]
    fn a_group_stands_at_the_root_or_in_the_items_of_a_sequence() {
        const ACCESSION: Attribute = Attribute::Value(&[tags::ACCESSION_NUMBER]);
        const ISSUER: Attribute = Attribute::Issuer(&[tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE]);
        let here: &[Attribute] = attributes![accession HERE, MODALITY];
        assert_eq!(here, [ACCESSION, ISSUER, Attribute::Value(&[tags::MODALITY])]);
        let below: &[Attribute] = attributes![order REQUEST_ATTRIBUTES_SEQUENCE];
        assert_eq!((below[0], below.len()), (REQUEST, 12));
        assert!(below.iter().all(|attribute| attribute.path()[0] == tags::REQUEST_ATTRIBUTES_SEQUENCE));
    }
}
