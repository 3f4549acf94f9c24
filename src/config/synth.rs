//! What `synth` was told.

use std::path::PathBuf;

use super::{Choice, is_stdout, usage};
use crate::cli::SynthArguments;
use crate::error::Error;
use crate::synth::Options;

/// Everything that `synth` was told.
#[derive(Debug, Clone)]
pub struct SynthConfig {
    /// Where the archive goes.
    pub folder: PathBuf,
    /// What it holds.
    pub options: Options,
    /// Where the manifest goes.
    pub manifest: Option<PathBuf>,
    /// Whether a summary ends the run.
    pub summary: Choice,
}

impl SynthConfig {
    /// The configuration that the arguments of `synth` make.
    pub fn new(arguments: SynthArguments) -> Result<SynthConfig, Error> {
        if is_stdout(&arguments.output) {
            return usage("synth writes a folder of files, which standard output cannot take: give -o DIR");
        }
        let defaults = Options::default();
        let modalities: Vec<String> = arguments.modalities.iter().map(|code| code.trim().to_uppercase()).collect();
        let options = Options {
            studies: arguments.studies.unwrap_or(defaults.studies),
            modalities: if modalities.is_empty() { defaults.modalities } else { modalities },
            instances: arguments.instances.unwrap_or(defaults.instances),
            seed: arguments.seed.unwrap_or(defaults.seed),
            pixel_kilobytes: arguments.pixel_kb.unwrap_or(defaults.pixel_kilobytes),
            mode: arguments.mode,
        };
        let SynthArguments { output: folder, manifest, quiet, .. } = arguments;
        Ok(SynthConfig { folder, options, manifest, summary: Choice::of(!quiet) })
    }
}
