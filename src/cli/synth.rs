//! `dcm2fhir synth`: writes a synthetic archive, and says what is in it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use crate::error::{Error, usage};
use crate::interrupt::Interrupt;
use crate::numbers::{count, duration};
use crate::options::is_stdout;
use crate::output::WholeFile;
use crate::synth::{Manifest, SynthOptions, write_archive_while};
use crate::terminal::{say, size};

const EXAMPLES: &str = "\
Examples:
  Ten studies of all modalities:
    dcm2fhir synth -o archive/
  A hundred studies of CT and MR, about fifty images a series:
    dcm2fhir synth -o archive/ --studies 100 --modalities CT,MR --instances 50
  The same archive on every machine, and what is in it:
    dcm2fhir synth -o archive/ --seed 7 --manifest archive.json";

/// The arguments of `synth`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SynthArguments {
    /// Output folder; created if missing
    ///
    /// Files are written as patient/study/series/instance.dcm. Files of the same name are replaced; others stay.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// What it holds.
    #[command(flatten)]
    options: SynthOptions,

    /// Write the options and the resulting counts, as JSON
    ///
    /// Contains no times or paths, so that the same archive gives the same manifest. Default: no manifest.
    #[arg(long, value_name = "FILE", display_order = 6)]
    manifest: Option<PathBuf>,

    /// Do not print a summary
    #[arg(short, long)]
    quiet: bool,
}

/// Writes the archive that the options describe.
pub fn run(arguments: &SynthArguments) -> Result<u8, Error> {
    if is_stdout(&arguments.output) {
        let advice = "synth writes a folder of files, which standard output cannot take: give -o DIR";
        return usage(advice);
    }
    let options = &arguments.options;
    let start = Instant::now();
    let interrupt = Interrupt::on_signals()?;
    let go_on = |_: &Manifest| match interrupt.is_set() {
        true => Err(io::ErrorKind::Interrupted.into()),
        false => Ok(()),
    };
    let manifest = write_archive_while(options, &arguments.output, go_on).map_err(|error| stopped(arguments, error))?;
    if let Some(path) = &arguments.manifest {
        let mut file = WholeFile::create(path)?.with_mode(options.mode.unwrap_or_default());
        let document = serde_json::to_string_pretty(&document(options, manifest)).map_err(io::Error::from);
        file.write_with(&mut |out| {
            writeln!(out, "{}", document.as_ref().map_err(|error| io::Error::from(error.kind()))?)
        })?;
        file.finish()?;
    }
    if !arguments.quiet {
        say(SynthSummary { manifest, elapsed: start.elapsed() });
    }
    Ok(0)
}

fn stopped(arguments: &SynthArguments, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidInput => Error::Usage(error.to_string()),
        io::ErrorKind::Interrupted => Error::Interrupted,
        _ => Error::Write { path: arguments.output.clone(), source: error },
    }
}

/// What was asked for and what was made. No path, time or version of the machine: the same archive has the same.
fn document(options: &SynthOptions, made: Manifest) -> serde_json::Value {
    json!({
        "tool": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "options": {
            "studies": options.studies,
            "modalities": options.modalities,
            "instances": options.instances,
            "seed": options.seed,
            "pixelKilobytes": options.pixel_kilobytes.unwrap_or_default(),
        },
        "made": made,
    })
}

/// What was written, as a small table.
struct SynthSummary {
    manifest: Manifest,
    elapsed: Duration,
}

impl fmt::Display for SynthSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest { studies, series, instances, bytes } = self.manifest;
        let rate = (instances as f64 / self.elapsed.as_secs_f64().max(0.001)) as u64;
        writeln!(f, "{:<12} {:>11}", "studies", count(studies))?;
        writeln!(f, "{:<12} {:>11}", "series", count(series))?;
        let speed = format!("in {}, {} a second", duration(self.elapsed), count(rate));
        writeln!(f, "{:<12} {:>11}  {speed}", "files", count(instances))?;
        writeln!(f, "{:<12} {:>11}", "size", size(bytes))
    }
}
