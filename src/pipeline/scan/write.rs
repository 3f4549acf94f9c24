//! Writes the lines: to a stream, or to a file for each partition.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Scan, records};
use crate::error::{Error, usage};
use crate::group::fragment::{Cutter, End, PartEnd, Scanned, Total, key_hash, line_hash, skipped_line};
use crate::interrupt::Interrupt;
use crate::options::{FileMode, Share, share_of};
use crate::output::{OutputTarget, WholeFile};
use crate::report::Sorter;

/// The most left-out files in one line.
const SKIPPED_IN_LINE: usize = 1_000;

/// The destination of lines.
pub(super) enum Target {
    /// Standard output or a file.
    Stream(PathBuf),
    /// A file for each partition.
    Folder { path: PathBuf, partitions: u32, shard: Share },
}

impl Target {
    /// Checks that the output can be written, before anything is read.
    pub fn open(scan: &Scan, mode: FileMode) -> Result<Target, Error> {
        match OutputTarget::parse(&scan.output)? {
            OutputTarget::Folder(path) => {
                mode.make_folder(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
                WholeFile::try_in(&path)?;
                let shard = scan.shard.unwrap_or(Share::WHOLE);
                Ok(Target::Folder { path, partitions: scan.partitions.unwrap_or(1), shard })
            }
            _ if scan.partitions.is_some() => usage("--partitions writes several files: give a folder (-o records/)"),
            _ => Ok(Target::Stream(scan.output.clone())),
        }
    }

    /// A folder for temporary files.
    pub fn folder(&self) -> PathBuf {
        match self {
            Target::Stream(_) => std::env::temp_dir(),
            Target::Folder { path, .. } => path.clone(),
        }
    }

    pub fn partitions(&self) -> u32 {
        match self {
            Target::Stream(_) => 1,
            Target::Folder { partitions, .. } => *partitions,
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        match self {
            Target::Stream(path) => path.clone(),
            Target::Folder { path, partitions, shard } => {
                path.join(records::file_name(Share { number, of: *partitions }, *shard))
            }
        }
    }
}

/// No line that ends a scan is longer.
const MAX_END_BYTES: u64 = 1 << 10;

/// Whether the last line of a file starts with these bytes.
fn ends_with(path: &Path, start: &[u8]) -> io::Result<bool> {
    let mut file = BufReader::new(File::open(path)?);
    let length = file.get_ref().metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_END_BYTES)))?;
    let last = file.split(b'\n').last().transpose()?;
    Ok(last.is_some_and(|last| last.starts_with(start)))
}

/// Writes the lines, partition by partition.
pub(super) struct Writer<'w> {
    pub target: &'w Target,
    pub mode: FileMode,
    pub cutter: Cutter,
    pub end: End,
    pub scanned: &'w Scanned,
    pub interrupt: &'w Interrupt,
}

impl Writer<'_> {
    pub fn all(&self, entries: Sorter) -> Result<(), Error> {
        let partitions = self.target.partitions();
        // All are sorted before the first file is opened: they are few, or on disk.
        let by_partition = if partitions > 1 { self.divided(entries, partitions)? } else { vec![entries] };
        self.remove_others()?;
        for (number, entries) in (1..).zip(by_partition) {
            self.interrupt.check()?;
            self.partition(number, entries)?;
        }
        Ok(())
    }

    /// Removes what an earlier scan of this shard found otherwise: if this one is stopped, `assemble` misses a file,
    /// and does not take those of two scans together.
    fn remove_others(&self) -> Result<(), Error> {
        let Target::Folder { partitions, .. } = self.target else { return Ok(()) };
        let end = self.cutter.start_of_end();
        for path in (1..=*partitions).map(|number| self.target.path(number)) {
            let removed = match ends_with(&path, end.as_bytes()) {
                Ok(true) => Ok(()),
                Ok(false) => std::fs::remove_file(&path),
                Err(error) => Err(error),
            };
            match removed {
                Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(Error::Write { path, source }),
                _ => {}
            }
        }
        Ok(())
    }

    /// Divides the left-out files by partition.
    fn divided(&self, entries: Sorter, partitions: u32) -> Result<Vec<Sorter>, Error> {
        let folder = self.target.folder();
        // With little memory for each, as there may be many.
        let mut divided: Vec<Sorter> = (0..partitions).map(|_| Sorter::holding(&folder, 64 << 10)).collect();
        let divide = |entry: &str| {
            let at = share_of(key_hash(entry), partitions) - 1;
            divided.get_mut(at as usize).map_or(Ok(()), |sorter| sorter.push(entry.to_string()))
        };
        entries.finish(divide).map_err(|source| Error::Write { path: folder, source })?;
        Ok(divided)
    }

    fn partition(&self, number: u32, entries: Sorter) -> Result<(), Error> {
        let path = self.target.path(number);
        let mut file = WholeFile::create(&path)?.with_mode(self.mode);
        let mut entries = Some(entries);
        file.write_with(&mut |out| {
            let Some(entries) = entries.take() else { return Ok(()) };
            let skipped = Some(self.skipped(entries, out)?);
            let share = Share { number, of: self.target.partitions() };
            let of_partition = |key: &str| share.has(key_hash(key));
            self.scanned.lines(&self.cutter, of_partition, |line| writeln!(out, "{line}"))?;
            let studies = || total(self.scanned.keys().filter(|key| of_partition(key)));
            let part = (share.of > 1).then(|| PartEnd { number, of: share.of, studies: studies() });
            // Last, so that a truncated stream is detected.
            writeln!(out, "{}", self.cutter.end_line(End { part, skipped, ..self.end }))
        })?;
        file.finish()
    }

    /// Writes the files that were left out, each once, and returns what the lines come to.
    fn skipped(&self, entries: Sorter, out: &mut dyn Write) -> io::Result<Total> {
        let (mut some, mut last, mut total) = (Vec::new(), String::new(), Total::default());
        let mut write = |some: &[String]| {
            let line = skipped_line(&self.cutter, some);
            total.add(line_hash(line.trim_start_matches('\t').as_bytes()));
            writeln!(out, "{line}")
        };
        entries.finish(|entry| {
            let entry = entry.trim_end_matches('\n');
            if *last == *entry {
                return Ok(());
            }
            last = entry.to_string();
            some.push(last.clone());
            if some.len() < SKIPPED_IN_LINE {
                return Ok(());
            }
            write(&std::mem::take(&mut some))
        })?;
        if !some.is_empty() {
            write(&some)?;
        }
        Ok(total)
    }
}

/// How many studies there are, and the sum of the hashes of their keys.
pub(super) fn total<'k>(keys: impl Iterator<Item = &'k str>) -> Total {
    let mut total = Total::default();
    keys.for_each(|key| total.add(key_hash(key)));
    total
}
