//! Why a file is left out.

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

use super::keyword;

/// Why a file is left out of the output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum Skip {
    /// The file holds no DICOM data set.
    #[error("not a DICOM file")]
    NotDicom,
    /// The file has no bytes.
    #[error("empty file")]
    Empty,
    /// A DICOMDIR: it lists files, and is no instance itself (PS3.10 8).
    #[error("a DICOMDIR, not an instance")]
    Dicomdir,
    /// An archive inside an archive is not opened.
    #[error("an archive inside an archive is not opened")]
    NestedArchive,
    /// An archive or DICOMDIR that was cut off, or has lost its end: what stands up to there is read.
    #[error("ends early: what it holds up to there is read")]
    Cut,
    /// DICOM JSON in which something else stands at this byte: the instances before it are read.
    #[error("no JSON from byte {0} on: what stands before it is read")]
    NotJson(u64),
    /// A server or bucket did not give what it lists.
    #[error("not delivered: {0}")]
    NotDelivered(String),
    /// An entry of an archive that needs a password.
    #[error("encrypted")]
    Encrypted,
    /// An entry of an archive that is stored in a way that is not read here.
    #[error("stored in a way that is not read: {0}")]
    Unsupported(String),
    /// A symbolic link that is not followed.
    #[error("a symbolic link: give --follow to read what it leads to")]
    Link,
    /// A device, FIFO or socket.
    #[error("not a regular file: only standard input (-) can be a pipe")]
    NotRegular,
    /// A DICOMDIR or a list names a file that is not there.
    #[error("listed, but not there")]
    Missing,
    /// A DICOMDIR names a file outside of its folder.
    #[error("outside of the folder of the DICOMDIR: not opened")]
    OutsideFolder,
    /// One of the three UIDs that grouping needs is absent or empty.
    #[error("no {}", keyword(*.0))]
    NoUid(#[serde(with = "tag")] Tag),
    /// One of the UIDs can stand in no FHIR id: wrong characters, or more than 64.
    #[error("{} is not usable as an id: want at most 64 letters, digits, dots or hyphens", keyword(*.0))]
    UnusableUid(#[serde(with = "tag")] Tag),
    /// An option leaves files with such a header out.
    #[error("left out by --include or --exclude")]
    Filtered,
    /// An option leaves files with this path out: it was not opened.
    #[error("passed by: a path= rule of --include or --exclude")]
    PassedBy,
    /// A compressed stream is damaged, or grows beyond its cap.
    #[error("the compressed data cannot be read: {0}")]
    Compressed(String),
    /// The operating system says no.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// A tag as its number, where reasons are stored.
mod tag {
    use dicom_core::Tag;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(tag: &Tag, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(u32::from(tag.group()) << 16 | u32::from(tag.element()))
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Tag, D::Error> {
        let number = u32::deserialize(deserializer)?;
        Ok(Tag((number >> 16) as u16, number as u16))
    }
}

impl Skip {
    /// The word by which programs know it, as `no-uid`: the name of the variant, which does not change.
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// Whether a DICOM file, or one that could be one, is missing from the output because of it: exit code 1.
    pub fn is_loss(&self) -> bool {
        !matches!(
            self,
            Skip::NotDicom
                | Skip::Empty
                | Skip::Dicomdir
                | Skip::NotRegular
                | Skip::Link
                | Skip::Filtered
                | Skip::PassedBy
        )
    }

    /// Whether the file is DICOM all the same.
    pub fn is_dicom(&self) -> bool {
        matches!(self, Skip::Dicomdir | Skip::NoUid(_) | Skip::UnusableUid(_) | Skip::Filtered)
    }
}

#[cfg(test)]
impl Skip {
    /// One of each, with texts that are hard to store.
    pub fn one_of_each() -> [Skip; 19] {
        use dicom_dictionary_std::tags;
        [
            Skip::NotDicom,
            Skip::Empty,
            Skip::Dicomdir,
            Skip::NestedArchive,
            Skip::Cut,
            Skip::NotJson(7),
            Skip::Encrypted,
            Skip::Unsupported("method 99".into()),
            Skip::Link,
            Skip::NotRegular,
            Skip::Missing,
            Skip::OutsideFolder,
            Skip::NoUid(tags::STUDY_INSTANCE_UID),
            Skip::UnusableUid(tags::SOP_INSTANCE_UID),
            Skip::Filtered,
            Skip::PassedBy,
            Skip::Compressed("a\n\"b".into()),
            Skip::Unreadable("permission denied".into()),
            Skip::NotDelivered("status 503".into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn a_code_is_the_name_of_the_reason() {
        assert_eq!(Skip::NotDicom.code(), "not-dicom");
        assert_eq!(Skip::NoUid(tags::SOP_INSTANCE_UID).code(), "no-uid");
        assert_eq!(Skip::Unreadable("x".into()).code(), "unreadable");
    }
}
