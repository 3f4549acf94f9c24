//! What is read: inputs, and which of their files.

use std::path::PathBuf;

use super::filter::FilterRule;

/// The inputs.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Input"))]
#[non_exhaustive]
pub struct InputOptions {
    /// Files, folders, archives, DICOM JSON, a DICOMDIR; - is stdin
    ///
    /// Folders are searched recursively, hidden files included. Files are recognized by content, not by name: DICOM,
    /// DICOM JSON (as the `/metadata` of DICOMweb, compressed or not) and archives (zip, tar, gzip, bzip2, xz, zstd),
    /// which are read in place. An archive inside an archive is reported and not opened. A DICOMDIR given as an input
    /// stands for the files it lists; one found in a folder or an archive is skipped. Standard input is one file or
    /// archive; for a list of paths use --files-from -.
    #[cfg_attr(
        feature = "cli",
        arg(value_name = "INPUT", required_unless_present = "files_from", help_heading = None::<&str>)
    )]
    pub inputs: Vec<PathBuf>,

    /// Read paths from a file, one a line; - is standard input
    ///
    /// Folders in the list are searched recursively. A path that does not exist is reported.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", hide_short_help = true))]
    pub files_from: Option<PathBuf>,

    /// Paths in the list are separated by NUL, not line feeds
    ///
    /// With --files-from, for the output of `find -print0` and file names that contain line feeds.
    #[cfg_attr(feature = "cli", arg(short = '0', long, hide_short_help = true))]
    pub null: bool,

    /// Follow symbolic links
    ///
    /// Default: links are reported and skipped. No folder is read twice, so loops are harmless.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub follow: bool,

    /// Read only some files, as modality=CT,MR or path=GLOB
    ///
    /// `modality=CT,MR`, `sop-class=UID`, `patient-id=ID`, `study=UID`, `date=2024-01-01..2024-12-31` (Study Date,
    /// either end may be left out), `path=GLOB` (`*.dcm` matches file names, `**/CT/**` whole paths). May be given
    /// several times: a file must match one rule of each kind. Counts and modalities are those of the files that are
    /// kept, and the report says that it is partial. Default: all.
    #[cfg_attr(feature = "cli", arg(long, value_name = "RULE", hide_short_help = true))]
    pub include: Vec<FilterRule>,

    /// Leave some files out, as modality=SR,KO or path=GLOB
    ///
    /// The rules are those of --include. May be given several times: a file that matches any of them is left out, even
    /// if --include matches it. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "RULE", hide_short_help = true))]
    pub exclude: Vec<FilterRule>,
}
