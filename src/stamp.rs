//! What tells whether a file changed since it was read.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file that was changed so shortly before it was read may change again without its time telling.
const RACY_NANOSECONDS: i64 = 2_000_000_000;

/// The bytes of what a file system says.
const STAT_BYTES: usize = 33;

/// A file that is to be read, as an index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its folder, by number.
    pub folder: i64,
    /// Its stamp; `None` where it is taken of the open file.
    pub stamp: Option<Stamp>,
    /// Whether an earlier run read it.
    pub is_known: bool,
}

impl Mark {
    /// A new file of a folder.
    pub fn new(folder: i64) -> Mark {
        Mark { folder, stamp: None, is_known: false }
    }
}

/// What a file system or an inventory says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// Size, times of content and inode in nanoseconds, and the inode; the last two are 0 where there are none.
    Stat {
        /// Bytes.
        size: u64,
        /// When the content changed.
        mtime: i64,
        /// When anything changed.
        ctime: i64,
        /// The file itself.
        inode: u64,
    },
    /// Size, and the time or the ETag as a list has it.
    Listed {
        /// As the list has it.
        size: String,
        /// As the list has it.
        tag: String,
    },
}

impl Stamp {
    /// What the file system says.
    pub fn of(metadata: &Metadata) -> Stamp {
        let (ctime, inode) = changed(metadata);
        Stamp::Stat { size: metadata.len(), mtime: metadata.modified().map_or(0, nanoseconds), ctime, inode }
    }

    /// What tells nothing: the file is read each time.
    #[cfg_attr(
        not(any(feature = "objects", feature = "http")),
        allow(dead_code, reason = "only servers say so little")
    )]
    pub fn unknown() -> Stamp {
        Stamp::Stat { size: 0, mtime: i64::MAX, ctime: 0, inode: 0 }
    }

    /// Whether the content may change again, or its time is not to be believed, and so the stamp tells nothing.
    pub fn is_racy(&self, now: i64) -> bool {
        matches!(self, Stamp::Stat { mtime, .. } if !is_settled(*mtime, now))
    }

    /// The bytes to store and to compare.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(STAT_BYTES);
        self.add_to(&mut bytes);
        bytes
    }

    /// The same, behind other bytes.
    pub fn add_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Stamp::Stat { size, mtime, ctime, inode } => {
                bytes.push(b's');
                [*size, *mtime as u64, *ctime as u64, *inode]
                    .iter()
                    .for_each(|part| bytes.extend_from_slice(&part.to_le_bytes()));
            }
            Stamp::Listed { size, tag } => bytes.extend_from_slice(format!("l{size}\t{tag}").as_bytes()),
        }
    }
}

/// Whether what was changed at a time would have another time now, were it changed again.
pub fn is_settled(mtime: i64, now: i64) -> bool {
    mtime <= now.saturating_sub(RACY_NANOSECONDS)
}

/// The time by the system's clock.
pub fn now() -> i64 {
    nanoseconds(SystemTime::now())
}

/// The time in nanoseconds since 1970.
fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanoseconds| -nanoseconds),
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    let nanoseconds = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    (nanoseconds, metadata.ino())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_of_just_now_or_of_the_future_tells_nothing() {
        let now = 1_000_000_000_000;
        for (mtime, want) in [(0, false), (now - 2_000_000_001, false), (now - 1, true), (now, true), (i64::MAX, true)]
        {
            let stamp = Stamp::Stat { size: 1, mtime, ctime: 0, inode: 0 };
            assert_eq!(stamp.is_racy(now), want, "{mtime}");
        }
        let listed = Stamp::Listed { size: "1".into(), tag: "\"etag\"".into() };
        assert!(!listed.is_racy(now));
    }

    #[test]
    fn stamps_that_differ_have_other_bytes() {
        let stamp = |size, mtime, ctime, inode| Stamp::Stat { size, mtime, ctime, inode }.to_bytes();
        let all = [stamp(1, 2, 3, 4), stamp(2, 2, 3, 4), stamp(1, 3, 3, 4), stamp(1, 2, 4, 4), stamp(1, 2, 3, 5)];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
