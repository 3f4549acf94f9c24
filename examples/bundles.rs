//! Writes one transaction Bundle for each study into a folder, named by the id of the study.
//!
//! `cargo run --example bundles -- testdata/dicom/ct-two-series out`

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "an example may print")]

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use dcm2fhir::{Conversion, Release};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("want the folder to read and the folder to write".into());
    };
    let conversion = Conversion::new(Release::R4)
        .input(input)
        .bundles()
        .system("patient=http://hospital.example/patients".parse()?)
        .endpoint("wado-rs=https://pacs.example/dicomweb".parse()?);
    fs::create_dir_all(&output)?;
    let outcome = conversion.run(|document| fs::write(output.join(format!("{}.json", document.id)), document.json))?;
    println!("{} Bundles, {} files left out", outcome.totals.studies, outcome.counts.skipped_files());
    Ok(())
}
