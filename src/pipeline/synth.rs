//! Writes a synthetic archive, and says what is in it.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::config::SynthConfig;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::output::WholeFile;
use crate::progress::{count, duration, say, size};
use crate::synth::{Manifest, Options, write_archive_while};

/// Writes the archive that the configuration describes.
pub fn synth(config: &SynthConfig) -> Result<u8, Error> {
    let start = Instant::now();
    let interrupt = Interrupt::on_signals().map_err(|source| Error::Signals { source })?;
    let go_on = |_: &Manifest| match interrupt.is_set() {
        true => Err(io::ErrorKind::Interrupted.into()),
        false => Ok(()),
    };
    let manifest =
        write_archive_while(&config.options, &config.folder, go_on).map_err(|error| stopped(config, error))?;
    if let Some(path) = &config.manifest {
        let mut file = WholeFile::create(path)?.with_mode(config.options.mode.unwrap_or_default());
        let document = serde_json::to_string_pretty(&document(&config.options, manifest)).map_err(io::Error::from);
        file.write(&mut |out| writeln!(out, "{}", document.as_ref().map_err(|error| io::Error::from(error.kind()))?))?;
        file.finish()?;
    }
    if config.summary.is_yes() {
        say(Summary { manifest, elapsed: start.elapsed() });
    }
    Ok(0)
}

fn stopped(config: &SynthConfig, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidInput => Error::Usage(error.to_string()),
        io::ErrorKind::Interrupted => Error::Interrupted,
        _ => Error::Write { path: config.folder.clone(), source: error },
    }
}

/// What was asked for and what was made. No path, time or version of the machine: the same archive has the same.
fn document(options: &Options, made: Manifest) -> serde_json::Value {
    json!({
        "tool": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "options": {
            "studies": options.studies,
            "modalities": options.modalities,
            "instances": options.instances,
            "seed": options.seed,
            "pixelKilobytes": options.pixel_kilobytes,
        },
        "made": made,
    })
}

/// What was written, as a small table.
struct Summary {
    manifest: Manifest,
    elapsed: Duration,
}

impl fmt::Display for Summary {
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
