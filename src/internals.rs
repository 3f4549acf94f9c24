//! All modules, for tests, benches and fuzzers (feature `internals`). They change without notice. Without the feature
//! they are private, so that the compiler reports dead code.

#![allow(missing_docs, unused_imports)]

#[cfg(feature = "cli")]
pub mod cli {
    pub use crate::cli::*;
}
pub mod dicom {
    pub use crate::dicom::*;
}
pub mod error {
    pub use crate::error::*;
}
#[cfg(feature = "cli")]
pub mod explain {
    pub use crate::explain::*;
}
pub mod fhir {
    pub use crate::fhir::*;
}
pub mod group {
    pub use crate::group::*;
}
#[cfg(feature = "http")]
pub mod http {
    pub use crate::http::*;
}
#[cfg(feature = "index")]
pub mod index {
    pub use crate::index::*;
}
pub mod interrupt {
    pub use crate::interrupt::*;
}
pub mod issue {
    pub use crate::issue::*;
}
pub mod mapping {
    pub use crate::mapping::*;
}
pub mod name {
    pub use crate::name::*;
}
pub mod options {
    pub use crate::options::*;
}
pub mod output {
    pub use crate::output::*;
}
pub mod pipeline {
    pub use crate::pipeline::*;
}
pub mod progress {
    pub use crate::progress::*;
}
pub mod report {
    pub use crate::report::*;
}
pub mod source {
    pub use crate::source::*;
}
#[cfg(feature = "cli")]
pub mod terminal {
    pub use crate::terminal::*;
}
#[cfg(feature = "upload")]
pub mod upload {
    pub use crate::upload::*;
}
