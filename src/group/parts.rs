//! The different parts that the instances of one study or series bring, each with the smallest key that brought it.
//!
//! The result does not depend on the order of arrival: of more than [`MAX_PARTS`] parts, those with the smallest keys
//! are kept. They are kept as raw values of the file and mapped when all have arrived; then it is decided which values
//! win, and what differs.

use std::cmp::Ordering;

use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Header, StoredValues, Tag, TagPath};
use crate::issue::{Issue, Reason};
use crate::mapping::{Agreement, Attribute, FoundIssue, Mapped, Row};
use crate::name::Name;

/// The most parts that are kept of one study or series.
pub const MAX_PARTS: usize = 16;

/// What decides where instances differ: images before other objects, then SOP Instance UID, then content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// `false` for images, so that they come first.
    pub is_other: bool,
    /// The SOP Instance UID, ordered as bytes.
    pub sop_instance_uid: &'a str,
    /// The fingerprint of all wanted values.
    pub fingerprint: u64,
}

/// The parts of one study or series.
#[derive(Debug, Default)]
pub struct Parts {
    kept: Vec<Kept>,
    has_more: bool,
}

#[derive(Debug)]
struct Kept {
    fingerprint: u64,
    is_other: bool,
    sop_instance_uid: Box<str>,
    instance_fingerprint: u64,
    stored_values: StoredValues,
    /// A file that brought the part.
    name: Box<Name>,
}

/// A part that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub fingerprint: u64,
    pub key: Key<'a>,
    pub name: &'a Name,
    pub stored_values: &'a StoredValues,
}

/// The result of merging parts.
#[derive(Debug)]
pub struct Resolved<P> {
    /// The merged part.
    pub part: P,
    /// Each part as it was, in the order of their keys, where there are several.
    pub each: Vec<P>,
    /// What was dropped of each part, and what differs.
    pub issues: Vec<FoundIssue>,
}

impl Parts {
    /// Adds the part of one instance; `stored_values` is called if the part is new.
    pub fn merge(&mut self, fingerprint: u64, key: Key<'_>, name: &Name, stored_values: impl FnOnce() -> StoredValues) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.fingerprint == fingerprint) {
            return kept.see(key, name);
        }
        self.has_more |= self.kept.len() == MAX_PARTS;
        if self.is_too_late(key) {
            return;
        }
        if self.kept.len() == MAX_PARTS {
            self.drop_last();
        }
        // Most have one part, and so room for one.
        self.kept.reserve_exact(1);
        self.kept.push(Kept {
            fingerprint,
            is_other: key.is_other,
            sop_instance_uid: key.sop_instance_uid.into(),
            instance_fingerprint: key.fingerprint,
            stored_values: stored_values(),
            name: Box::new(name.clone()),
        });
    }

    /// Whether a part is new and the limit is reached, so that it or another is dropped.
    pub fn overflows(&self, fingerprint: u64) -> bool {
        self.kept.len() == MAX_PARTS && self.kept.iter().all(|kept| kept.fingerprint != fingerprint)
    }

    /// The parts that are kept, by their keys.
    pub(super) fn kept(&self) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = self.kept.iter().map(Kept::part).collect();
        parts.sort_by(|one, other| one.key.cmp(&other.key).then(one.fingerprint.cmp(&other.fingerprint)));
        parts
    }

    /// Whether more parts came than are kept.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Records whether another fragment of the study had more parts than it kept.
    pub(super) fn had_more(&mut self, has_more: bool) {
        self.has_more |= has_more;
    }

    /// The stored values of each part.
    pub fn stored_values(&self) -> impl Iterator<Item = &StoredValues> {
        self.kept.iter().map(|kept| &kept.stored_values)
    }

    fn is_too_late(&self, key: Key<'_>) -> bool {
        self.kept.len() == MAX_PARTS && self.kept.iter().all(|kept| kept.key() < key)
    }

    fn drop_last(&mut self) {
        let last = self.kept.iter().enumerate().max_by(|(_, one), (_, other)| one.key().cmp(&other.key()));
        if let Some((at, _)) = last {
            self.kept.swap_remove(at);
        }
    }

    /// Maps the parts and merges them, row by row, in the order of their keys; collects what was dropped or differs.
    pub fn resolve<P: Default + Clone>(
        &mut self,
        rows: &[Row<P>],
        map: impl Fn(DataSet<'_>) -> Mapped<P>,
    ) -> Resolved<P> {
        self.kept.sort_by(|one, other| one.key().cmp(&other.key()));
        let (mut header, mut issues) = (Header::default(), Vec::new());
        let mut parts = self.kept.iter().map(|kept| {
            let mapped = map(kept.stored_values.unpack(&mut header));
            let found = |issue| FoundIssue { issue, name: Some((*kept.name).clone()) };
            issues.extend(mapped.issues.into_iter().map(found));
            mapped.part
        });
        let mut part = parts.next().unwrap_or_default();
        let others: Vec<P> = parts.collect();
        let first = (!others.is_empty()).then(|| part.clone());
        for row in rows {
            let differ = others.iter().filter(|other| (row.merge)(&mut part, other) == Agreement::Differ).count();
            if differ > 0 {
                let first = row.attributes.first().map(|attribute| attribute.path());
                let tags = self.first_that_differs(row.attributes).or(first).unwrap_or_default().to_vec();
                issues.push(of_all(Issue { element: row.element, tags, reason: Reason::Differs, value: None }));
            }
        }
        let too_many = Issue::new("", &[], Reason::TooManyParts);
        issues.extend(self.has_more.then(|| of_all(too_many)));
        Resolved { part, each: first.into_iter().chain(others).collect(), issues }
    }
}

impl Parts {
    /// The first of these attributes of which instances have different values; else the first that some lack.
    pub fn first_that_differs(&self, attributes: &[Attribute]) -> Option<TagPath> {
        self.that_differs(attributes).or_else(|| self.first_of(attributes, true))
    }

    /// The first of these attributes of which instances have different values.
    pub fn that_differs(&self, attributes: &[Attribute]) -> Option<TagPath> {
        self.first_of(attributes, false)
    }

    fn first_of(&self, attributes: &[Attribute], or_lacks: bool) -> Option<TagPath> {
        let mut header = Header::default();
        let differ = |attribute: &&Attribute| {
            let each = self.kept.iter().map(|kept| values(kept.stored_values.unpack(&mut header), **attribute));
            let mut each = each.filter(|values| or_lacks || !values.is_empty());
            let first = each.next();
            each.any(|other| Some(other) != first)
        };
        attributes.iter().find(differ).map(|attribute| attribute.path())
    }
}

/// The values that an attribute has in a data set, without their padding and without empty ones.
pub fn values(data_set: DataSet<'_>, attribute: Attribute) -> Vec<Vec<u8>> {
    let at = |path: Vec<Tag>| -> Vec<Vec<u8>> {
        let Some((last, sequences)) = path.split_last() else { return Vec::new() };
        let mut items = vec![data_set];
        for sequence in sequences {
            items = items.iter().flat_map(|item| item.items(*sequence)).collect();
        }
        let values = items.iter().flat_map(|item| item.all_bytes(*last)).map(|value| trim_uid(value).to_vec());
        values.filter(|value| !value.is_empty()).collect()
    };
    attribute.wanted().flat_map(at).collect()
}

impl Kept {
    fn part(&self) -> Part<'_> {
        let Kept { fingerprint, name, stored_values, .. } = self;
        Part { fingerprint: *fingerprint, key: self.key(), name, stored_values }
    }

    fn key(&self) -> Key<'_> {
        Key {
            is_other: self.is_other,
            sop_instance_uid: &self.sop_instance_uid,
            fingerprint: self.instance_fingerprint,
        }
    }

    /// Another instance has the same part: the smaller key is kept, and for equal keys the smaller name.
    fn see(&mut self, key: Key<'_>, name: &Name) {
        let order = key.cmp(&self.key());
        if order == Ordering::Less {
            (self.is_other, self.instance_fingerprint) = (key.is_other, key.fingerprint);
            self.sop_instance_uid = key.sop_instance_uid.into();
        }
        if order.then_with(|| name.cmp(&self.name)) == Ordering::Less {
            *self.name = name.clone();
        }
    }
}

/// An issue of no single file.
fn of_all(issue: Issue) -> FoundIssue {
    FoundIssue { issue, name: None }
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;
    use crate::dicom::Levels;
    use crate::mapping::{NUMBER, NumberPart, Options, map};

    fn key(uid: &str) -> Key<'_> {
        Key { is_other: false, sop_instance_uid: uid, fingerprint: 0 }
    }

    fn stored_values(number: u64) -> StoredValues {
        let mut header = Header::default();
        header.push_value(tags::INSTANCE_NUMBER, Levels::NUMBER, number.to_string().as_bytes()).unwrap();
        StoredValues::of(&header, Levels::NUMBER)
    }

    fn resolved(arrivals: &[(u64, &str)]) -> (NumberPart, usize, Vec<Option<u32>>) {
        let mut parts = Parts::default();
        for (number, uid) in arrivals {
            parts.merge(*number, key(uid), &Name::file("x"), || stored_values(*number));
        }
        let options = Options::default();
        let Resolved { part, each, issues } = parts.resolve(NUMBER, |data_set| map(NUMBER, data_set, &options));
        let all = each.iter().map(|part| part.number).collect();
        (part, issues.len(), all)
    }

    #[test]
    fn the_smallest_key_decides_whatever_came_first() {
        let orders: [&[(u64, &str)]; 4] = [
            &[(1, "1.2"), (2, "1.1")],
            &[(2, "1.1"), (1, "1.2")],
            &[(2, "1.3"), (1, "1.2"), (2, "1.1")],
            &[(2, "1.1"), (1, "1.2"), (2, "1.3")],
        ];
        for arrivals in orders {
            assert_eq!(resolved(arrivals), (NumberPart { number: Some(2) }, 1, vec![Some(2), Some(1)]), "{arrivals:?}");
        }
    }

    #[test]
    fn of_too_many_parts_the_smallest_keys_stay_in_any_order() {
        let uids: Vec<String> = (10..40).map(|number| format!("1.{number}")).collect();
        let mut arrivals: Vec<(u64, &str)> = (0..).zip(uids.iter().map(String::as_str)).collect();
        let want = resolved(&arrivals);
        assert_eq!(want.2, (0..16).map(Some).collect::<Vec<_>>());
        assert_eq!(want.1, 2, "a difference, and too many");
        arrivals.reverse();
        assert_eq!(resolved(&arrivals), want);
        arrivals.rotate_left(11);
        assert_eq!(resolved(&arrivals), want);
    }
}
