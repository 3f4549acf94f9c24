//! A finish rule, as the documents print it. Each stands beside the function that keeps it.

/// One rule: what it is for, what it looks at, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The FHIR element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// What it is computed from.
    pub from: &'static str,
    /// How.
    pub rule: &'static str,
}
