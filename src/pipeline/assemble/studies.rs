//! Groups lines by study, one study at a time.

use std::collections::HashSet;

use super::lines::{Lines, Source, TextLine};
use crate::error::Error;
use crate::group::fragment::{Malformed, key_hash, study_uid};

/// A consumer of the lines of studies.
pub trait LineVisitor {
    /// The state of the current study.
    type Open;

    /// Starts a study.
    fn open(&mut self, study_uid: &str) -> Self::Open;

    /// Whether the line is a duplicate.
    fn has(&mut self, open: &mut Self::Open, json: &[u8]) -> bool;

    /// Adds a line of the study.
    fn line(&mut self, open: &mut Self::Open, json: &[u8]) -> Result<(), Malformed>;

    /// Ends the study.
    fn close(&mut self, open: Self::Open, key: &str) -> Result<(), Error>;

    /// A line that belongs to no study.
    fn other(&mut self, json: &[u8]) -> Result<(), Malformed>;
}

/// The current study.
struct Current<O> {
    key: Vec<u8>,
    open: O,
}

/// Passes the lines of all sources to the consumer, and fails at the first invalid one.
pub fn visit<T: LineVisitor>(sources: &[Source], visitor: &mut T) -> Result<(), Error> {
    let mut lines = Lines::open(sources)?;
    let (mut current, mut seen): (Option<Current<T::Open>>, HashSet<u64>) = (None, HashSet::new());
    while let Some(line) = lines.next()? {
        let Some((key, json)) = line.parts() else { return Err(lines.wrong(&line, &Malformed::NoTab)) };
        if key.is_empty() {
            visitor.other(json).map_err(|malformed| lines.wrong(&line, &malformed))?;
            continue;
        }
        if current.as_ref().is_none_or(|current| current.key != key) {
            close(&mut current, visitor)?;
            current = Some(begin(&lines, &line, key, &mut seen, visitor)?);
        }
        let Some(Current { open, .. }) = &mut current else { continue };
        if !visitor.has(open, json) {
            visitor.line(open, json).map_err(|malformed| lines.wrong(&line, &malformed))?;
        }
    }
    close(&mut current, visitor)
}

fn begin<T: LineVisitor>(
    lines: &Lines<'_>,
    line: &TextLine,
    key: &[u8],
    seen: &mut HashSet<u64>,
    visitor: &mut T,
) -> Result<Current<T::Open>, Error> {
    let text = std::str::from_utf8(key).ok();
    let Some((text, uid)) = text.and_then(|text| Some((text, study_uid(text)?))) else {
        return Err(lines.wrong(line, &Malformed::Key));
    };
    if !seen.insert(key_hash(text)) {
        let what = "the lines of a study do not stand together: sort them with LC_ALL=C sort";
        return Err(lines.wrong(line, &what));
    }
    Ok(Current { key: key.to_vec(), open: visitor.open(&uid) })
}

fn close<T: LineVisitor>(current: &mut Option<Current<T::Open>>, visitor: &mut T) -> Result<(), Error> {
    let Some(Current { key, open }) = current.take() else { return Ok(()) };
    visitor.close(open, &String::from_utf8_lossy(&key))
}
