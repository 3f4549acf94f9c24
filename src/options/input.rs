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
    /// Folders are walked with everything below them, hidden files too. What a file is called does not matter: it is
    /// DICOM, DICOM JSON (as `/metadata` of DICOMweb, compressed or not), or an archive (zip, tar, gzip, bzip2, xz, zstd), if
    /// its content is. Archives are read where they stand; one
    /// inside another is reported and not opened. A DICOMDIR that is given stands for the files that it lists; one that
    /// is found in a folder or an archive is skipped. What comes on standard input is one file or archive; for a list of paths
    /// give --files-from -.
    #[cfg_attr(
        feature = "cli",
        arg(value_name = "INPUT", required_unless_present = "files_from", help_heading = None::<&str>)
    )]
    pub inputs: Vec<PathBuf>,

    /// Read paths from a file, one a line; - is standard input
    ///
    /// A folder in the list is walked. A path that is not there is reported.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", hide_short_help = true))]
    pub files_from: Option<PathBuf>,

    /// Paths in the list are separated by NUL
    ///
    /// With --files-from, as `find -print0` writes them, for file names with line feeds.
    #[cfg_attr(feature = "cli", arg(short = '0', long, hide_short_help = true))]
    pub null: bool,

    /// Follow symbolic links
    ///
    /// Default: links are reported and skipped. A folder is never walked twice, so loops do no harm.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub follow: bool,

    /// Convert only some files, as modality=CT,MR or path=GLOB
    ///
    /// `modality=CT,MR`, `sop-class=UID`, `patient-id=ID`, `study=UID`, `date=2024-01-01..2024-12-31` (Study Date, either
    /// end may be left out), `path=GLOB` (`*.dcm` is the file name, `**/CT/**` the whole path). May be given several times:
    /// a file has to meet one rule of each kind. Counts and modalities are of what is kept, and the report
    /// says that it is partial. Default: all.
    #[cfg_attr(feature = "cli", arg(long, value_name = "RULE", hide_short_help = true))]
    pub include: Vec<FilterRule>,

    /// Leave some files out, as modality=SR,KO or path=GLOB
    ///
    /// Takes the rules of --include. May be given several times: a file that meets one of them is left out, whatever --include
    /// says. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "RULE", hide_short_help = true))]
    pub exclude: Vec<FilterRule>,
}
