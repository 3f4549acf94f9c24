//! The different parts that the instances of one study or series bring, each with the smallest key that brought it.
//!
//! What is kept does not depend on the order of arrival: of more than [`MAX_PARTS`] parts, those with the smallest keys
//! stay. Winners and differences are derived when all have come.

use std::cmp::Ordering;

use crate::issue::{Issue, Reason};
use crate::mapping::{Agreement, Mapped, Row};
use crate::source::Name;

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
#[derive(Debug)]
pub struct Parts<P> {
    kept: Vec<Kept<P>>,
    has_more: bool,
}

#[derive(Debug)]
struct Kept<P> {
    fingerprint: u64,
    is_other: bool,
    sop_instance_uid: Box<str>,
    instance_fingerprint: u64,
    part: P,
    issues: Vec<Issue>,
    /// A file that brought the part; kept only where there is something to say of it.
    name: Option<Box<Name>>,
}

/// An issue, and a file in which it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundIssue {
    /// The issue.
    pub issue: Issue,
    /// The file.
    pub name: Option<Name>,
}

impl<P> Default for Parts<P> {
    fn default() -> Parts<P> {
        Parts { kept: Vec::new(), has_more: false }
    }
}

impl<P: Clone> Parts<P> {
    /// Whether an instance with this part can be merged without the part being mapped: it is known, or is one too many.
    pub fn knows(&self, fingerprint: u64, key: Key<'_>) -> bool {
        self.kept.iter().any(|kept| kept.fingerprint == fingerprint) || self.is_too_late(key)
    }

    /// Takes the part of one instance. `mapped` must be there unless the part [is known](Parts::knows).
    pub fn merge(&mut self, fingerprint: u64, key: Key<'_>, name: &Name, mapped: Option<Mapped<P>>) {
        if let Some(kept) = self.kept.iter_mut().find(|kept| kept.fingerprint == fingerprint) {
            return kept.see(key, name);
        }
        self.has_more |= self.kept.len() == MAX_PARTS;
        if self.is_too_late(key) {
            return;
        }
        let Some(mapped) = mapped else { return };
        if self.kept.len() == MAX_PARTS {
            self.drop_last();
        }
        // Most have one part, and so room for one.
        self.kept.reserve_exact(1);
        self.kept.push(Kept::new(fingerprint, key, name, mapped));
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
}

impl<P: Clone> Parts<P> {
    /// Joins the parts, row by row, in the order of their keys; says what was dropped, and what differs.
    pub fn settle(&mut self, rows: &[Row<P>]) -> (P, Vec<FoundIssue>)
    where
        P: Default,
    {
        self.kept.sort_by(|one, other| one.key().cmp(&other.key()));
        let mut issues: Vec<FoundIssue> = self.kept.iter_mut().flat_map(Kept::take_issues).collect();
        let Some((first, others)) = self.kept.split_first() else { return (P::default(), issues) };
        let mut settled = first.part.clone();
        for row in rows {
            let differ =
                others.iter().filter(|other| (row.merge)(&mut settled, &other.part) == Agreement::Differ).count();
            issues.extend((differ > 0).then(|| found(row_issue(row, Reason::Differs))));
        }
        issues.extend(
            self.has_more
                .then(|| found(Issue { element: "", tags: vec![], reason: Reason::TooManyParts, value: None })),
        );
        (settled, issues)
    }

    /// The parts in the order of their keys, once settled.
    pub fn iter(&self) -> impl Iterator<Item = &P> {
        self.kept.iter().map(|kept| &kept.part)
    }
}

impl<P: Clone> Kept<P> {
    fn new(fingerprint: u64, key: Key<'_>, name: &Name, mapped: Mapped<P>) -> Kept<P> {
        Kept {
            fingerprint,
            is_other: key.is_other,
            sop_instance_uid: key.sop_instance_uid.into(),
            instance_fingerprint: key.fingerprint,
            // A copy has no room to spare, of which lists and texts that grew have several times what they need.
            part: mapped.part.clone(),
            name: (!mapped.issues.is_empty()).then(|| Box::new(name.clone())),
            issues: mapped.issues,
        }
    }

    fn key(&self) -> Key<'_> {
        Key {
            is_other: self.is_other,
            sop_instance_uid: &self.sop_instance_uid,
            fingerprint: self.instance_fingerprint,
        }
    }

    /// Another instance has the same part: the smaller key stays, and of one key the smaller name.
    fn see(&mut self, key: Key<'_>, name: &Name) {
        let order = key.cmp(&self.key());
        if order == Ordering::Less {
            (self.is_other, self.instance_fingerprint) = (key.is_other, key.fingerprint);
            self.sop_instance_uid = key.sop_instance_uid.into();
        }
        if let Some(own) = &mut self.name
            && order.then_with(|| name.cmp(own)) == Ordering::Less
        {
            **own = name.clone();
        }
    }

    fn take_issues(&mut self) -> Vec<FoundIssue> {
        let name = self.name.as_deref();
        std::mem::take(&mut self.issues).into_iter().map(|issue| FoundIssue { issue, name: name.cloned() }).collect()
    }
}

/// An issue of a whole row.
pub fn row_issue<P>(row: &Row<P>, reason: Reason) -> Issue {
    let tags = row.attributes.first().map(|attribute| attribute.path().to_vec()).unwrap_or_default();
    Issue { element: row.element, tags, reason, value: None }
}

fn found(issue: Issue) -> FoundIssue {
    FoundIssue { issue, name: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::NumberPart;

    fn key(uid: &str) -> Key<'_> {
        Key { is_other: false, sop_instance_uid: uid, fingerprint: 0 }
    }

    fn settled(arrivals: &[(u64, &str)]) -> (NumberPart, usize, Vec<Option<u32>>) {
        let mut parts = Parts::default();
        for (number, uid) in arrivals {
            let part = NumberPart { number: u32::try_from(*number).ok() };
            parts.merge(*number, key(uid), &Name::file("x"), Some(Mapped { part, issues: vec![] }));
        }
        let (part, issues) = parts.settle(crate::mapping::NUMBER);
        let kept = parts.iter().map(|part| part.number).collect();
        (part, issues.len(), kept)
    }

    #[test]
    fn the_smallest_key_decides_whatever_came_first() {
        let orders: [&[(u64, &str)]; 3] =
            [&[(1, "1.2"), (2, "1.1")], &[(2, "1.1"), (1, "1.2")], &[(2, "1.3"), (1, "1.2"), (2, "1.1")]];
        for arrivals in orders {
            assert_eq!(settled(arrivals), (NumberPart { number: Some(2) }, 1, vec![Some(2), Some(1)]), "{arrivals:?}");
        }
    }

    #[test]
    fn of_too_many_parts_the_smallest_keys_stay_in_any_order() {
        let uids: Vec<String> = (10..40).map(|number| format!("1.{number}")).collect();
        let mut arrivals: Vec<(u64, &str)> = (0..).zip(uids.iter().map(String::as_str)).collect();
        let want = settled(&arrivals);
        assert_eq!(want.2, (0..16).map(Some).collect::<Vec<_>>());
        assert_eq!(want.1, 2, "a difference, and too many");
        arrivals.reverse();
        assert_eq!(settled(&arrivals), want);
        arrivals.rotate_left(11);
        assert_eq!(settled(&arrivals), want);
    }
}
