//! What a row of the mapping table is: an element, the attributes it is filled from, where the standard says so, and
//! how.
//!
//! A row's function sees only the attributes that the row names, so the documented column cannot drift from the code;
//! the wanted tag paths of the scanner are derived from the same column.

use super::attribute::Attribute;
use super::attributes::Attributes;
use super::listed::{Listed, Source};

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

impl<P> Row<P> {
    /// The element and its attributes, without what they fill.
    pub const fn listed(&self) -> Listed {
        Listed { element: self.element, source: Source::Attributes(self.attributes, self.citation) }
    }

    /// The element, as a release says whether it has it: one element has two rows, and some releases but one of them.
    pub fn name(&self) -> &'static str {
        if self.field == "accession" { "identifier (accession number)" } else { self.element }
    }
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

/// A row whose element has one value: the first instance in order that has one decides, or what `$merge` takes of both.
///
/// What a reference is made of stands beside the rows of the resource that it leads to: `one!(ADMISSION, encounter,
/// …)`.
macro_rules! one {
    ($element:literal, $field:ident, [$($attributes:tt)*], $citation:literal, $($fill:tt)+) => {
        one!($crate::mapping::listed::listed!($element, [$($attributes)*], $citation), $field, $($fill)+)
    };
    ($listed:expr, $field:ident, $fill:expr) => {
        one!($listed, $field, $fill, |into, from| $crate::mapping::row::first(&mut into.$field, &from.$field))
    };
    ($listed:expr, $field:ident, $fill:expr, $merge:expr) => {
        $crate::mapping::row::row!($listed, $field, One, $fill, $merge)
    };
}

/// A row whose element is a list: the sorted union over all instances.
macro_rules! many {
    ($element:literal, $field:ident, [$($attributes:tt)*], $citation:literal, $fill:expr) => {
        many!($crate::mapping::listed::listed!($element, [$($attributes)*], $citation), $field, $fill)
    };
    ($listed:expr, $field:ident, $fill:expr) => {
        $crate::mapping::row::row!($listed, $field, Many, $fill, |into, from| {
            $crate::mapping::row::union(&mut into.$field, &from.$field)
        })
    };
}

/// A row of all its parts.
macro_rules! row {
    ($listed:expr, $field:ident, $values:ident, $fill:expr, $merge:expr) => {
        $crate::mapping::row::Row {
            element: $listed.element,
            field: stringify!($field),
            values: $crate::mapping::row::Values::$values,
            attributes: $listed.attributes(),
            citation: $listed.citation(),
            fill: |attributes, part| part.$field = ($fill)(attributes),
            merge: $merge,
        }
    };
}

pub(crate) use {many, one, row};

#[cfg(test)]
mod tests {
    use super::*;

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
