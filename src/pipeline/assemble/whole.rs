//! Whether all lines of the scans came: each scan says how many studies it found, how many lines it wrote of each, and
//! of the files that it left out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::group::fragment::{End, Total, key_hash, line_hash};

/// The lines of one study, by scan.
#[derive(Debug, Default)]
pub struct OfStudy(BTreeMap<u64, Places>);

/// The lines of one study and scan, by their places.
#[derive(Debug, Default)]
struct Places {
    seen: BTreeSet<u32>,
    /// Those behind which the scan wrote no more.
    last: BTreeSet<u32>,
}

impl OfStudy {
    /// A line; its place is `None` if its scan does not say so.
    pub fn see(&mut self, run: u64, place: Option<(u32, bool)>) {
        let places = self.0.entry(run).or_default();
        if let Some((at, has_next)) = place {
            places.seen.insert(at);
            if !has_next {
                places.last.insert(at);
            }
        }
    }

    /// Whether no line is missing between the first and the last one of each scan.
    fn is_whole(&self) -> bool {
        let ends = |places: &Places| places.seen.last().is_none_or(|last| places.last.contains(last));
        let has_all =
            |places: &Places| places.seen.last().is_none_or(|last| places.seen.len() as u64 == u64::from(*last) + 1);
        self.0.values().all(|places| ends(places) && has_all(places))
    }
}

/// What came of all scans.
#[derive(Debug, Default)]
pub struct Scans {
    runs: BTreeMap<u64, Came>,
    /// By scan and partition.
    ends: BTreeMap<(u64, u32), End>,
    /// The shards that ended, by how many there are: those without studies end alike.
    shards: BTreeMap<u32, BTreeSet<u32>>,
    /// The hashes of lines of files that were left out, with their scans.
    skipped: HashSet<(u64, u64)>,
    /// How many studies lack lines.
    pub cut_studies: u64,
}

/// What came of one scan.
#[derive(Debug, Default)]
struct Came {
    studies: Total,
    skipped: Total,
}

impl Scans {
    /// A study of which all lines were read.
    pub fn study(&mut self, key: &str, lines: &OfStudy) {
        self.cut_studies += u64::from(!lines.is_whole());
        for run in lines.0.keys() {
            self.runs.entry(*run).or_default().studies.add(key_hash(key));
        }
    }

    /// A line of files that were left out.
    pub fn skipped(&mut self, run: u64, json: &[u8]) {
        let hash = line_hash(json);
        if self.skipped.insert((run, hash)) {
            self.runs.entry(run).or_default().skipped.add(hash);
        }
    }

    /// The line that ends a scan, or a partition of it.
    pub fn end(&mut self, run: u64, end: End) {
        self.ends.insert((run, end.part.map_or(0, |part| part.number)), end);
        if let Some((number, of)) = end.shard {
            self.shards.entry(of).or_default().insert(number);
        }
    }

    /// Whether a scan found a study, here or in another partition.
    pub fn have_studies(&self) -> bool {
        self.ends.values().any(|end| end.studies > 0)
    }

    /// Whether a scan left files out by `--include` or `--exclude`.
    pub fn are_partial(&self) -> bool {
        self.ends.values().any(|end| end.partial)
    }

    /// Whether each scan is complete: all its studies, left-out files, partitions and shards.
    pub fn are_whole(&self) -> bool {
        let has_parts = |run: u64| {
            let parts = || self.ends_of(run).filter_map(|end| end.part);
            parts().next().is_none_or(|part| parts().count() == part.of as usize)
        };
        self.has_what_ends_say(false)
            && self.all_runs().into_iter().all(has_parts)
            && self.shards.iter().all(|(of, numbers)| numbers.len() == *of as usize)
    }

    /// Whether each partition that ended here is complete.
    pub fn are_whole_here(&self) -> bool {
        self.has_what_ends_say(true)
    }

    /// Whether all came that the ends of scans or of partitions say.
    fn has_what_ends_say(&self, is_part: bool) -> bool {
        let nothing = Came::default();
        self.all_runs().into_iter().all(|run| {
            let Came { studies, skipped } = self.runs.get(&run).unwrap_or(&nothing);
            let (mut all, mut left_out, mut has_end) = (Total::default(), Some(Total::default()), false);
            for end in self.ends_of(run) {
                has_end = true;
                all.join(end.part.map_or(end.all_studies(), |part| part.studies));
                left_out = left_out.zip(end.skipped).map(|(mut left_out, more)| {
                    left_out.join(more);
                    left_out
                });
            }
            // Earlier versions do not say what a partition has.
            let says_all = !is_part || left_out.is_some();
            has_end && (!says_all || all == *studies) && left_out.is_none_or(|left_out| left_out == *skipped)
        })
    }

    fn all_runs(&self) -> BTreeSet<u64> {
        self.runs.keys().copied().chain(self.ends.keys().map(|(run, _)| *run)).collect()
    }

    fn ends_of(&self, run: u64) -> impl Iterator<Item = &End> {
        self.ends.range((run, 0)..=(run, u32::MAX)).map(|(_, end)| end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::fragment::PartEnd;

    type Seen = (u64, Option<(u32, bool)>);

    fn of_study(all: &[Seen]) -> OfStudy {
        let mut lines = OfStudy::default();
        all.iter().for_each(|(run, place)| lines.see(*run, *place));
        lines
    }

    #[test]
    fn a_study_is_whole_if_each_scan_has_its_lines_from_the_first_to_the_last() {
        let (first, next, last) = (Some((0, true)), Some((1, true)), Some((2, false)));
        for (lines, is_whole) in [
            (&[(1_u64, Some((0_u32, false)))] as &[Seen], true),
            (&[(1, last), (1, first), (1, next), (1, first)], true),
            (&[(1, first), (1, next)], false),
            (&[(1, first), (1, last)], false),
            (&[(1, next), (1, last)], false),
            (&[(1, last)], false),
            (&[(1, first), (1, next), (1, last), (2, last)], false),
            // A file changed between two runs of the scan, and its notes make another line.
            (&[(1, first), (1, next), (1, last), (1, Some((2, true))), (1, Some((3, false)))], true),
            (&[(1, first), (1, next), (1, last), (1, Some((2, true)))], true),
            (&[(1, Some((u32::MAX, false)))], false),
            (&[(1, None), (1, None), (2, Some((0, false)))], true),
        ] {
            assert_eq!(of_study(lines).is_whole(), is_whole, "{lines:?}");
        }
    }

    const RUN: u64 = 9;

    /// Two partitions of a scan: two studies and a line of files in the first, one study in the second.
    fn ends() -> [End; 2] {
        let total = |keys: &[&str]| {
            let mut total = Total::default();
            keys.iter().for_each(|key| total.add(key_hash(key)));
            total
        };
        let Total(studies, sum) = total(&["a", "b", "c"]);
        let mut skipped = Total::default();
        skipped.add(line_hash(b"x"));
        [(1, total(&["a", "b"]), skipped), (2, total(&["c"]), Total::default())].map(|(number, of_part, skipped)| {
            let part = Some(PartEnd { number, of: 2, studies: of_part });
            End { studies, sum, partial: false, shard: None, part, skipped: Some(skipped) }
        })
    }

    fn scans(keys: &[&str], skipped: &[&str], ends: &[End]) -> (bool, bool) {
        let mut scans = Scans::default();
        keys.iter().for_each(|key| scans.study(key, &of_study(&[(RUN, Some((0, false)))])));
        skipped.iter().for_each(|json| scans.skipped(RUN, json.as_bytes()));
        ends.iter().for_each(|end| scans.end(RUN, *end));
        (scans.are_whole(), scans.are_whole_here())
    }

    #[test]
    fn partitions_are_whole_alone_and_together_the_scan() {
        let both = ends();
        let old = both.map(|end| End { part: None, skipped: None, ..end });
        for (keys, skipped, ends, want) in [
            (&["a", "b", "c"] as &[_], &["x", "x"] as &[_], &both[..], (true, true)),
            (&["a", "b"], &["x"], &both[..1], (false, true)),
            (&["c"], &[], &both[1..], (false, true)),
            (&["a"], &["x"], &both[..1], (false, false)),
            (&["a", "b"], &[], &both[..1], (false, false)),
            (&["a", "b", "c"], &["x", "y"], &both[..], (false, false)),
            (&["a", "b", "c"], &["x"], &both[..1], (false, false)),
            (&["a", "b", "c"], &["x"], &[], (false, false)),
            (&[], &[], &both[1..], (false, false)),
            (&["a", "b", "c"], &["x"], &old, (true, true)),
            (&["a", "b"], &[], &old[..1], (false, true)),
        ] {
            assert_eq!(scans(keys, skipped, ends), want, "{keys:?} {}", ends.len());
        }
    }
}
