//! Parses lines, and explains invalid ones.

use serde::Deserialize;

use super::line::{Head, Line, NUMBERED, READ, VERSION};
use super::text::Hash;

/// Why a line is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no tab.
    #[error("no tab: want what `dcm2fhir scan` writes, a study and its JSON with a tab between")]
    NoTab,
    /// The part before the tab is not a key.
    #[error("what stands before the tab is no study")]
    Key,
    /// The part after the tab is not the expected JSON, or is truncated.
    #[error("not a line of `dcm2fhir scan`, or cut off: {0}")]
    Json(String),
    /// Another version wrote it.
    #[error("written by another version of dcm2fhir (lines of version {0}, want {VERSION}): scan again with this one")]
    Version(u32),
    /// It was written with another set of wanted attributes.
    #[error("other attributes were read than this needs: scan again with this version")]
    Wanted,
    /// A value that no scan writes.
    #[error("not a line of `dcm2fhir scan`: {0}")]
    Value(&'static str),
}

/// A parsed line.
#[derive(Debug)]
pub struct Unit<'a, I>(pub(super) Line<'a, I>);

impl<I> Unit<'_, I> {
    /// The scan that wrote it.
    pub fn run(&self) -> u64 {
        self.0.run.0
    }

    /// Its place among the lines of its study that the scan wrote, and whether there is another behind it; `None` where
    /// an earlier version did not say so.
    pub fn place(&self) -> Option<(u32, bool)> {
        (self.0.v >= NUMBERED).then_some((self.0.at, self.0.next))
    }

    /// The totals of the scan, if this is the last line.
    pub fn end(&self) -> Option<super::End> {
        self.0.end
    }
}

/// Parses the part after the tab; `wanted` are the sets of attributes that serve this run.
pub fn parse<'a, I: Deserialize<'a>>(json: &'a [u8], wanted: [u64; 2]) -> Result<Unit<'a, I>, Malformed> {
    match serde_json::from_slice::<Line<'a, I>>(json) {
        Ok(line) if !READ.contains(&line.v) => Err(Malformed::Version(line.v)),
        Ok(line) if !wanted.contains(&line.wanted.0) => Err(Malformed::Wanted),
        Ok(line) => Ok(Unit(line)),
        Err(error) => Err(why(json, &error, wanted)),
    }
}

/// The reason for a parse error, which may be another version.
fn why(json: &[u8], error: &serde_json::Error, wanted: [u64; 2]) -> Malformed {
    match serde_json::from_slice::<Head>(json) {
        Ok(Head { v, .. }) if !READ.contains(&v) => Malformed::Version(v),
        Ok(Head { wanted: Some(serde_json::Value::String(of_line)), .. })
            if wanted.iter().all(|wanted| of_line != Hash(*wanted).to_string()) =>
        {
            Malformed::Wanted
        }
        // The parser's own message could quote a value of the line.
        _ => Malformed::Json(format!("{:?} at column {}", error.classify(), error.column()).to_lowercase()),
    }
}
