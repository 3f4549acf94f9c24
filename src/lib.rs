//! Turns folders of DICOM files into FHIR ImagingStudy resources.
//!
//! This is the library behind the command `dcm2fhir`. A [`Conversion`] is built, then [run](Conversion::run) with a
//! closure that gets each [`Document`]; an [`Outcome`] says what was read, written and left out. [`Release`] lists the
//! releases of FHIR and how they differ. [`synth`] makes DICOM files for tests.
//!
//! ```text
//! Source ──item──▶ Header ──▶ InstanceRecord ──merge──▶ Studies ──rows, finish──▶ ImagingStudy ──▶ Format ──bytes──▶ Sink
//! folders          own scanner  UIDs, number,           by UID, order-free,       release-neutral    json, ndjson,   stdout, file,
//! archives         one pread    fingerprints            parts as they were read   model, sorted      bundle          folder
//!                  └────────── worker threads ─────────┘└──────── worker threads, by study ────────┘
//! ```
//!
//! Each arrow is one function, and each stage one module that knows only its neighbours' types: `dicom` knows no FHIR,
//! `fhir` knows no DICOM, and only `mapping` knows both. `fhir`, `mapping` and `study` are pure: no file, no clock, no
//! environment (`clippy.toml`). These modules are for the command and its tests: they change without notice. What is
//! listed on this page follows semantic versioning.

mod conversion;

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod dicom;
#[doc(hidden)]
pub mod error;
#[doc(hidden)]
pub mod explain;
#[doc(hidden)]
#[deny(clippy::disallowed_methods)]
pub mod fhir;
#[doc(hidden)]
#[deny(clippy::disallowed_methods)]
pub mod group;
#[cfg(feature = "http")]
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod interrupt;
#[doc(hidden)]
pub mod issue;
#[doc(hidden)]
#[deny(clippy::disallowed_methods)]
pub mod mapping;
#[doc(hidden)]
pub mod name;
#[doc(hidden)]
pub mod options;
#[doc(hidden)]
pub mod output;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod progress;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod source;
pub mod synth;
#[cfg(feature = "upload")]
#[doc(hidden)]
pub mod upload;

pub use conversion::{Conversion, Document};
pub use error::Error;
pub use fhir::Release;
pub use interrupt::Interrupt;
pub use mapping::EndpointOption;
pub use mapping::zone::TimeZone;
pub use options::{Detail, References, SystemUri};
pub use pipeline::Outcome;
pub use progress::Progress;
pub use report::{Counts, Totals};
