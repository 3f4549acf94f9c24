//! `--index` and what goes with it.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::choice;
use crate::error::{Error, usage};

choice! {
    /// How changed files are detected.
    pub enum Check: "way to check files", default Stat {
        /// Size, times and inode of each file.
        Stat = "stat",
        /// The time of its folder, as for stores whose files are written once.
        Folders = "folders",
        /// Its content.
        Read = "read",
    }
}

choice! {
    /// What happens to documents whose files are all gone.
    pub enum Gone: "thing to do with what is gone", default Keep {
        /// They stay, and are reported.
        Keep = "keep",
        /// They are deleted.
        Delete = "delete",
        /// They are set to entered-in-error on the server.
        EnteredInError = "entered-in-error",
    }
}

/// What earlier runs read.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Index"))]
#[non_exhaustive]
pub struct IndexOptions {
    /// Keep what was read: later runs read only what changed
    ///
    /// The index is a database file of this program and holds patient data. The first run reads everything; later runs
    /// compare size and time of each file, read the new and changed ones, and write the studies that changed. Without
    /// inputs all studies are written from the index, for example to another folder or in another release. Default:
    /// none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", hide_short_help = true))]
    pub index: Option<PathBuf>,

    /// With --index: how changed files are detected
    ///
    /// `stat`: by size, times and inode of each file. `folders`: by the time of the folder, for archives whose files
    /// never change once written. `read`: every file is read. Default: stat.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "HOW", hide_short_help = true))]
    pub check: Check,

    /// With --index: what happens to studies whose files are gone
    ///
    /// `keep`: their documents stay and are reported. `delete`: their documents are deleted from the folder, unless
    /// somebody changed them. `entered-in-error`: upload sets that status on the server. Default: keep.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "HOW", hide_short_help = true))]
    pub gone: Gone,

    /// With --index: stop if more files than this are gone
    ///
    /// A share of an input's known files, as 10%, or a number. It protects the output when an input is not mounted.
    /// Default: 10%.
    #[cfg_attr(feature = "cli", arg(long, default_value_t, value_name = "SHARE", hide_short_help = true))]
    pub max_gone: MaxGone,

    /// With --index: write all studies again
    ///
    /// Also those that did not change, for example after a server was restored from a backup. Default: only what
    /// changed, or is missing in the folder.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub rewrite: bool,

    /// Allow the index on a network file system
    ///
    /// Its locks work on one machine only: make sure that only one run at a time uses the index. Default: refused.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub index_on_network: bool,
}

/// How many files may be gone before the run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxGone {
    /// A percentage of the known files.
    Percent(u8),
    /// A number of files.
    Files(u64),
}

impl Default for MaxGone {
    fn default() -> MaxGone {
        MaxGone::Percent(10)
    }
}

impl MaxGone {
    /// Whether this many of the known files may be gone.
    pub fn allows(self, gone: u64, known: u64) -> bool {
        match self {
            MaxGone::Percent(percent) => u128::from(gone) * 100 <= u128::from(known) * u128::from(percent),
            MaxGone::Files(files) => gone <= files,
        }
    }

    /// Whether this many of all studies may be gone: a share is rounded up, so that one of a few may, but never all.
    pub fn allows_studies(self, gone: u64, known: u64) -> bool {
        match self {
            MaxGone::Percent(percent @ 0..100) => {
                let is_below = u128::from(gone) * 100 < u128::from(known) * u128::from(percent) + 100;
                gone == 0 || is_below && gone < known
            }
            MaxGone::Percent(_) | MaxGone::Files(_) => self.allows(gone, known),
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

impl IndexOptions {
    /// Fails if an option needs `--index`, or if the index would be overwritten by what the run writes.
    pub fn check(&self, written: [Option<&Path>; 2]) -> Result<(), Error> {
        let IndexOptions { index, check, gone, max_gone, rewrite, index_on_network } = self;
        let given = [
            (*check != Check::default(), "--check"),
            (*gone != Gone::default(), "--gone"),
            (*max_gone != MaxGone::default(), "--max-gone"),
            (*rewrite, "--rewrite"),
            (*index_on_network, "--index-on-network"),
        ];
        let own = self.files();
        if written.iter().flatten().any(|path| own.iter().any(|own| own == path)) {
            return usage("--index is a file of its own: give --output and --report other names");
        }
        match given.iter().find(|(is_given, _)| *is_given && index.is_none()) {
            Some((_, option)) => usage(format!("{option} needs --index FILE")),
            None => Ok(()),
        }
    }

    /// The files of the index, which are no input of its own run.
    pub fn files(&self) -> Vec<PathBuf> {
        let beside = |end: &str| {
            let mut path = self.index.clone()?.into_os_string();
            path.push(end);
            Some(PathBuf::from(path))
        };
        ["", "-wal", "-shm", "-journal"].into_iter().filter_map(beside).collect()
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
        for (text, gone, known, want) in [
            ("10%", 0, 1, true),
            ("10%", 1, 1, false),
            ("10%", 1, 2, true),
            ("10%", 1, 10, true),
            ("10%", 2, 10, false),
            ("10%", 2, 11, true),
            ("0%", 0, 3, true),
            ("0%", 1, 3, false),
            ("99%", 3, 3, false),
            ("100%", 3, 3, true),
            ("2", 2, 2, true),
            ("2", 3, 100, false),
        ] {
            let limit: MaxGone = text.parse().unwrap();
            assert_eq!(limit.allows_studies(gone, known), want, "{text} {gone} {known}");
        }
        for text in ["", "%", "101%", "-1", "1.5%", "many"] {
            assert!(text.parse::<MaxGone>().is_err(), "{text}");
        }
    }
}
