//! `--index` and what goes with it.

use std::path::PathBuf;
use std::str::FromStr;

use super::choice;
use crate::error::Error;

choice! {
    /// What tells whether a file changed.
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
    /// What becomes of documents of which all files are gone.
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
    /// A file of the tool's own, which holds patient data. The first run reads everything; later ones look at size and time
    /// of each file, read what is new or changed, and write what came out different. Without inputs everything is written
    /// from the index, as to another folder or in another release. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", hide_short_help = true))]
    pub index: Option<PathBuf>,

    /// With --index: what tells that a file changed
    ///
    /// `stat`: size, times and inode. `folders`: the time of the folder alone, right where files are written once and
    /// never changed. `read`: every file is read. Default: stat.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "HOW", hide_short_help = true))]
    pub check: Check,

    /// With --index: what becomes of studies whose files are gone
    ///
    /// `keep`: their documents stay, and are reported. `delete`: their files are deleted from the folder, unless somebody
    /// changed them. `entered-in-error`: upload sets that status on the server. Default: keep.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t, value_name = "HOW", hide_short_help = true))]
    pub gone: Gone,

    /// With --index: stop if more files than this are gone
    ///
    /// A share of the files that were known in an input, as 10%, or a number. An input that is not mounted looks like
    /// that. Default: 10%.
    #[cfg_attr(feature = "cli", arg(long, default_value_t, value_name = "SHARE", hide_short_help = true))]
    pub max_gone: MaxGone,

    /// Let the index lie on a network file system
    ///
    /// Its locks hold on one machine only: see to it that one run at a time uses the index. Default: that is refused.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub index_on_network: bool,
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

impl IndexOptions {
    /// Fails where something is said of an index that is not there.
    pub fn check(&self) -> Result<(), Error> {
        let IndexOptions { index, check, gone, max_gone, index_on_network } = self;
        let given = [
            (*check != Check::default(), "--check"),
            (*gone != Gone::default(), "--gone"),
            (*max_gone != MaxGone::default(), "--max-gone"),
            (*index_on_network, "--index-on-network"),
        ];
        match given.iter().find(|(is_given, _)| *is_given && index.is_none()) {
            Some((_, option)) => Err(Error::Usage(format!("{option} needs --index FILE"))),
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
        for text in ["", "%", "101%", "-1", "1.5%", "many"] {
            assert!(text.parse::<MaxGone>().is_err(), "{text}");
        }
    }
}
