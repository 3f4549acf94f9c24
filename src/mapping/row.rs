//! What a row of the mapping table is: an element, the attributes it is filled from, where the standard says so, and how.
//!
//! A row's function sees only the attributes that the row names, so the documented column cannot drift from the code;
//! the wanted tag paths of the scanner are derived from the same column.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use crate::dicom::TagPath;

/// One row: one element, and all that there is to say of it. `P` is the part of the model that it fills.
#[derive(Debug)]
pub struct Row<P: 'static> {
    /// The FHIR element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// The field of the part that it fills: several rows may have one element, and each has a field of its own.
    pub field: &'static str,
    /// Whether instances add to the element, or the first one decides.
    pub values: Values,
    /// The attributes that the function may see.
    pub attributes: &'static [Attribute],
    /// Where DICOM defines them.
    pub citation: &'static str,
    /// Fills the element from one instance.
    pub fill: fn(&Attributes<'_>, &mut P),
    /// Takes the element over from another instance's part, and says whether the two differ where one must decide.
    pub merge: fn(&mut P, &P) -> Agreement,
}

/// How many values of an element a study or series can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// One: the first instance in order decides.
    One,
    /// A list that each instance can add to.
    Many,
}

/// Whether two instances say the same of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// They do, or lists were joined.
    Agree,
    /// They do not; the first in order decided.
    Differ,
}

/// An attribute of a row, with what PS3.3 defines as a group where it is a sequence of a known macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// One value.
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

/// The root's list of coding schemes, which any coded entry of the data set may rest on (PS3.3 C.12.1).
pub const CODING_SCHEMES: &[TagPath] = &[
    &[tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, tags::CODING_SCHEME_DESIGNATOR],
    &[tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE, tags::CODING_SCHEME_UID],
];

impl Attribute {
    /// The attribute or sequence itself, as the documents name it.
    pub fn path(self) -> TagPath {
        match self {
            Attribute::Value(path) | Attribute::Code(path) | Attribute::Person(path) | Attribute::Issuer(path) => path,
        }
    }

    /// Every value that the scan has to bring back for it.
    pub fn wanted(self) -> impl Iterator<Item = Vec<Tag>> {
        let endings = self.endings();
        let ends_here = endings.is_empty().then(|| self.path().to_vec());
        ends_here.into_iter().chain(endings.iter().map(move |ending| [self.path(), ending].concat()))
    }

    /// Whether the attribute at `prefix` and then `tag` is part of this one, or a sequence on the way to it.
    pub fn allows(self, prefix: &[Tag], tag: Tag) -> bool {
        let path = prefix.iter().copied().chain([tag]);
        if self.endings().is_empty() {
            return starts_with(self.path().iter().copied(), path);
        }
        self.endings().iter().any(|ending| starts_with(self.path().iter().chain(*ending).copied(), path.clone()))
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

fn starts_with(mut whole: impl Iterator<Item = Tag>, start: impl Iterator<Item = Tag>) -> bool {
    start.into_iter().all(|tag| whole.next() == Some(tag))
}

/// Takes the first value there is; two that differ are noted.
pub fn first<T: Clone + PartialEq>(into: &mut Option<T>, from: &Option<T>) -> Agreement {
    match (into.as_ref(), from) {
        (None, _) => into.clone_from(from),
        (Some(one), Some(other)) if one != other => return Agreement::Differ,
        _ => {}
    }
    Agreement::Agree
}

/// Joins two lists: sorted, without duplicates.
pub fn union<T: Clone + Ord>(into: &mut Vec<T>, from: &[T]) -> Agreement {
    into.extend_from_slice(from);
    into.sort();
    into.dedup();
    Agreement::Agree
}

/// The attributes of a row: `attributes![STUDY_DATE, code PROCEDURE_CODE_SEQUENCE, REQUEST_ATTRIBUTES_SEQUENCE > STUDY_ID]`.
macro_rules! attributes {
    (@one [$($done:expr),*]) => { &[$($done),*] };
    (@one [$($done:expr),*] code $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@one [$($done,)* $crate::mapping::row::Attribute::Code(&[$(::dicom_dictionary_std::tags::$tag),+])] $($($rest)*)?)
    };
    (@one [$($done:expr),*] person $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@one [$($done,)* $crate::mapping::row::Attribute::Person(&[$(::dicom_dictionary_std::tags::$tag),+])] $($($rest)*)?)
    };
    (@one [$($done:expr),*] issuer $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@one [$($done,)* $crate::mapping::row::Attribute::Issuer(&[$(::dicom_dictionary_std::tags::$tag),+])] $($($rest)*)?)
    };
    (@one [$($done:expr),*] $($tag:ident)>+ $(, $($rest:tt)*)?) => {
        attributes!(@one [$($done,)* $crate::mapping::row::Attribute::Value(&[$(::dicom_dictionary_std::tags::$tag),+])] $($($rest)*)?)
    };
    ($($rest:tt)*) => { attributes!(@one [] $($rest)*) };
}

/// A row whose element has one value: the first instance in order that has one decides.
macro_rules! one {
    ($element:literal, $field:ident, [$($attributes:tt)*], $citation:literal, $fill:expr) => {
        $crate::mapping::row::Row {
            element: $element,
            field: stringify!($field),
            values: $crate::mapping::row::Values::One,
            attributes: attributes![$($attributes)*],
            citation: $citation,
            fill: |attributes, part| part.$field = ($fill)(attributes),
            merge: |into, from| $crate::mapping::row::first(&mut into.$field, &from.$field),
        }
    };
}

/// A row whose element is a list: the sorted union over all instances.
macro_rules! many {
    ($element:literal, $field:ident, [$($attributes:tt)*], $citation:literal, $fill:expr) => {
        $crate::mapping::row::Row {
            element: $element,
            field: stringify!($field),
            values: $crate::mapping::row::Values::Many,
            attributes: attributes![$($attributes)*],
            citation: $citation,
            fill: |attributes, part| part.$field = ($fill)(attributes),
            merge: |into, from| $crate::mapping::row::union(&mut into.$field, &from.$field),
        }
    };
}

pub(crate) use {attributes, many, one};

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
    fn the_first_value_decides_and_lists_join() {
        let mut one = None;
        assert_eq!(first(&mut one, &Some(1)), Agreement::Agree);
        assert_eq!(first(&mut one, &Some(2)), Agreement::Differ);
        assert_eq!(first(&mut one, &None), Agreement::Agree);
        assert_eq!(one, Some(1));
        let mut many = vec![3, 1];
        union(&mut many, &[1, 2]);
        assert_eq!(many, [1, 2, 3]);
    }
}
