//! Tests of the binary: output, files and exit codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod archives;
mod catalog;
mod companions;
mod containers;
mod corpus;
mod damage;
mod defaults;
mod determinism;
mod dicomdir;
mod dicomweb;
mod documents;
mod exit_codes;
mod explain;
mod explained;
mod identity;
mod inputs;
mod json;
mod kos;
mod losses;
mod mapping;
mod output;
mod page;
mod paths;
mod profiles;
mod releases;
mod report;
mod run;
mod scan;
mod selections;
mod settings;
mod synth;
#[cfg(target_os = "linux")]
mod terminal;
