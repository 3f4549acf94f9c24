//! `Resource.meta` as far as the user gives it: where a batch came from, and the labels by which it is found again.

use super::datatypes::Coding;

/// What stands in the `meta` of every resource of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// `meta.source`: the system that the resources come from.
    pub source: Option<String>,
    /// `meta.security`: labels that a server enforces.
    pub security: Vec<Coding>,
    /// `meta.tag`: labels that say nothing of the content, such as a batch.
    pub tag: Vec<Coding>,
}

impl Meta {
    /// The user gives nothing.
    pub const NONE: &'static Meta = &Meta { source: None, security: Vec::new(), tag: Vec::new() };
}
