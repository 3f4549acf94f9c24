//! Prints one line for each study below a folder: its id, patient, and how large it is.
//!
//! `cargo run --example convert -- testdata/dicom/ct-two-series`

#![allow(clippy::print_stdout, reason = "an example may print")]

use dcm2fhir::{Conversion, Detail, Error, Release};

fn main() -> Result<(), Error> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "testdata/dicom".into());
    let outcome = Conversion::new(Release::R5).input(folder).detail(Detail::Study).run(|document| {
        let study: serde_json::Value = serde_json::from_str(document.json)?;
        let patient = study["subject"]["display"].as_str().unwrap_or("-");
        println!("{} {patient} {} {}", document.id, study["numberOfSeries"], study["numberOfInstances"]);
        Ok(())
    })?;
    println!("{} studies of {} files", outcome.totals.studies, outcome.totals.files);
    Ok(())
}
