//! All modules, for tests, benches and fuzzers (feature `internals`). They change without notice. Without the feature
//! they are private, so that the compiler reports dead code.

#![allow(missing_docs, unused_imports)]

macro_rules! open {
    ($($(#[$feature:meta])? $module:ident)+) => {
        $($(#[$feature])? pub mod $module { pub use crate::$module::*; })+
    };
}

open! {
    #[cfg(feature = "cli")] cli
    dicom
    error
    #[cfg(feature = "cli")] explain
    fhir
    group
    #[cfg(feature = "http")] http
    #[cfg(feature = "index")] index
    interrupt
    issue
    mapping
    name
    options
    output
    pipeline
    progress
    report
    source
    #[cfg(feature = "cli")] terminal
    #[cfg(feature = "upload")] upload
}
