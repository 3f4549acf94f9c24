//! The instances of a series, packed: 20 bytes and half a UID each.

use std::cmp::Ordering;

use super::uid::{MAX_UID, pack, text, unpack};
use crate::dicom::value::is_oid;
use crate::fhir;
use crate::mapping::KindPart;

/// All instances of one series, in the order of arrival until they are resolved.
#[derive(Debug, Default)]
pub struct Instances {
    base: Box<str>,
    uids: Vec<u8>,
    packed: Vec<Packed>,
    /// Hashes of the files' names, if kept.
    files: Vec<u64>,
}

/// One instance.
#[derive(Debug, Clone, Copy)]
struct Packed {
    /// The hash of all wanted values, in halves so that the record needs no padding.
    fingerprint: [u32; 2],
    uid_at: u32,
    /// [`NO_NUMBER`] where there is none.
    number: u32,
    kind: u32,
}

/// The least number of instances by which the capacity grows.
const MIN_ROOM: usize = 4;
/// The estimated size of the first packed UIDs: that of a UID made from a UUID.
const UID_BYTES: usize = 22;

/// An absent number; FHIR's unsignedInt ends at half of it.
const NO_NUMBER: u32 = u32::MAX;

/// One instance as it is added.
#[derive(Debug, Clone, Copy)]
pub struct NewInstance<'a> {
    /// The SOP Instance UID, at most [`MAX_UID`] bytes.
    pub uid: &'a str,
    /// Instance Number (0020,0013).
    pub number: Option<u32>,
    /// Its class, title and frames: a place in the table of kinds.
    pub kind: u32,
    /// The hash of all wanted values.
    pub fingerprint: u64,
    /// The hash of the file's name, if kept; then for all instances of the series.
    pub file: Option<u64>,
}

/// The instances of a series, once each, in the order of the output.
#[derive(Debug, Clone)]
pub struct Resolved<'a> {
    instances: &'a Instances,
    order: Vec<u64>,
    kinds: &'a [KindPart],
}

impl Instances {
    /// The number of added instances.
    pub(super) fn len(&self) -> usize {
        self.packed.len()
    }

    /// Adds one.
    pub fn push(&mut self, new: NewInstance<'_>) {
        if self.packed.is_empty() {
            self.base = new.uid.into();
        }
        // A quarter at a time: doubling would leave a third of the memory unused.
        if self.packed.len() == self.packed.capacity() {
            let more = (self.packed.len() / 4).max(MIN_ROOM);
            let uid_bytes = self.uids.len().checked_div(self.packed.len()).map_or(UID_BYTES, |each| each + 1);
            self.packed.reserve_exact(more);
            self.uids.reserve_exact(more * uid_bytes);
        }
        let uid_at = u32::try_from(self.uids.len()).expect("a series has less than 4 GiB of packed UIDs");
        pack(new.uid, &self.base, &mut self.uids);
        self.packed.push(Packed {
            fingerprint: [(new.fingerprint >> 32) as u32, new.fingerprint as u32],
            uid_at,
            number: new.number.unwrap_or(NO_NUMBER),
            kind: new.kind,
        });
        self.files.extend(new.file);
    }

    /// Calls `each` with every added instance, duplicates included.
    pub(super) fn for_each(&self, mut each: impl FnMut(NewInstance<'_>)) {
        let mut buffer = [0; MAX_UID + 1];
        for (at, packed) in self.packed.iter().enumerate() {
            let uid = text(unpack(&self.uids, packed.uid_at as usize, &self.base, &mut buffer));
            let number = (packed.number != NO_NUMBER).then_some(packed.number);
            let fingerprint = u64::from(packed.fingerprint[0]) << 32 | u64::from(packed.fingerprint[1]);
            each(NewInstance { uid, number, kind: packed.kind, fingerprint, file: self.files.get(at).copied() });
        }
    }

    /// Calls `each` with the UID of every added instance, duplicates included.
    pub fn for_each_uid(&self, mut each: impl FnMut(&[u8])) {
        let mut buffer = [0; MAX_UID + 1];
        for instance in &self.packed {
            each(unpack(&self.uids, instance.uid_at as usize, &self.base, &mut buffer));
        }
    }

    /// The order of the output, by number and then UID, deduplicated. Of two with one UID the first by `is_other` and
    /// fingerprint is kept; UIDs with different content are passed to `conflict`.
    pub fn resolve(&self, is_other: impl Fn(u32) -> bool, mut conflict: impl FnMut(&str)) -> Vec<u64> {
        let mut order = self.by_hash();
        let mut kept = 0;
        let mut at = 0;
        while at < order.len() {
            let end = at + order[at..].iter().take_while(|entry| *entry >> 32 == order[at] >> 32).count();
            kept = self.keep_first(&mut order, at..end, kept, &is_other, &mut conflict);
            at = end;
        }
        order.truncate(kept);
        self.sort_for_output(&mut order);
        order
    }

    /// Removes instances from a resolved order, and returns their UIDs.
    pub fn take_out(&self, order: &mut Vec<u64>, is_out: impl Fn(&str) -> bool) -> Vec<String> {
        let mut out = Vec::new();
        order.retain(|entry| {
            let uid = self.uid(*entry);
            let stays = !is_out(&uid);
            out.extend((!stays).then_some(uid));
            stays
        });
        out
    }

    /// The resolved instances.
    pub fn resolved<'a>(&'a self, order: Vec<u64>, kinds: &'a [KindPart]) -> Resolved<'a> {
        Resolved { instances: self, order, kinds }
    }

    /// Half of each UID's hash and the instance's index, sorted, so that duplicates are adjacent.
    fn by_hash(&self) -> Vec<u64> {
        let mut buffer = [0; MAX_UID + 1];
        let hash = |(place, instance): (u64, &Packed)| {
            let uid = unpack(&self.uids, instance.uid_at as usize, &self.base, &mut buffer);
            xxhash_rust::xxh3::xxh3_64(uid) & 0xFFFF_FFFF_0000_0000 | place
        };
        let mut order: Vec<u64> = (0..).zip(&self.packed).map(hash).collect();
        order.sort_unstable();
        order
    }

    /// Sorts a run of equal hashes by UID and rank, and moves the first of each UID to `kept`.
    fn keep_first(
        &self,
        order: &mut [u64],
        run: std::ops::Range<usize>,
        mut kept: usize,
        is_other: &impl Fn(u32) -> bool,
        conflict: &mut impl FnMut(&str),
    ) -> usize {
        if run.len() > 1 {
            let rank = |entry: &u64| {
                let instance = self.at(*entry);
                (is_other(instance.kind), instance.fingerprint)
            };
            order[run.clone()].sort_by(|one, other| self.by_uid(*one, *other).then(rank(one).cmp(&rank(other))));
        }
        let mut last: Option<u64> = None;
        for at in run {
            let entry = order[at];
            match last.filter(|last| self.by_uid(*last, entry).is_eq()) {
                None => {
                    order[kept] = entry;
                    kept += 1;
                }
                Some(last) if self.at(last).fingerprint != self.at(entry).fingerprint => conflict(&self.uid(entry)),
                Some(_) => {}
            }
            last = Some(entry);
        }
        kept
    }

    /// Sorts by number, those without one last, and then by UID. The hash halves are overwritten by the numbers.
    fn sort_for_output(&self, order: &mut [u64]) {
        for entry in order.iter_mut() {
            *entry = u64::from(self.at(*entry).number) << 32 | (*entry & 0xFFFF_FFFF);
        }
        order.sort_unstable();
        let mut at = 0;
        while at < order.len() {
            let end = at + order[at..].iter().take_while(|entry| *entry >> 32 == order[at] >> 32).count();
            if end - at > 1 {
                order[at..end].sort_unstable_by(|one, other| self.by_uid(*one, *other));
            }
            at = end;
        }
    }

    fn at(&self, entry: u64) -> Packed {
        self.packed[(entry & 0xFFFF_FFFF) as usize]
    }

    /// Which UID comes first, as bytes.
    fn by_uid(&self, one: u64, other: u64) -> Ordering {
        let (mut left, mut right) = ([0; MAX_UID + 1], [0; MAX_UID + 1]);
        let (one, other) = (self.at(one).uid_at as usize, self.at(other).uid_at as usize);
        unpack(&self.uids, one, &self.base, &mut left).cmp(unpack(&self.uids, other, &self.base, &mut right))
    }

    fn uid(&self, entry: u64) -> String {
        text(unpack(&self.uids, self.at(entry).uid_at as usize, &self.base, &mut [0; MAX_UID + 1])).to_string()
    }
}

impl fhir::Instances for Resolved<'_> {
    fn visit(&self, each: &mut dyn FnMut(&fhir::Instance<'_>) -> bool) {
        let mut buffer = [0; MAX_UID + 1];
        let mut kind = CurrentKind { place: None, part: None, urn: String::new() };
        for entry in &self.order {
            let instance = self.instances.at(*entry);
            // Most instances have the same kind as the previous one.
            if kind.place != Some(instance.kind) {
                kind.become_of(instance.kind, self.kinds);
            }
            let uid = text(unpack(&self.instances.uids, instance.uid_at as usize, &self.instances.base, &mut buffer));
            let number = (instance.number != NO_NUMBER).then_some(instance.number);
            if !each(&kind.instance(uid, number)) {
                return;
            }
        }
    }
}

/// The common values of a kind's instances, and the URI of their class.
struct CurrentKind<'a> {
    place: Option<u32>,
    part: Option<&'a KindPart>,
    /// Empty where the class is no OID.
    urn: String,
}

impl<'a> CurrentKind<'a> {
    fn become_of(&mut self, place: u32, kinds: &'a [KindPart]) {
        self.place = Some(place);
        self.part = kinds.get(place as usize);
        self.urn.clear();
        if let Some(uid) = self.class().filter(|uid| is_oid(uid)) {
            self.urn.extend(["urn:oid:", uid]);
        }
    }

    fn class(&self) -> Option<&'a str> {
        self.part?.sop_class.as_deref()
    }

    fn instance<'i>(&'i self, uid: &'i str, number: Option<u32>) -> fhir::Instance<'i> {
        let sop_class = match self.class() {
            None => fhir::SopClass::Absent,
            Some(_) if !self.urn.is_empty() => fhir::SopClass::Urn(&self.urn),
            Some(raw) => fhir::SopClass::Raw(raw),
        };
        let title = self.part.and_then(|part| part.title.as_deref());
        let number_of_frames = self.part.and_then(|part| part.number_of_frames);
        let key_object = self.part.and_then(|part| part.key_object.as_deref());
        fhir::Instance { uid, sop_class, number, title, number_of_frames, key_object }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Instances as _;

    fn instances(all: &[(&str, Option<u32>, u64)]) -> Instances {
        let mut instances = Instances::default();
        for (uid, number, fingerprint) in all {
            instances.push(NewInstance { uid, number: *number, kind: 0, fingerprint: *fingerprint, file: None });
        }
        instances
    }

    #[test]
    fn instances_come_by_number_then_uid_and_once_each() {
        let all =
            [("1.3", Some(2), 1), ("1.10", Some(2), 2), ("1.4", None, 3), ("1.2", Some(1), 4), ("1.3", Some(2), 1)];
        let instances = instances(&all);
        let mut conflicts = 0;
        let order = instances.resolve(|_| false, |_| conflicts += 1);
        let mut seen = Vec::new();
        instances.resolved(order.clone(), &[]).visit(&mut |instance| {
            seen.push((instance.uid.to_string(), instance.number));
            true
        });
        let want = [("1.2", Some(1)), ("1.10", Some(2)), ("1.3", Some(2)), ("1.4", None)];
        assert_eq!(seen, want.map(|(uid, number)| (uid.to_string(), number)));
        assert_eq!(conflicts, 0);
    }

    #[test]
    fn the_same_uid_with_other_content_counts_once_and_is_told() {
        for all in [[("1.2", Some(5), 9), ("1.2", Some(6), 3)], [("1.2", Some(6), 3), ("1.2", Some(5), 9)]] {
            let instances = instances(&all);
            let mut conflicts = Vec::new();
            let order = instances.resolve(|_| false, |uid| conflicts.push(uid.to_string()));
            assert_eq!(order.len(), 1);
            assert_eq!(instances.at(order[0]).number, 6, "the smaller fingerprint stays");
            assert_eq!(conflicts, ["1.2"]);
        }
    }
}
