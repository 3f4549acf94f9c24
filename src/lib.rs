//! Turns folders of DICOM files into FHIR ImagingStudy resources.
//!
//! This is the library behind the command `dcm2fhir`: bytes in, resources out. A [`Conversion`] is built, then
//! [run](Conversion::run) with a closure that gets each [`Document`], or [written](Conversion::write) as the command
//! does it. An [`Outcome`] counts what was read, written and left out; a [`Progress`] hears of each [`Skip`] and
//! [`Issue`] as a value. [`Config`] has every option of `dcm2fhir convert` as a field of its name, [`Release`] lists
//! the releases of FHIR, and [`synth`] makes DICOM files for tests.
//!
//! ```text
//!  Source ──Item──▶ Header ──▶ InstanceRecord ──merge──▶ Studies ──rows, rules──▶ ImagingStudy ──▶ Format ──▶ Sink
//!  folder, list,    own scanner  UIDs, stored           by UID,                  release-neutral    json, csv,  stdout, file,
//!  archive, stream  over Bytes   values                 order-free               model              bundle, …   folder, callback
//!                   └────────── worker threads ────────┘└──────── worker threads, by study ────────┘
//! ```
//!
//! Each arrow is one function. A module knows those below it only, and `tests/layers.rs` lists every pair:
//!
//! ```text
//! cli
//! conversion
//! pipeline
//! index      upload
//! explain    report    output
//! kos
//! source     http      objects
//! group
//! mapping
//! dicom      fhir
//! terminal   progress
//! synth
//! options    issue     name      stamp     numbers     interrupt     error
//! ```
//!
//! `dicom` knows no FHIR, `fhir` knows no DICOM, and only `mapping` knows both. `fhir`, `mapping` and `group` are pure:
//! no file, no clock, no environment (`clippy.toml`).
//!
//! # Features
//!
//! - `cli`: the program. Without default features there is the library alone, without clap, indicatif and toml.
//! - `index`: `--index`. `upload`: `dcm2fhir upload`. `http`: DICOMweb as input. `parquet`: catalogs as Parquet.
//! - `objects`: buckets as inputs and outputs; not a default, for it takes as many crates as all else.
//!
//! What is listed on this page follows semantic versioning. The feature `internals` opens the modules to the tests, and
//! follows nothing.

#![cfg_attr(
    not(feature = "cli"),
    allow(
        dead_code,
        unused_imports,
        unused_mut,
        reason = "the documents and the command line read more of the tables"
    )
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
#[cfg(feature = "index")]
mod index;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod interrupt;
mod issue;
#[deny(clippy::disallowed_methods)]
mod kos;
#[deny(clippy::disallowed_methods)]
mod mapping;
mod name;
mod numbers;
#[cfg(feature = "objects")]
mod objects;
mod options;
mod output;
mod pipeline;
mod progress;
mod report;
mod source;
mod stamp;
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
pub use fhir::profile::{ProfileName, ProfileOptions};
pub use fhir::{Coding, DateTime, Identifier, Meta as MetaOptions, Release, Subject};
#[cfg(feature = "http")]
pub use http::AccessOptions;
pub use interrupt::Interrupt;
pub use issue::{Issue, Place, Reason, Skip};
pub use mapping::zone::TimeZone;
pub use mapping::{
    ContentOptions, EndpointLevel, EndpointOption, EndpointTarget, EndpointType, Options as ArchiveOptions,
};
pub use name::Name;
#[cfg(feature = "objects")]
pub use objects::BucketOptions;
pub use options::filter::FilterRule;
#[cfg(feature = "index")]
pub use options::index::{Check, Gone, IndexOptions, MaxGone};
pub use options::{
    BundleOptions, BundleType, Detail, FileMode, InputOptions, IssuerSystem, References, RunOptions, Status,
    SystemKind, SystemUri,
};
pub use output::{Format, OutputOptions, Rows};
pub use pipeline::{Config, NightCounts, Outcome};
pub use progress::Progress;
pub use report::{Counts, Totals};
pub use source::RemoteOptions;
#[cfg(feature = "http")]
pub use source::WebOptions;
