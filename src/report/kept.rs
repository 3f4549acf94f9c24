//! Issues of a study as an index stores them: a later run repeats them without loading the study.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use dicom_core::Tag;
use serde::{Deserialize, Serialize};

use super::{Report, Where};
use crate::issue::{Issue, Reason};
use crate::name::{Name, os_string};

/// The most interned names: far more than there are elements and resource types.
const MAX_WORDS: usize = 2048;

/// An issue of a study, and where it was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptIssue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    /// Whether the study was named.
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

impl KeptIssue {
    /// An issue at a place.
    pub(super) fn of(place: Where<'_>, issue: &Issue) -> KeptIssue {
        let owned = |text: Option<&str>| text.map(str::to_string);
        KeptIssue {
            place: place.name.map(|name| name.place.as_encoded_bytes().to_vec()),
            entry: place.name.and_then(|name| name.entry.clone()),
            of_study: place.study.is_some(),
            series: owned(place.series),
            instance: owned(place.instance),
            element: issue.element.to_string(),
            tags: issue.tags.iter().map(|tag| (tag.group(), tag.element())).collect(),
            reason: issue.reason,
            value: issue.value.clone(),
        }
    }

    /// Repeats the issue in a report.
    pub fn repeat(&self, study: &str, report: &Report) {
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
