//! Turns folders of DICOM files into FHIR ImagingStudy resources.
//!
//! ```text
//! Source ──item──▶ Header ──rows──▶ InstanceRecord ──merge──▶ Studies ──finish──▶ ImagingStudy ──▶ Format ──bytes──▶ Sink
//! walkdir          own scanner      study, series and         by UID,             release-neutral   json, ndjson,   stdout, file,
//! (stream)         one pread        instance parts, issues    order-free          model, sorted     bundle          folder
//!                  └──────────── rayon workers ──────────────┘
//! ```
//!
//! Each arrow is one function, and each stage one module that knows only its neighbours' types: [`dicom`] knows no FHIR,
//! [`fhir`] knows no DICOM, and only `mapping` knows both.

pub mod cli;
pub mod config;
pub mod dicom;
pub mod error;
pub mod explain;
pub mod fhir;
pub mod interrupt;
pub mod issue;
pub mod mapping;
pub mod progress;
pub mod read;
pub mod report;
pub mod run;
pub mod sink;
pub mod source;
pub mod study;
pub mod synth;
