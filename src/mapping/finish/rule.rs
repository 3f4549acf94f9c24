//! A finish rule, as the documents print it. Each is next to the function that implements it.

/// The text of a rule: element, input and result.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The FHIR element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// What it is computed from.
    pub from: &'static str,
    /// How.
    pub rule: &'static str,
}
