//! The UIDs of the instance that is explained.

use dicom_dictionary_std::tags;

use crate::dicom::value::{is_fhir_id, is_oid, trim_uid};
use crate::dicom::{DataSet, Tag};
use crate::issue::{Issue, Reason};

/// The UIDs of the instance; unusable ones are replaced, so that the rest can be explained.
#[derive(Debug)]
pub struct Uids {
    /// Of the study.
    pub study: String,
    /// Of the series.
    pub series: String,
    /// Of the instance.
    pub instance: String,
    issues: Vec<Issue>,
}

/// Replaces a UID that is not usable.
pub const STAND_IN: &str = "0.0";

impl Uids {
    /// The UIDs of a data set.
    pub fn of(root: DataSet<'_>) -> Uids {
        use tags::{SERIES_INSTANCE_UID, SOP_INSTANCE_UID, STUDY_INSTANCE_UID};
        let mut issues = Vec::new();
        let mut uid = |tag, element| {
            let (value, stood_in) = match value(root, tag) {
                None if tag == SOP_INSTANCE_UID => (stand_in(root), true),
                value => (value, false),
            };
            let reason = match reason(value.as_deref(), tag == STUDY_INSTANCE_UID) {
                None if stood_in => Some(Reason::InstanceStandIn),
                reason => reason,
            };
            issues.extend(reason.map(|reason| Issue::new(element, &[tag], reason)));
            value.filter(|value| tag == STUDY_INSTANCE_UID || is_fhir_id(value)).unwrap_or_else(|| STAND_IN.to_string())
        };
        let study = uid(STUDY_INSTANCE_UID, "identifier");
        let series = uid(SERIES_INSTANCE_UID, "series.uid");
        let instance = uid(SOP_INSTANCE_UID, "series.instance.uid");
        Uids { study, series, instance, issues }
    }

    /// Whether the value of an attribute is used.
    pub fn has(&self, tag: Tag) -> bool {
        let none = [Reason::Absent, Reason::UnusableUid];
        !self.issues.iter().any(|issue| issue.tags == [tag] && none.contains(&issue.reason))
    }

    /// The issues of one UID.
    pub fn issues(&self, tag: Tag) -> Vec<Issue> {
        self.issues.iter().filter(|issue| issue.tags == [tag]).cloned().collect()
    }
}

/// A UID that is not empty.
fn value(root: DataSet<'_>, tag: Tag) -> Option<String> {
    let value = root.bytes(tag).map(|bytes| String::from_utf8_lossy(trim_uid(bytes)).into_owned());
    value.filter(|value| !value.is_empty())
}

/// The UID in the file meta information, which replaces an empty SOP Instance UID (PS3.10 7.1).
fn stand_in(root: DataSet<'_>) -> Option<String> {
    use tags::{MEDIA_STORAGE_SOP_INSTANCE_UID, SOP_INSTANCE_UID};
    root.bytes(SOP_INSTANCE_UID).and_then(|_| value(root, MEDIA_STORAGE_SOP_INSTANCE_UID))
}

fn reason(uid: Option<&str>, is_study: bool) -> Option<Reason> {
    match uid {
        None => Some(Reason::Absent),
        Some(uid) if !is_fhir_id(uid) => Some(if is_study { Reason::NotAnId } else { Reason::UnusableUid }),
        Some(uid) if is_study && !is_oid(uid) => Some(Reason::NotAnOid),
        Some(_) => None,
    }
}
