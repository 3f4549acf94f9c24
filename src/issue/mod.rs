//! What goes wrong below the level of the run: a [`Skip`] leaves one file out, an [`Issue`] drops one value.
//!
//! Neither carries a header value unless the user asked for values, so that reports and logs hold no patient data.

mod reason;
mod skip;

use std::borrow::Cow;
use std::fmt;

use dicom_core::Tag;

use crate::name::{Name, printable};
pub use reason::{Lack, Reason};
pub use skip::Skip;

/// A value that was dropped, replaced, or differs between files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Issue {
    /// The FHIR element it was for, as `series.laterality`.
    pub element: &'static str,
    /// The way to the attribute, outermost first; the attribute itself last.
    pub tags: Vec<Tag>,
    /// What is wrong.
    pub reason: Reason,
    /// The value as read; shown only with `--report-values`.
    pub value: Option<String>,
}

impl Issue {
    /// An issue whose value is not kept.
    pub(crate) fn new(element: &'static str, tags: &[Tag], reason: Reason) -> Issue {
        Issue { element, tags: tags.to_vec(), reason, value: None }
    }
}

/// The keyword of a tag in the data dictionary (PS3.6), else the tag itself.
pub fn keyword(tag: Tag) -> Cow<'static, str> {
    use dicom_core::dictionary::DataDictionary;
    dicom_dictionary_std::StandardDataDictionary
        .by_tag(tag)
        .map_or_else(|| tag.to_string().into(), |entry| entry.alias.into())
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<String> = self.tags.iter().map(|tag| format!("{tag} {}", keyword(*tag))).collect();
        write!(f, "{}: {}: {}", path.join(" > "), self.element, self.reason)
    }
}

/// Where something was found.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The file.
    pub name: Option<&'a Name>,
    /// Study Instance UID.
    pub study: Option<&'a str>,
    /// Series Instance UID.
    pub series: Option<&'a str>,
    /// SOP Instance UID.
    pub instance: Option<&'a str>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uids = [("study", self.study), ("series", self.series), ("instance", self.instance)];
        let uids = uids.into_iter().filter_map(|(level, uid)| Some((level, printable(uid?.as_bytes()))));
        let uids: Vec<String> = uids.map(|(level, uid)| format!("{level} {uid}")).collect();
        match self.name {
            Some(name) if uids.is_empty() => write!(f, "{name}"),
            Some(name) => write!(f, "{name}: {}", uids.join(", ")),
            None => f.write_str(&uids.join(", ")),
        }
    }
}
