//! Splits a scanned study into lines, in an order that depends only on its files.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::keep::{KeptNote, KeptRejection, Scanned, ScannedStudy};
use super::line::{self, Instance, Line, Noted, Number, PatientIds, VERSION};
use super::text::{FileName, Hash, Notes, Stored, packed};
use crate::dicom::StoredValues;
use crate::group::parts::{Part, Parts};
use crate::name::Name;

/// Cuts studies into lines.
#[derive(Debug, Clone, Copy)]
pub struct Cutter {
    /// The set of wanted attributes, as [`Wanted::hash`](crate::dicom::Wanted::hash).
    pub wanted: u64,
    /// The scan.
    pub run: u64,
    /// The most instances in a line.
    pub max_instances: usize,
    /// A line with this many bytes is complete.
    pub max_bytes: usize,
}

impl Cutter {
    /// Lines of a thousand instances, or of about a megabyte.
    pub fn new(wanted: u64, run: u64) -> Cutter {
        Cutter { wanted, run, max_instances: 1_000, max_bytes: 1 << 20 }
    }

    /// An empty line.
    pub(super) fn empty<'a, I>(&self) -> Line<'a, I> {
        Line {
            v: VERSION,
            wanted: Hash(self.wanted),
            run: Hash(self.run),
            at: 0,
            next: false,
            parts: Vec::new(),
            more: false,
            patients: None,
            kinds: Vec::new(),
            series: Vec::new(),
            selections: Vec::new(),
            rejections: Vec::new(),
            notes: Vec::new(),
            skipped: Vec::new(),
            end: None,
        }
    }

    /// The last line, with the totals of the scan.
    pub fn end_line(&self, end: line::End) -> String {
        text("", &Line { end: Some(end), ..self.empty::<Instance<'_>>() })
    }

    /// What every line that ends this scan begins with.
    pub fn start_of_end(&self) -> String {
        let empty = text("", &self.empty::<Instance<'_>>());
        format!("{},\"end\":{{", empty.trim_end_matches('}'))
    }

    /// Passes the lines of a study to `each`. `kind` returns the values of a kind by its fingerprint.
    pub(super) fn cut<'s, E>(
        &self,
        study: &'s ScannedStudy,
        kind: &impl Fn(u64) -> Option<&'s StoredValues>,
        each: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut open = OpenLine::new(self, study, kind);
        let group = &study.group;
        for part in group.parts.kept() {
            open.line.parts.push(line_part(&part));
            open.add(part_bytes(&part), each)?;
        }
        open.line.more = group.parts.has_more();
        if let Some(patients) = &group.patients {
            let x: Vec<Stored> = patients.told().cloned().map(Stored).collect();
            let bytes = x.iter().map(|stored| stored.0.as_bytes().len() * 4 / 3).sum();
            open.line.patients = Some(PatientIds { x, more: patients.has_more() });
            open.add(bytes, each)?;
        }
        open.notes(each)?;
        open.selections(each)?;
        open.series(each)?;
        open.finish(each)
    }
}

/// A line that is being filled.
struct OpenLine<'c, 's, K> {
    cutter: &'c Cutter,
    study: &'s ScannedStudy,
    kind: &'c K,
    line: Line<'s, Instance<'s>>,
    /// The line before: whether it is the last is known when there is another.
    full: Option<Line<'s, Instance<'s>>>,
    /// How many lines there were.
    count: u32,
    instances: usize,
    bytes: usize,
    /// Indexes of this line's kinds.
    places: HashMap<u64, u32>,
}

impl<'c, 's, K: Fn(u64) -> Option<&'s StoredValues>> OpenLine<'c, 's, K> {
    fn new(cutter: &'c Cutter, study: &'s ScannedStudy, kind: &'c K) -> OpenLine<'c, 's, K> {
        let (line, places) = (cutter.empty(), HashMap::new());
        OpenLine { cutter, study, kind, line, full: None, count: 0, instances: 0, bytes: 0, places }
    }

    /// Counts what was added, and emits the line if it is full.
    fn add<E>(&mut self, bytes: usize, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        self.bytes += bytes;
        if self.instances < self.cutter.max_instances && self.bytes < self.cutter.max_bytes {
            return Ok(());
        }
        self.give(each)
    }

    fn give<E>(&mut self, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::replace(&mut self.line, Line { at: self.count + 1, ..self.cutter.empty() });
        (self.instances, self.bytes, self.count) = (0, 0, self.count + 1);
        self.places.clear();
        match self.full.replace(line) {
            Some(before) => each(&text(&self.study.key, &Line { next: true, ..before })),
            None => Ok(()),
        }
    }

    fn finish<E>(mut self, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        if self.count == 0 || self.bytes > 0 || self.instances > 0 {
            self.give(each)?;
        }
        self.full.map_or(Ok(()), |last| each(&text(&self.study.key, &last)))
    }

    /// The index of a kind in this line.
    fn place(&mut self, fingerprint: u64) -> u32 {
        let next = self.line.kinds.len() as u32;
        match self.places.entry(fingerprint) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let stored = (self.kind)(fingerprint).expect("the kind of each file is kept").clone();
                self.bytes += stored.as_bytes().len() * 4 / 3 + 32;
                self.line.kinds.push(line::Kind { f: Hash(fingerprint), x: Stored(stored) });
                *new.insert(next)
            }
        }
    }

    fn notes<E>(&mut self, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let mut notes: Vec<&'s KeptNote> = self.study.kept.notes.iter().collect();
        notes.sort_by(|one, other| (&one.name, one.fingerprint).cmp(&(&other.name, other.fingerprint)));
        for note in notes {
            let k = note.kind.map(|kind| self.place(kind));
            let noted = Noted {
                n: FileName(note.name.clone()),
                sop: (&*note.sop_instance_uid).into(),
                k,
                x: Notes(note.notes.clone()),
            };
            self.line.notes.push(noted);
            self.add(name_bytes(&note.name) + note.notes.to_bytes().len() * 4 / 3 + 96, each)?;
        }
        Ok(())
    }

    fn selections<E>(&mut self, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let study = self.study;
        for ((sop, fingerprint, series), selection) in &study.kept.selections {
            let (name, stored) = (&selection.name, &selection.stored);
            self.line.selections.push(line_selection(series, sop, *fingerprint, name, stored));
            self.add(name_bytes(name) + stored.as_bytes().len() * 4 / 3 + 192, each)?;
        }
        for rejection in &study.kept.rejections {
            let uid = super::study_uid(&study.key).expect("the key was made of it");
            let KeptRejection { study_uid, series_uid, sop_instance_uid, fingerprint, name, title, instances } =
                &**rejection;
            let instances = instances.get(&*uid).map_or(&[][..], Vec::as_slice);
            let nothing = instances.is_empty().then_some(instances);
            for some in instances.chunks(self.cutter.max_instances.max(1)).chain(nothing) {
                self.line.rejections.push(line::Rejection {
                    study: (&**study_uid).into(),
                    note: line_selection(series_uid, sop_instance_uid, *fingerprint, name, title),
                    i: some.iter().map(|(series, sop)| ((&**series).into(), (&**sop).into())).collect(),
                });
                self.add(name_bytes(name) + title.as_bytes().len() * 4 / 3 + 256 + 134 * some.len(), each)?;
            }
        }
        Ok(())
    }

    fn series<E>(&mut self, each: &mut impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let numbers: HashMap<u64, &StoredValues> = self
            .study
            .kept
            .notes
            .iter()
            .filter_map(|note| Some((note.fingerprint, note.notes.stored_number()?)))
            .collect();
        let study = self.study;
        for (uid, series) in study.group.series.sorted() {
            self.series_parts(uid, &series.parts, each)?;
            let mut before: Box<str> = "".into();
            for (sop, instance) in sorted_instances(series) {
                let is_open = self.line.series.last().is_some_and(|last| &*last.uid == uid);
                if !is_open {
                    self.line.series.push(line::Series { uid: uid.into(), parts: vec![], more: false, i: vec![] });
                    self.bytes += 80;
                    before = "".into();
                }
                let kind = self.place(study.kinds.get(instance.kind as usize).copied().unwrap_or_default());
                let shared = sop.bytes().zip(before.bytes()).take_while(|(one, other)| one == other).count();
                let number = match (numbers.get(&instance.fingerprint), instance.number) {
                    (Some(stored), _) => Number::Stored(Stored((*stored).clone())),
                    (None, Some(number)) => Number::Plain(number),
                    (None, None) => Number::Absent,
                };
                let rest = packed(sop.get(shared..).unwrap_or_default());
                let stored_bytes =
                    if let Number::Stored(stored) = &number { stored.0.as_bytes().len() * 4 / 3 } else { 0 };
                let bytes = rest.len() + 48 + stored_bytes;
                let (f, file) = (Hash(instance.fingerprint), Hash(instance.file));
                if let Some(last) = self.line.series.last_mut() {
                    last.i.push(Instance(shared as u8, rest.into(), number, kind, f, file));
                }
                self.instances += 1;
                before = sop;
                self.add(bytes, each)?;
            }
        }
        Ok(())
    }

    fn series_parts<E>(
        &mut self,
        uid: &'s str,
        parts: &'s Parts,
        each: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut more = parts.has_more();
        for part in parts.kept() {
            let is_open = self.line.series.last().is_some_and(|last| &*last.uid == uid);
            if !is_open {
                self.line.series.push(line::Series { uid: uid.into(), parts: vec![], more: false, i: vec![] });
            }
            if let Some(last) = self.line.series.last_mut() {
                last.more |= std::mem::take(&mut more);
                last.parts.push(line_part(&part));
            }
            self.add(part_bytes(&part), each)?;
        }
        Ok(())
    }
}

/// An instance as it is written.
struct OneInstance {
    number: Option<u32>,
    kind: u32,
    fingerprint: u64,
    file: u64,
}

/// The instances of a series by UID, fingerprint and file, each once.
fn sorted_instances(series: &crate::group::Series) -> Vec<(Box<str>, OneInstance)> {
    let mut all = Vec::with_capacity(series.instances.len());
    series.instances.for_each(|new| {
        let (number, kind, fingerprint) = (new.number, new.kind, new.fingerprint);
        let one = OneInstance { number, kind, fingerprint, file: new.file.unwrap_or_default() };
        all.push((Box::<str>::from(new.uid), one));
    });
    fn key(one: &(Box<str>, OneInstance)) -> (&str, u64, u64) {
        (&one.0, one.1.fingerprint, one.1.file)
    }
    all.sort_unstable_by(|one, other| key(one).cmp(&key(other)));
    all.dedup_by(|one, other| key(one) == key(other));
    all
}

fn line_part<'s>(part: &Part<'s>) -> line::Part<'s> {
    line::Part {
        f: Hash(part.fingerprint),
        k: (part.key.is_other.into(), part.key.sop_instance_uid.into(), Hash(part.key.fingerprint)),
        n: FileName(part.name.clone()),
        x: Stored(part.stored_values.clone()),
    }
}

fn line_selection<'s>(series: &'s str, sop: &'s str, f: u64, name: &Name, x: &StoredValues) -> line::Selection<'s> {
    line::Selection {
        series: series.into(),
        sop: sop.into(),
        f: Hash(f),
        n: FileName(name.clone()),
        x: Stored(x.clone()),
    }
}

/// About how many bytes a part takes.
fn part_bytes(part: &Part<'_>) -> usize {
    part.stored_values.as_bytes().len() * 4 / 3 + name_bytes(part.name) + 160
}

fn name_bytes(name: &Name) -> usize {
    name.place.len() + name.entry.as_ref().map_or(0, String::len)
}

/// A line with its key, without a line feed.
pub(super) fn text(key: &str, line: &Line<'_, Instance<'_>>) -> String {
    let json = serde_json::to_string(line).expect("a line is strings, numbers and lists");
    format!("{key}\t{json}")
}

impl Scanned {
    /// Emits the lines of the requested studies, in order.
    pub fn lines<E>(
        &self,
        cutter: &Cutter,
        is_wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let kind = |fingerprint: u64| self.kinds.get(&fingerprint).map(|kind| &kind.stored);
        for study in self.studies.iter().filter(|study| is_wanted(&study.key)) {
            cutter.cut(study, &kind, &mut each)?;
        }
        Ok(())
    }
}
