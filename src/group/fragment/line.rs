//! One line of a fragment as JSON. Members that have nothing are left out.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{Error, IgnoredAny, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::{FileName, Hash, Notes, Stored};
use crate::issue::Skip;

/// The version of the lines. Version 1 packs no numbers; versions before 3 do not number the lines of a study.
pub const VERSION: u32 = 3;

/// The first version that numbers the lines of a study.
pub const NUMBERED: u32 = 3;

/// The versions that are read.
pub const READ: std::ops::RangeInclusive<u32> = 1..=VERSION;

/// What a line holds behind its tab; `I` is an instance, of which the first pass reads the UID alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'a, I: Deserialize<'de>"))]
pub struct Line<'a, I> {
    /// [`VERSION`].
    pub v: u32,
    /// What was wanted of a header, as [`Wanted::hash`](crate::dicom::Wanted::hash).
    pub wanted: Hash,
    /// The scan that wrote it.
    #[serde(default)]
    pub run: Hash,
    /// Its place among the lines of its study that the scan wrote, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u32,
    /// Whether the scan wrote more of them behind it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub next: bool,
    /// The study's parts.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part<'a>>,
    /// Whether the study had more parts than are kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// Its Patient IDs, where it had more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patients: Option<PatientIds>,
    /// The kinds that the instances of this line have: by their place in this list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Kind>,
    /// Series, or some of their instances.
    #[serde(borrow, default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series<'a, I>>,
    /// Key Object Selections of the study.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub selections: Vec<Selection<'a>>,
    /// What rejection notes of other studies reject in this one.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<Rejection<'a>>,
    /// What is to be said of single files.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Noted<'a>>,
    /// Files that were left out: of no study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// What a scan came to: of no study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// What says whether a line can be read at all.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// The version of the lines.
    pub v: u32,
    /// What was wanted of a header.
    pub wanted: Option<serde_json::Value>,
}

/// A part of a study or series.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part<'a> {
    /// Its fingerprint.
    pub f: Hash,
    /// The smallest key: 1 for other objects than images, SOP Instance UID, fingerprint.
    #[serde(borrow)]
    pub k: (u8, Cow<'a, str>, Hash),
    /// A file that brought it.
    pub n: FileName,
    /// Its values.
    pub x: Stored,
}

/// The Patient IDs of a study that has more parts than are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct PatientIds {
    /// One part for each.
    pub x: Vec<Stored>,
    /// Whether there are more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
}

/// A class with title and frames.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kind {
    /// Its fingerprint.
    pub f: Hash,
    /// Its values.
    pub x: Stored,
}

/// Some instances of a series.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'a, I: Deserialize<'de>"))]
pub struct Series<'a, I> {
    /// Series Instance UID.
    #[serde(borrow)]
    pub uid: Cow<'a, str>,
    /// The series' parts.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part<'a>>,
    /// Whether it had more than are kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub more: bool,
    /// The instances.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub i: Vec<I>,
}

/// An instance: how many characters its UID shares with the one before, the rest of the UID (packed
/// where it is long), the number, the kind, the
/// fingerprint, and the hash of the file's name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Instance<'a>(pub u8, #[serde(borrow)] pub Cow<'a, str>, pub Number, pub u32, pub Hash, pub Hash);

/// Of an instance the UID alone.
#[derive(Debug, Deserialize)]
pub struct InstanceUid<'a>(
    pub u8,
    #[serde(borrow)] pub Cow<'a, str>,
    pub IgnoredAny,
    pub IgnoredAny,
    pub IgnoredAny,
    pub IgnoredAny,
);

/// An Instance Number.
#[derive(Debug, Clone)]
pub enum Number {
    /// Plain digits.
    Plain(u32),
    /// Its values, where it is more than plain digits.
    Stored(Stored),
    /// None.
    Absent,
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Number::Plain(number) => serializer.serialize_u32(*number),
            Number::Stored(stored) => stored.serialize(serializer),
            Number::Absent => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of FHIR, its bytes in base64, or null")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                let small = u32::try_from(number).ok().filter(|number| *number <= MAX_NUMBER);
                small.map(Number::Plain).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
            fn visit_unit<E: Error>(self) -> Result<Number, E> {
                Ok(Number::Absent)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                Stored::deserialize(StrDeserializer::new(text)).map(Number::Stored)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// FHIR's unsignedInt ends here.
const MAX_NUMBER: u32 = i32::MAX as u32;

/// A Key Object Selection of this study.
#[derive(Debug, Serialize, Deserialize)]
pub struct Selection<'a> {
    /// Its Series Instance UID.
    #[serde(borrow)]
    pub series: Cow<'a, str>,
    /// Its SOP Instance UID.
    #[serde(borrow)]
    pub sop: Cow<'a, str>,
    /// Its fingerprint.
    pub f: Hash,
    /// Its file.
    pub n: FileName,
    /// Its values.
    pub x: Stored,
}

/// What a rejection note of another study rejects in this one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rejection<'a> {
    /// The note's study.
    #[serde(borrow)]
    pub study: Cow<'a, str>,
    /// The note, with its title alone.
    #[serde(borrow)]
    pub note: Selection<'a>,
    /// The instances: series and SOP Instance UID.
    #[serde(borrow)]
    pub i: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// What is to be said of one file of the study.
#[derive(Debug, Serialize, Deserialize)]
pub struct Noted<'a> {
    /// The file.
    pub n: FileName,
    /// Its SOP Instance UID.
    #[serde(borrow)]
    pub sop: Cow<'a, str>,
    /// Its kind, where that may have issues: by its place in this line's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// Its own notes.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub x: Notes,
}

/// A file that was left out.
#[derive(Debug, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub n: FileName,
    /// Why; null where only something is to be said of it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub r: Option<Skip>,
    /// What else is to be said of it.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub x: Notes,
}

/// What a scan came to, so that it is seen whether all of it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many studies it wrote lines of.
    pub studies: u64,
    /// The sum of the hashes of their UIDs.
    pub sum: Hash,
    /// Whether `--include` or `--exclude` left files out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// Which of how many shards it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u32, u32)>,
    /// Which of how many partitions it ends, where they are several, and the studies of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartEnd>,
    /// The lines of files that were left out, in this partition; none before version 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Total>,
}

/// A partition of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEnd {
    /// Its number, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
    /// Its studies.
    pub studies: Total,
}

/// How many there are, and the sum of their hashes, whatever their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Total(pub u64, pub Hash);

impl Total {
    /// Adds one.
    pub fn add(&mut self, hash: u64) {
        self.join(Total(1, Hash(hash)));
    }

    /// Adds all of another.
    pub fn join(&mut self, other: Total) {
        *self = Total(self.0.saturating_add(other.0), Hash(self.1.0.wrapping_add(other.1.0)));
    }
}

impl End {
    /// All studies of the scan.
    pub fn all_studies(&self) -> Total {
        Total(self.studies, self.sum)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}
