//! Builds a study from lines, by the same merge as from files, in any order and any number of times.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::line::{Instance, InstanceUid, Line, Noted, Number, PatientIds, Rejection};
use super::skipped::SkippedFile;
use super::text::{Stored, unpacked};
use super::unit::{Malformed, Unit};
use crate::dicom::value::is_fhir_id;
use crate::dicom::{Header, StoredValues};
use crate::group::parts::Parts;
use crate::group::reader::Selections;
use crate::group::uid::MAX_UID;
use crate::group::{Group, Key, NewInstance, NewKind, NewSelection, Study, by_uid, kinds::Kinds};
use crate::issue::Issue;
use crate::mapping::{self, Options, Rejected, SELECTION, SelectionPart};
use crate::name::Name;

/// The most instances of one study: indexes have 32 bits, and a hostile line is cheap to make.
const MAX_INSTANCES: usize = 200_000_000;

/// A study whose lines are being added.
#[derive(Debug)]
pub struct Builder<'o> {
    uid: Box<str>,
    options: &'o Options,
    selections: Selections,
    group: Group,
    kinds: Kinds,
    /// Hashes of the lines that were added.
    lines: HashSet<u128>,
    /// Hashes of the files of the instances.
    files: Vec<u64>,
    noted: HashSet<u64>,
    rejections: BTreeMap<(Box<str>, Box<str>), Rejecting>,
}

/// The instances that a note of another study rejects; of several notes with one UID the first by content decides, as
/// in its own study.
#[derive(Debug)]
struct Rejecting {
    rank: (u64, Box<str>, Name),
    is_rejection: bool,
    instances: Vec<(Box<str>, Box<str>)>,
}

/// A study of which all lines were added.
#[derive(Debug)]
pub struct Built {
    /// The study.
    pub study: Study,
    /// The number of its files.
    pub files: u64,
    /// Its instances that notes of other studies reject.
    pub rejected: Rejected,
}

impl<'o> Builder<'o> {
    /// A study without lines.
    pub fn new(uid: &str, options: &'o Options, selections: Selections) -> Builder<'o> {
        Builder {
            uid: uid.into(),
            options,
            selections,
            group: Group::default(),
            kinds: Kinds::default(),
            lines: HashSet::new(),
            files: Vec::new(),
            noted: HashSet::new(),
            rejections: BTreeMap::new(),
        }
    }

    /// Whether a line is a duplicate.
    pub fn has(&mut self, json: &[u8]) -> bool {
        !self.lines.insert(xxh3_128(json))
    }

    /// Adds a line; issues of its files are passed to `issue`.
    pub fn add(&mut self, unit: Unit<'_, Instance<'_>>, mut issue: impl FnMut(&Name, Issue)) -> Result<(), Malformed> {
        let mut line = unit.0;
        let kinds = std::mem::take(&mut line.kinds);
        let places: Vec<u32> = kinds.iter().map(|kind| self.kind(kind.f.0, &kind.x.0)).collect();
        let notes = std::mem::take(&mut line.notes);
        for note in &notes {
            let kind = note.k.map(|at| kinds.get(at as usize).ok_or(Malformed::Value("no such kind"))).transpose()?;
            self.note(note, kind.map(|kind| &kind.x.0), &mut issue);
        }
        for rejection in std::mem::take(&mut line.rejections) {
            self.reject(rejection)?;
        }
        let (options, files) = (self.options, &mut self.files);
        add_shared(&mut self.group, line, options, self.selections, &mut |series_uid, group, instances| {
            let series = xxh3_64(series_uid.as_bytes());
            let mut before = UidText::default();
            for Instance(shared, rest, number, kind, fingerprint, file) in instances {
                let uid = before.next(shared, &rest)?;
                let kind = *places.get(kind as usize).ok_or(Malformed::Value("no such kind"))?;
                let number = match number {
                    Number::Plain(number) => Some(number),
                    Number::Absent => None,
                    Number::Stored(Stored(stored)) => {
                        mapping::map(mapping::NUMBER, stored.unpack(&mut Header::default()), options).part.number
                    }
                };
                files.push(super::joined(&[series, xxh3_64(uid.as_bytes()), fingerprint.0, file.0]));
                group.push(NewInstance { uid, number, kind, fingerprint: fingerprint.0, file: None });
            }
            if files.len() > MAX_INSTANCES { Err(Malformed::Value("too many instances")) } else { Ok(()) }
        })
    }

    fn kind(&mut self, fingerprint: u64, stored: &StoredValues) -> u32 {
        let options = self.options;
        self.kinds.place_with(fingerprint, || NewKind::of(stored, options, |_| ()))
    }

    /// Passes on the issues of a file, once.
    fn note(&mut self, note: &Noted<'_>, kind: Option<&StoredValues>, issue: &mut impl FnMut(&Name, Issue)) {
        let name = &note.n.0;
        let bytes = note.x.0.to_bytes();
        let kind_hash = kind.map_or(0, |kind| xxh3_64(kind.as_bytes()));
        let hash = super::joined(&[super::file_hash(name), xxh3_64(note.sop.as_bytes()), xxh3_64(&bytes), kind_hash]);
        if !self.noted.insert(hash) {
            return;
        }
        note.x.0.issues(&note.sop, self.options).for_each(|found| issue(name, found));
        let number = note.x.0.number(self.options).map(|mapped| mapped.issues);
        number.into_iter().flatten().for_each(|found| issue(name, found));
        if let Some(kind) = kind {
            let _ = NewKind::of(kind, self.options, |found| issue(name, found));
        }
    }

    fn reject(&mut self, rejection: Rejection<'_>) -> Result<(), Malformed> {
        let Rejection { study, note, i } = rejection;
        let title = self.selection(&note.x.0);
        if self.selections == Selections::Rejections && !title.is_rejection() {
            return Ok(());
        }
        if i.iter().any(|(series, sop)| !is_fhir_id(series) || !is_fhir_id(sop)) {
            return Err(Malformed::Value("no UID"));
        }
        let instances = i.into_iter().map(|(series, sop)| (series.into(), sop.into()));
        let rank = (note.f.0, Box::<str>::from(&*note.series), note.n.0);
        let new = || Rejecting { rank: rank.clone(), is_rejection: title.is_rejection(), instances: Vec::new() };
        let known = self.rejections.entry((study.into(), note.sop.into())).or_insert_with(new);
        if rank < known.rank {
            // The same content has the same instances.
            let same = known.rank.0 == rank.0 && known.rank.1 == rank.1;
            let before = std::mem::replace(known, new());
            known.instances = if same { before.instances } else { Vec::new() };
        } else if (rank.0, &rank.1) != (known.rank.0, &known.rank.1) {
            return Ok(());
        }
        known.instances.extend(instances);
        Ok(())
    }

    fn selection(&self, stored: &StoredValues) -> SelectionPart {
        mapping::map(SELECTION, stored.unpack(&mut Header::default()), self.options).part
    }

    /// The study; `None` if only notes of other studies refer to it.
    pub fn finish(mut self) -> Option<Built> {
        if self.group.series.len() == 0 {
            return None;
        }
        self.files.sort_unstable();
        self.files.dedup();
        let mut rejected = Rejected::default();
        for rejecting in self.rejections.into_values().filter(|rejecting| rejecting.is_rejection) {
            rejecting.instances.iter().for_each(|(series, sop)| rejected.add(series, sop));
        }
        let study = Study::new(self.uid, self.group, Arc::new(self.kinds.into_parts()));
        Some(Built { study, files: self.files.len() as u64, rejected })
    }
}

/// A study without its instances, whose UIDs are kept as hashes, for the first pass.
#[derive(Debug)]
pub struct Outline {
    uid: Box<str>,
    group: Group,
    lines: HashSet<u128>,
    placed: Vec<PlacedUid>,
}

/// The hashes of a series' and an instance's UID.
pub type PlacedUid = (u64, u64);

impl Outline {
    /// A study without lines.
    pub fn new(uid: &str) -> Outline {
        Outline { uid: uid.into(), group: Group::default(), lines: HashSet::new(), placed: Vec::new() }
    }

    /// Whether a line is a duplicate.
    pub fn has(&mut self, json: &[u8]) -> bool {
        !self.lines.insert(xxh3_128(json))
    }

    /// Adds a line.
    pub fn add(
        &mut self,
        unit: Unit<'_, InstanceUid<'_>>,
        options: &Options,
        selections: Selections,
    ) -> Result<(), Malformed> {
        let placed = &mut self.placed;
        add_shared(&mut self.group, unit.0, options, selections, &mut |series_uid, _, instances| {
            let series = by_uid::hash(series_uid);
            let mut before = UidText::default();
            for InstanceUid(shared, rest, ..) in instances {
                placed.push((series, xxh3_64(before.next(shared, &rest)?.as_bytes())));
            }
            Ok(())
        })
    }

    /// The study without its instances, and the distinct UIDs of these; `None` if only notes of others refer to it.
    pub fn finish(mut self) -> Option<(Study, Vec<PlacedUid>)> {
        if self.group.series.len() == 0 {
            return None;
        }
        self.placed.sort_unstable();
        self.placed.dedup();
        Some((Study::new(self.uid, self.group, Arc::default()), self.placed))
    }
}

/// Adds the instances of a series.
type AddInstances<'f, 'a, I> = &'f mut dyn FnMut(&str, &mut crate::group::Instances, Vec<I>) -> Result<(), Malformed>;

/// Adds all but kinds, notes and what other studies reject.
fn add_shared<'a, I>(
    group: &mut Group,
    line: Line<'a, I>,
    options: &Options,
    selections: Selections,
    instances: AddInstances<'_, 'a, I>,
) -> Result<(), Malformed> {
    for part in &line.parts {
        if group.parts.overflows(part.f.0) {
            group.patients.get_or_insert_default().see(&group.parts, &part.x.0);
        }
        add_part(&mut group.parts, part)?;
    }
    group.parts.had_more(line.more);
    if let Some(PatientIds { x, more }) = line.patients {
        let told: Vec<StoredValues> = x.into_iter().map(|stored| stored.0).collect();
        group.patients.get_or_insert_default().merge(&group.parts, &told, more);
    }
    for selection in line.selections {
        let part = mapping::map(SELECTION, selection.x.0.unpack(&mut Header::default()), options);
        if selections == Selections::All || part.part.is_rejection() {
            group.selections.add(NewSelection {
                series_uid: &selection.series,
                sop_instance_uid: &selection.sop,
                fingerprint: selection.f.0,
                name: &selection.n.0,
                mapped: part,
            });
        }
    }
    for series in line.series {
        if !is_fhir_id(&series.uid) {
            return Err(Malformed::Value("no Series Instance UID"));
        }
        let known = group.series.entry(by_uid::hash(&series.uid), &series.uid);
        series.parts.iter().try_for_each(|part| add_part(&mut known.parts, part))?;
        known.parts.had_more(series.more);
        instances(&series.uid, &mut known.instances, series.i)?;
    }
    Ok(())
}

fn add_part(parts: &mut Parts, part: &super::line::Part<'_>) -> Result<(), Malformed> {
    let (is_other, sop_instance_uid, fingerprint) = &part.k;
    if *is_other > 1 || !is_fhir_id(sop_instance_uid) {
        return Err(Malformed::Value("no key of a part"));
    }
    let key = Key { is_other: *is_other == 1, sop_instance_uid, fingerprint: fingerprint.0 };
    parts.merge(part.f.0, key, &part.n.0, || part.x.0.clone());
    Ok(())
}

/// Decodes UIDs that are stored as differences to the previous one.
#[derive(Default)]
struct UidText(String);

impl UidText {
    fn next(&mut self, shared: u8, rest: &str) -> Result<&str, Malformed> {
        let shared = usize::from(shared);
        let rest = unpacked(rest).ok_or(Malformed::Value("no SOP Instance UID"))?;
        if !self.0.is_char_boundary(shared) || shared + rest.len() > MAX_UID {
            return Err(Malformed::Value("no SOP Instance UID"));
        }
        self.0.truncate(shared);
        self.0.push_str(&rest);
        if is_fhir_id(&self.0) { Ok(&self.0) } else { Err(Malformed::Value("no SOP Instance UID")) }
    }
}

impl<I> Unit<'_, I> {
    /// The left-out files in a line of no study.
    pub fn into_skipped(self) -> impl Iterator<Item = SkippedFile> {
        self.0.skipped.into_iter().map(SkippedFile::of_line)
    }
}
