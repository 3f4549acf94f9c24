//! What the resources say: the options that are one of a few words.

use super::choice;

choice! {
    /// How deep the resource goes.
    pub enum Detail: "level of detail", default Instance {
        /// The study alone.
        Study = "study",
        /// The study and its series.
        Series = "series",
        /// All of it.
        Instance = "instance",
    }
}

choice! {
    /// `ImagingStudy.status`.
    pub enum Status: "status", default Available {
        /// Its existence is known, but nothing is available yet.
        Registered = "registered",
        /// At least one instance is available.
        Available = "available",
        /// Cancelled before it began.
        Cancelled = "cancelled",
        /// Withdrawn after it was final.
        EnteredInError = "entered-in-error",
        /// Not known which of these.
        Unknown = "unknown",
        /// No longer in use.
        Inactive = "inactive",
    }
}

choice! {
    /// How a study refers to its patient, its order, its equipment.
    pub enum References: "way of reference", default Logical {
        /// By identifier and display.
        Logical = "logical",
        /// As resources inside the study.
        Contained = "contained",
        /// As resources of their own.
        Separate = "separate",
    }
}
