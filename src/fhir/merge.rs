//! Merges two companion resources with the same id, field by field.

use super::datatypes::{CodeableConcept, HumanName};
use super::identifier::{Identifier, unite_identifiers};

/// Merges two resources with the same id, or a field that both have.
pub trait Merge {
    /// Adds what is missing; existing values are kept. Returns whether the two contradict each other.
    fn merge(&mut self, other: Self) -> bool;
}

impl Merge for Vec<Identifier> {
    fn merge(&mut self, other: Vec<Identifier>) -> bool {
        unite_identifiers(self, other);
        false
    }
}

/// Lists of statements of their own.
macro_rules! unite {
    ($($item:ty),+) => {
        $(impl Merge for Vec<$item> {
            fn merge(&mut self, other: Vec<$item>) -> bool {
                for value in other {
                    if !self.contains(&value) {
                        self.push(value);
                    }
                }
                false
            }
        })+
    };
}

unite!(String, CodeableConcept);

/// The names of a person are one statement.
impl Merge for Vec<HumanName> {
    fn merge(&mut self, other: Vec<HumanName>) -> bool {
        if self.is_empty() {
            *self = other;
            return false;
        }
        !other.is_empty() && *self != other
    }
}

impl<T: PartialEq> Merge for Option<T> {
    fn merge(&mut self, other: Option<T>) -> bool {
        if self.is_none() {
            *self = other;
            return false;
        }
        other.is_some() && *self != other
    }
}

impl Merge for bool {
    fn merge(&mut self, other: bool) -> bool {
        *self |= other;
        false
    }
}

/// A resource is merged by its fields, of which none can be left out.
macro_rules! merged {
    ($resource:ident: $($field:ident),+) => {
        impl $crate::fhir::merge::Merge for $resource {
            fn merge(&mut self, other: $resource) -> bool {
                let $resource { $($field),+ } = other;
                [$($crate::fhir::merge::Merge::merge(&mut self.$field, $field)),+].contains(&true)
            }
        }
    };
}

pub(crate) use merged;
