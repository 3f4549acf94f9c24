//! `--index` and what goes with it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

/// What a run is told of its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexOptions {
    /// The file.
    pub path: PathBuf,
    /// What tells whether a file changed.
    pub check: Check,
    /// What becomes of documents of which all files are gone.
    pub gone: Gone,
    /// How many files may be gone.
    pub max_gone: MaxGone,
    /// Whether it may lie on a network file system.
    pub on_network: bool,
}

/// What tells whether a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Check {
    /// Its size, times and inode.
    #[default]
    Stat,
    /// The time of its folder: right where files are written once.
    Folders,
    /// Its content: every file is read.
    Read,
}

/// What becomes of documents of which all files are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Gone {
    /// They stay, and are reported.
    #[default]
    Keep,
    /// They are deleted.
    Delete,
    /// They stay on the server, and are set to entered-in-error.
    EnteredInError,
}

/// How many files may be gone before the run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxGone {
    /// So many of a hundred.
    Percent(u8),
    /// So many.
    Files(u64),
}

impl Default for MaxGone {
    fn default() -> MaxGone {
        MaxGone::Percent(10)
    }
}

impl MaxGone {
    /// Whether so many files of those that were known may be gone.
    pub fn allows(self, gone: u64, known: u64) -> bool {
        match self {
            MaxGone::Percent(percent) => u128::from(gone) * 100 <= u128::from(known) * u128::from(percent),
            MaxGone::Files(files) => gone <= files,
        }
    }
}

impl FromStr for MaxGone {
    type Err = String;

    fn from_str(text: &str) -> Result<MaxGone, String> {
        let advice = || "want a share, as 10%, or a number of files".to_string();
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.parse().ok().filter(|percent| *percent <= 100);
                percent.map(MaxGone::Percent).ok_or_else(advice)
            }
            None => text.parse().map(MaxGone::Files).map_err(|_| advice()),
        }
    }
}

impl std::fmt::Display for MaxGone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MaxGone::Percent(percent) => write!(f, "{percent}%"),
            MaxGone::Files(files) => write!(f, "{files}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_share_or_a_number_of_files() {
        for (text, gone, known, want) in [
            ("10%", 10, 100, true),
            ("10%", 11, 100, false),
            ("10%", 0, 0, true),
            ("0%", 1, 1_000_000, false),
            ("100%", u64::MAX, u64::MAX, true),
            ("5", 5, 5, true),
            ("5", 6, 1_000_000, false),
        ] {
            let limit: MaxGone = text.parse().unwrap();
            assert_eq!(limit.allows(gone, known), want, "{text} {gone} {known}");
            assert_eq!(limit.to_string(), text);
        }
        for text in ["", "%", "101%", "-1", "1.5%", "many"] {
            assert!(text.parse::<MaxGone>().is_err(), "{text}");
        }
    }
}
