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

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the documents and the command line read more of the tables")
)]

#[cfg(feature = "cli")]
mod cli;
mod conversion;
mod dicom;
mod error;
#[cfg(feature = "cli")]
mod explain;
#[deny(clippy::disallowed_methods)]
mod fhir;
#[deny(clippy::disallowed_methods)]
mod group;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod interrupt;
mod issue;
#[deny(clippy::disallowed_methods)]
mod mapping;
mod name;
mod numbers;
mod options;
mod output;
mod pipeline;
mod progress;
mod report;
mod source;
pub mod synth;
#[cfg(feature = "cli")]
mod terminal;
#[cfg(feature = "upload")]
mod upload;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
pub use conversion::{Conversion, Document};
pub use dicom::Tag;
pub use dicom::charset::CharacterSetRule;
pub use error::Error;
pub use fhir::{Release, Subject};
pub use interrupt::Interrupt;
pub use issue::{Issue, Place, Reason, Skip};
pub use mapping::zone::TimeZone;
pub use mapping::{
    ContentOptions, EndpointLevel, EndpointOption, EndpointTarget, EndpointType, Options as ArchiveOptions,
};
pub use name::Name;
pub use options::filter::FilterRule;
pub use options::{
    BundleOptions, BundleType, Detail, FileMode, Format, InputOptions, IssuerSystem, OutputOptions, References,
    RunOptions, Status, SystemKind, SystemUri,
};
pub use pipeline::{Config, Outcome};
pub use progress::Progress;
pub use report::{Counts, Totals};
