//! Counts and issues of a study, as an index stores them: a later run repeats them without loading the study.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

use super::counts::StudyCounts;
use crate::issue::{Issue, Reason};
use crate::report::{KeptIssue, Report, Where};
use crate::source::Name;

/// The most interned names: far more than there are elements and resource types.
const MAX_WORDS: usize = 2048;

/// Counts and issues of a study.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Told {
    /// Its counts.
    pub counts: StudyCounts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    issues: Vec<ToldIssue>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ToldIssue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    of_study: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    element: String,
    tags: Vec<(u16, u16)>,
    reason: Reason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl Told {
    /// The stored form of counts and issues.
    pub fn of(counts: &StudyCounts, issues: Vec<KeptIssue>) -> Told {
        Told { counts: counts.clone(), issues: issues.into_iter().map(ToldIssue::of).collect() }
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers are always JSON")
    }

    /// Parses stored bytes; `None` if they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Told> {
        serde_json::from_slice(bytes).ok()
    }

    /// Repeats the issues in a report.
    pub fn say(&self, study: &str, report: &Report) {
        self.issues.iter().for_each(|issue| issue.say(study, report));
    }
}

impl ToldIssue {
    fn of(kept: KeptIssue) -> ToldIssue {
        let KeptIssue { name, of_study, series, instance, issue } = kept;
        let (place, entry) = match name {
            Some(Name { place, entry }) => (Some(place.into_encoded_bytes()), entry),
            None => (None, None),
        };
        ToldIssue {
            place,
            entry,
            of_study,
            series,
            instance,
            element: issue.element.to_string(),
            tags: issue.tags.iter().map(|tag| (tag.group(), tag.element())).collect(),
            reason: issue.reason,
            value: issue.value,
        }
    }

    fn say(&self, study: &str, report: &Report) {
        let name = self.place.as_ref().map(|place| Name { place: os_string(place), entry: self.entry.clone() });
        let place = Where {
            name: name.as_ref(),
            study: self.of_study.then_some(study),
            series: self.series.as_deref(),
            instance: self.instance.as_deref(),
            ..Where::default()
        };
        let tags = self.tags.iter().map(|(group, element)| Tag(*group, *element)).collect();
        let element = word(&self.element);
        report.issue(place, &Issue { element, tags, reason: self.reason, value: self.value.clone() });
    }
}

fn os_string(bytes: &[u8]) -> std::ffi::OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec());
    #[cfg(not(unix))]
    return String::from_utf8_lossy(bytes).into_owned().into();
}

/// Interns a name of an element or resource type that comes out of an index.
pub fn word(text: &str) -> &'static str {
    static WORDS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(text) {
        return known;
    }
    if words.len() >= MAX_WORDS {
        return "";
    }
    let word: &'static str = Box::leak(text.into());
    words.insert(word);
    word
}
