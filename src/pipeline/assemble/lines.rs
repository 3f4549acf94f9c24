//! The lines of the inputs. Each input is read twice: once to collect facts across studies, once to write.
//!
//! A single input may have its studies in any order, as long as the lines of each are adjacent. Several inputs are
//! merged, so they must be sorted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::source::{RemoteFile, RemoteFiles, STDIN};

/// The longest line that is accepted; a scan ends lines at about a megabyte.
const MAX_LINE_BYTES: u64 = 64 << 20;
/// The most files that are open at once.
const MAX_OPEN: usize = 200;
/// The buffer of a file.
const BUFFER_BYTES: usize = 256 << 10;
/// The buffers of all files of a bucket together; the more is asked for at once, the fewer requests there are.
const REMOTE_BUFFER_BYTES: usize = 32 << 20;
const MAX_REMOTE_BUFFER_BYTES: usize = 4 << 20;

/// What is wrong with a file that lacks its last line.
const CUT: &str = "the line that ends a scan is missing: the file was cut off; scan again";

/// A source of lines.
#[derive(Debug)]
pub struct Source {
    name: PathBuf,
    content: Content,
    /// Whether it is as a scan wrote it, with the line that ends the scan.
    is_whole_file: bool,
}

/// Where the lines of a source are.
#[derive(Debug)]
enum Content {
    /// In the file of its name.
    File,
    /// In a copy: the input could be read only once, or several were merged.
    Spooled(File),
    /// In a bucket.
    Remote(RemoteFile),
}

impl Source {
    /// Opens a file, standard input, or an object of a bucket.
    pub fn open(path: &Path, remote: &RemoteFiles) -> Result<Source, Error> {
        if let Some(file) = remote.file(path)? {
            return Ok(Source::new(path, Content::Remote(file)));
        }
        let failed = |source| Error::Input { path: path.to_path_buf(), source };
        if super::super::is_stdin(path) {
            let file = crate::source::stdin_file().map_err(failed)?;
            return Ok(Source::new(STDIN.as_ref(), Content::Spooled(file)));
        }
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let content = if metadata.is_file() { Content::File } else { Content::Spooled(spool(file).map_err(failed)?) };
        Ok(Source::new(path, content))
    }

    fn new(path: &Path, content: Content) -> Source {
        Source { name: path.to_path_buf(), content, is_whole_file: false }
    }

    /// The same as a file of a folder: without the line that ends the scan it was cut off.
    pub fn of_folder(self) -> Source {
        Source { is_whole_file: true, ..self }
    }

    /// Reads it from its start, as one of so many.
    fn reader(&self, sources: usize) -> io::Result<Reader> {
        let local = |file| BufReader::with_capacity(BUFFER_BYTES, Box::new(file) as Box<dyn Read + Send>);
        Ok(match &self.content {
            Content::File => local(File::open(&self.name)?),
            Content::Spooled(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                local(file)
            }
            Content::Remote(file) => {
                let room = (REMOTE_BUFFER_BYTES / sources.max(1)).clamp(BUFFER_BYTES, MAX_REMOTE_BUFFER_BYTES);
                BufReader::with_capacity(room, file.reader())
            }
        })
    }
}

fn spool(mut file: File) -> io::Result<File> {
    let mut spooled = tempfile::tempfile()?;
    io::copy(&mut file, &mut spooled)?;
    Ok(spooled)
}

/// A line and its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextLine {
    /// With the tab, without the line feed.
    pub text: Vec<u8>,
    at: usize,
    number: u64,
}

impl TextLine {
    /// The parts before and after the tab.
    pub fn parts(&self) -> Option<(&[u8], &[u8])> {
        let tab = self.text.iter().position(|byte| *byte == b'\t')?;
        Some((&self.text[..tab], &self.text[tab + 1..]))
    }

    /// Whether it is the line that ends a scan; in a name the quotation marks would be escaped.
    fn ends_a_scan(&self) -> bool {
        const END: &[u8] = b"\"end\":{";
        self.text.starts_with(b"\t") && self.text.windows(END.len()).any(|bytes| bytes == END)
    }

    fn key(&self) -> &[u8] {
        self.parts().map_or(&self.text, |(key, _)| key)
    }
}

/// The merged lines of all sources.
pub struct Lines<'s> {
    sources: Vec<&'s Source>,
    readers: Vec<Numbered>,
    heads: BinaryHeap<Reverse<TextLine>>,
    /// Whether there are several inputs, so that the order is checked.
    is_merged: bool,
}

type Reader = BufReader<Box<dyn Read + Send>>;

struct Numbered {
    reader: Reader,
    number: u64,
    /// Whether the line that ends a scan came.
    is_ended: bool,
}

impl<'s> Lines<'s> {
    /// Opens all sources from their start.
    pub fn open(sources: &'s [Source]) -> Result<Lines<'s>, Error> {
        let mut lines = Lines {
            sources: sources.iter().collect(),
            readers: vec![],
            heads: BinaryHeap::new(),
            is_merged: sources.len() > 1,
        };
        for (at, source) in sources.iter().enumerate() {
            let reader = source
                .reader(sources.len())
                .map_err(|error| Error::Input { path: source.name.clone(), source: error })?;
            lines.readers.push(Numbered { reader, number: 0, is_ended: false });
            lines.refill(at, &[])?;
        }
        Ok(lines)
    }

    /// The next line.
    pub fn next(&mut self) -> Result<Option<TextLine>, Error> {
        let Some(Reverse(line)) = self.heads.pop() else { return Ok(None) };
        let key = if self.is_merged { line.key().to_vec() } else { Vec::new() };
        self.refill(line.at, &key)?;
        Ok(Some(line))
    }

    /// An error about a line, with its place.
    pub fn wrong(&self, line: &TextLine, what: &dyn std::fmt::Display) -> Error {
        self.wrong_at(line.at, line.number, what)
    }

    fn wrong_at(&self, at: usize, number: u64, what: &dyn std::fmt::Display) -> Error {
        let name = self.sources.get(at).map(|source| source.name.display().to_string()).unwrap_or_default();
        let name = if name == STDIN { "standard input".to_string() } else { name };
        Error::Usage(format!("{name}, line {number}: {what}"))
    }

    /// Reads the next line of a source, whose last one had this key.
    fn refill(&mut self, at: usize, key: &[u8]) -> Result<(), Error> {
        loop {
            let Some(Numbered { reader, number, is_ended }) = self.readers.get_mut(at) else { return Ok(()) };
            let mut text = Vec::new();
            *number += 1;
            let number = *number;
            let read = reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut text);
            let bytes = read.map_err(|source| Error::Input { path: self.sources[at].name.clone(), source })?;
            if bytes == 0 {
                let is_cut = self.sources[at].is_whole_file && !*is_ended;
                return if is_cut { Err(self.wrong_at(at, number, &CUT)) } else { Ok(()) };
            }
            if bytes as u64 == MAX_LINE_BYTES && text.last() != Some(&b'\n') {
                return Err(self.wrong_at(at, number, &"too long for a line of `dcm2fhir scan`"));
            }
            while matches!(text.last(), Some(b'\n' | b'\r')) {
                text.pop();
            }
            if text.is_empty() {
                continue;
            }
            let line = TextLine { text, at, number };
            *is_ended |= line.ends_a_scan();
            if self.is_merged && line.key() < key && !line.key().is_empty() {
                let what = "not sorted, and several inputs are merged: sort each with LC_ALL=C sort";
                return Err(self.wrong_at(at, number, &what));
            }
            self.heads.push(Reverse(line));
            return Ok(());
        }
    }
}

/// Limits the number of open sources: of very many, some are merged into a temporary file.
pub fn few(mut sources: Vec<Source>) -> Result<Vec<Source>, Error> {
    while sources.len() > MAX_OPEN {
        let some: Vec<Source> = sources.drain(..MAX_OPEN).collect();
        let name = some[0].name.clone();
        let failed = |source| Error::Write { path: std::env::temp_dir(), source };
        let mut file = io::BufWriter::new(tempfile::tempfile().map_err(failed)?);
        let mut lines = Lines::open(&some)?;
        while let Some(line) = lines.next()? {
            file.write_all(&line.text).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        }
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        sources.push(Source::new(&name, Content::Spooled(file)));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(texts: &[&str]) -> Vec<Source> {
        let source = |text: &&str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            Source::new("x".as_ref(), Content::Spooled(file))
        };
        texts.iter().map(source).collect()
    }

    fn all(sources: &[Source]) -> Result<Vec<String>, String> {
        let said = |error: Error| error.to_string();
        let (mut lines, mut all) = (Lines::open(sources).map_err(said)?, Vec::new());
        while let Some(line) = lines.next().map_err(said)? {
            all.push(String::from_utf8(line.text).unwrap());
        }
        Ok(all)
    }

    #[test]
    fn several_sources_come_by_key_and_one_as_it_is() {
        assert_eq!(all(&sources(&["2\tb\n\r\n1\ta\n3"])).unwrap(), ["2\tb", "1\ta", "3"]);
        let several = sources(&["\tz\n1\ta\n3\tc", "1\tb\n2\tx\r\n", ""]);
        for _ in 0..2 {
            assert_eq!(all(&several).unwrap(), ["\tz", "1\ta", "1\tb", "2\tx", "3\tc"]);
        }
        let unsorted = all(&sources(&["2\tb\n1\ta\n", "1\tx\n"])).unwrap_err();
        assert!(unsorted.contains("x, line 2: not sorted"), "{unsorted}");
    }

    #[test]
    fn very_many_sources_are_merged_in_steps() {
        let texts: Vec<String> = (0..2 * MAX_OPEN).map(|number| format!("{number:05}\ta\n99999\tb\n")).collect();
        let many = sources(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let few = few(many).unwrap();
        assert!(few.len() <= MAX_OPEN);
        let all = all(&few).unwrap();
        assert_eq!(all.len(), 4 * MAX_OPEN);
        assert!(all.is_sorted());
    }
}
