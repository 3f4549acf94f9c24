//! Packed records of the instances of one study: deduplicated parts, and names and UIDs as differences to the previous
//! record. A study has several segments, each with its own checksum.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::bytes::{Reader, Writer};

/// One instance as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// The folder of its file, by number.
    pub folder: i64,
    /// The file's name in the folder.
    pub name: &'a [u8],
    /// Its entry, where the file is an archive.
    pub entry: Option<&'a str>,
    pub series_uid: &'a str,
    pub sop_instance_uid: &'a str,
    pub is_image: bool,
    pub number: Option<u32>,
    /// The hash of all wanted values.
    pub fingerprint: u64,
    /// The fingerprints of the parts, by [`Level`].
    pub parts: [u64; LEVELS],
    /// The serialized notes of the file; empty without notes.
    pub notes: &'a [u8],
    /// The selection, if it is a Key Object Selection with references.
    pub selection: Option<&'a [u8]>,
}

/// The levels whose values are kept once a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Study,
    Series,
    Kind,
}

/// How many there are.
pub(super) const LEVELS: usize = 3;
const EACH: [Level; LEVELS] = [Level::Study, Level::Series, Level::Kind];

impl Record<'_> {
    /// A hash of everything in the record that affects documents and reports.
    pub fn digest(&self) -> u64 {
        let mut writer = Writer(Vec::with_capacity(DIGESTED_BYTES));
        writer.number(self.folder as u64);
        let texts = [self.name, self.series_uid.as_bytes(), self.sop_instance_uid.as_bytes(), self.notes];
        texts.iter().for_each(|text| writer.bytes(text));
        writer.bytes(self.entry.map_or(&[0xFF], str::as_bytes));
        self.parts.iter().chain([&self.fingerprint]).for_each(|hash| writer.hash(*hash));
        xxh3_64(&writer.0)
    }
}

/// Room for what is digested of most records.
const DIGESTED_BYTES: usize = 256;

const IS_IMAGE: u8 = 1;
const HAS_NUMBER: u8 = 2;
const HAS_ENTRY: u8 = 4;
const HAS_NOTES: u8 = 8;
const HAS_SELECTION: u8 = 16;
/// Folder and series are those of the previous record.
const AS_BEFORE: u8 = 32;

/// A segment being built.
#[derive(Debug, Default)]
pub(super) struct Segment {
    series: Values<Box<str>>,
    parts: [Values<Box<[u8]>>; LEVELS],
    records: Writer,
    /// How many records there are.
    pub count: u64,
    /// The sum of their digests.
    pub digest: u64,
    before: Before,
    dictionary_bytes: usize,
}

/// The previous record.
#[derive(Debug, Default)]
struct Before {
    place: Option<(i64, u64)>,
    name: Vec<u8>,
    uid: Vec<u8>,
}

/// Deduplicated values, by hash.
#[derive(Debug)]
struct Values<V> {
    places: HashMap<u64, u64>,
    values: Vec<(u64, V)>,
    /// That of the record before: most often it is the same.
    last: Option<(u64, u64)>,
}

impl<V> Default for Values<V> {
    fn default() -> Values<V> {
        Values { places: HashMap::new(), values: Vec::new(), last: None }
    }
}

impl<V> Values<V> {
    fn place(&mut self, hash: u64, value: impl FnOnce() -> V) -> u64 {
        let Values { places, values, last } = self;
        if let Some((_, place)) = last.filter(|(before, _)| *before == hash) {
            return place;
        }
        let place = *places.entry(hash).or_insert_with(|| {
            values.push((hash, value()));
            values.len() as u64 - 1
        });
        *last = Some((hash, place));
        place
    }
}

impl Segment {
    /// About how many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.records.0.len() + self.dictionary_bytes
    }

    /// Adds a record. `values` is called for a part that is new in the segment.
    pub fn add(&mut self, record: &Record<'_>, values: impl Fn(Level) -> Box<[u8]>) {
        self.count += 1;
        self.digest = self.digest.wrapping_add(record.digest());
        let bytes = &mut self.dictionary_bytes;
        let series = self.series.place(xxh3_64(record.series_uid.as_bytes()), || {
            *bytes += record.series_uid.len();
            record.series_uid.into()
        });
        let mut parts = [0; LEVELS];
        for ((part, level), fingerprint) in parts.iter_mut().zip(EACH).zip(record.parts) {
            *part = self.parts[level as usize].place(fingerprint, || {
                let values = values(level);
                *bytes += values.len() + 64;
                values
            });
        }
        self.write(record, series, parts);
    }

    fn write(&mut self, record: &Record<'_>, series: u64, parts: [u64; LEVELS]) {
        let Segment { records, before, .. } = self;
        let place = Some((record.folder, series));
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        records.0.push(
            flag(record.is_image, IS_IMAGE)
                | flag(record.number.is_some(), HAS_NUMBER)
                | flag(record.entry.is_some(), HAS_ENTRY)
                | flag(!record.notes.is_empty(), HAS_NOTES)
                | flag(record.selection.is_some(), HAS_SELECTION)
                | flag(before.place == place, AS_BEFORE),
        );
        if before.place != place {
            records.number(record.folder as u64);
            records.number(series);
        }
        before.place = place;
        write_behind(records, &mut before.name, record.name);
        write_behind(records, &mut before.uid, record.sop_instance_uid.as_bytes());
        parts.iter().for_each(|part| records.number(*part));
        records.hash(record.fingerprint);
        record.number.iter().for_each(|number| records.number((*number).into()));
        record.entry.iter().for_each(|entry| records.bytes(entry.as_bytes()));
        if !record.notes.is_empty() {
            records.bytes(record.notes);
        }
        record.selection.iter().for_each(|selection| records.bytes(selection));
    }

    /// The bytes to store.
    pub fn pack(&self) -> Vec<u8> {
        let mut writer = Writer(Vec::with_capacity(self.bytes() + 64));
        writer.number(self.series.values.len() as u64);
        self.series.values.iter().for_each(|(_, uid)| writer.bytes(uid.as_bytes()));
        for part in &self.parts {
            writer.number(part.values.len() as u64);
            for (fingerprint, values) in &part.values {
                writer.hash(*fingerprint);
                writer.bytes(values);
            }
        }
        writer.number(self.count);
        writer.0.extend_from_slice(&self.records.0);
        let checksum = xxh3_64(&writer.0);
        writer.hash(checksum);
        writer.0
    }
}

/// Writes a text as the length of the prefix shared with the previous one, and the rest.
fn write_behind(writer: &mut Writer, before: &mut Vec<u8>, text: &[u8]) {
    let shared = text.iter().zip(&*before).take_while(|(one, other)| one == other).count();
    writer.number(shared as u64);
    writer.bytes(&text[shared..]);
    before.truncate(shared);
    before.extend_from_slice(&text[shared..]);
}

fn read_behind(reader: &mut Reader<'_>, before: &mut Vec<u8>) -> Option<()> {
    let shared = usize::try_from(reader.number()?).ok().filter(|shared| *shared <= before.len())?;
    before.truncate(shared);
    before.extend_from_slice(reader.bytes()?);
    Some(())
}

/// A stored segment.
#[derive(Debug)]
pub(super) struct Packed<'b> {
    series: Vec<&'b str>,
    /// The parts by level and place, each with its fingerprint.
    pub parts: [Vec<(u64, &'b [u8])>; LEVELS],
    /// How many records there are.
    pub count: u64,
    records: Reader<'b>,
}

impl<'b> Packed<'b> {
    /// Opens a segment; `None` where it is damaged.
    pub fn open(bytes: &'b [u8]) -> Option<Packed<'b>> {
        let (content, checksum) = bytes.split_last_chunk()?;
        if xxh3_64(content) != u64::from_le_bytes(*checksum) {
            return None;
        }
        let mut reader = Reader(content);
        let series = (0..reader.number()?).map(|_| reader.text()).collect::<Option<_>>()?;
        let mut parts = [const { Vec::new() }; LEVELS];
        for part in &mut parts {
            *part = (0..reader.number()?).map(|_| Some((reader.hash()?, reader.bytes()?))).collect::<Option<_>>()?;
        }
        Some(Packed { series, parts, count: reader.number()?, records: reader })
    }

    /// The Series Instance UIDs, once each.
    pub fn series(&self) -> impl Iterator<Item = &'b str> {
        self.series.iter().copied()
    }

    /// Calls `each` with every record and the indexes of its parts; `None` if the segment is damaged.
    pub fn for_each(&self, mut each: impl FnMut(&Record<'_>, [usize; LEVELS])) -> Option<()> {
        let (mut reader, mut before) = (self.records, Before::default());
        for _ in 0..self.count {
            let flags = reader.byte()?;
            if flags & AS_BEFORE == 0 {
                before.place = Some((reader.number()? as i64, reader.number()?));
            }
            let (folder, series) = before.place?;
            read_behind(&mut reader, &mut before.name)?;
            read_behind(&mut reader, &mut before.uid)?;
            let mut places = [0; LEVELS];
            let mut parts = [0; LEVELS];
            for level in 0..LEVELS {
                places[level] = usize::try_from(reader.number()?).ok()?;
                parts[level] = self.parts[level].get(places[level])?.0;
            }
            let fingerprint = reader.hash()?;
            let has = |flag| flags & flag != 0;
            let record = Record {
                folder,
                name: &before.name,
                series_uid: self.series.get(usize::try_from(series).ok()?)?,
                sop_instance_uid: std::str::from_utf8(&before.uid).ok()?,
                is_image: has(IS_IMAGE),
                fingerprint,
                parts,
                number: if has(HAS_NUMBER) { Some(u32::try_from(reader.number()?).ok()?) } else { None },
                entry: if has(HAS_ENTRY) { Some(reader.text()?) } else { None },
                notes: if has(HAS_NOTES) { reader.bytes()? } else { &[] },
                selection: if has(HAS_SELECTION) { Some(reader.bytes()?) } else { None },
            };
            each(&record, places);
        }
        Some(())
    }

    /// Copies the records that stay to another segment, and returns how many did not.
    pub fn copy_to(&self, segment: &mut Segment, stays: impl Fn(&Record<'_>) -> bool) -> Option<u64> {
        let mut left_out = 0;
        self.for_each(|record, places| match stays(record) {
            true => segment.add(record, |level| self.parts[level as usize][places[level as usize]].1.into()),
            false => left_out += 1,
        })?;
        Some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(name: &'a str, uid: &'a str) -> Record<'a> {
        Record {
            folder: 3,
            name: name.as_bytes(),
            entry: None,
            series_uid: "1.2",
            sop_instance_uid: uid,
            is_image: true,
            number: Some(7),
            fingerprint: 99,
            parts: [1, 2, 3],
            notes: &[],
            selection: None,
        }
    }

    fn all() -> Vec<Record<'static>> {
        let other = Record { folder: -1, series_uid: "1.3", is_image: false, number: None, ..record("IM2", "1.2.4") };
        vec![
            record("IM1", "1.2.3"),
            other.clone(),
            Record { entry: Some("a/b"), notes: b"n", selection: Some(b""), parts: [1, 9, 3], ..other },
            record("", "2"),
        ]
    }

    fn segment(all: &[Record<'_>]) -> Segment {
        let mut segment = Segment::default();
        all.iter().for_each(|record| segment.add(record, |level| vec![level as u8; 3].into()));
        segment
    }

    fn said(bytes: &[u8]) -> Option<Vec<String>> {
        let (packed, mut said) = (Packed::open(bytes)?, Vec::new());
        packed.for_each(|record, places| said.push(format!("{record:?} {places:?}")))?;
        Some(said)
    }

    #[test]
    fn records_come_back_as_they_were_and_a_damaged_segment_does_not() {
        let (all, mut bytes) = (all(), segment(&all()).pack());
        let want = [[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]];
        let want: Vec<String> = all.iter().zip(want).map(|(record, at)| format!("{record:?} {at:?}")).collect();
        assert_eq!(said(&bytes), Some(want));
        for cut in 0..bytes.len() {
            assert_eq!(said(&bytes[..cut]), None, "{cut}");
        }
        bytes[5] ^= 1;
        assert_eq!(said(&bytes), None);
    }

    #[test]
    fn what_is_taken_out_takes_its_digest_along() {
        let (all, bytes) = (all(), segment(&all()).pack());
        let mut rest = Segment::default();
        let left_out = Packed::open(&bytes).unwrap().copy_to(&mut rest, |record| record.name != b"IM1");
        assert_eq!((left_out, rest.count), (Some(1), 3));
        assert_eq!(rest.digest, segment(&all[1..]).digest);
        let reversed: Vec<_> = all.iter().rev().cloned().collect();
        assert_eq!(segment(&reversed).digest, segment(&all).digest, "the order does not count");
    }
}
