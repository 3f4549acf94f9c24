//! Single resources are spooled to disk until the resources they may refer to are on the server.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};

use super::Document;
use crate::error::Error;
use crate::upload::json::one_line;

/// Types in the order of their references; all others come first.
const RANKS: [&[&str]; 3] =
    [&["Encounter", "ServiceRequest", "Specimen", "Procedure"], &["ImagingStudy"], &["ImagingSelection"]];

/// Spooled resources, in unnamed files.
pub struct Aside(Vec<BufWriter<File>>);

impl Aside {
    /// No resources yet.
    pub fn new() -> Result<Aside, Error> {
        let file = || tempfile::tempfile().map(BufWriter::new).map_err(failed);
        (0..=RANKS.len()).map(|_| file()).collect::<Result<_, _>>().map(Aside)
    }

    /// Adds a resource; `place` is where it was read, for messages.
    pub fn put(&mut self, kind: &str, place: &str, text: &str) -> Result<(), Error> {
        let rank = RANKS.iter().position(|kinds| kinds.contains(&kind)).map_or(0, |rank| rank + 1);
        let place = place.replace('\n', " ");
        writeln!(self.0[rank], "{place}\n{}", one_line(text)).map_err(failed)
    }

    /// The ranks, to be sent one after the other.
    pub fn into_ranks(self) -> impl Iterator<Item = Result<Rank, Error>> {
        self.0.into_iter().filter_map(|file| rank(file).transpose())
    }
}

/// The rank in a file, unless it is empty.
fn rank(file: BufWriter<File>) -> Result<Option<Rank>, Error> {
    let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    if file.stream_position().map_err(failed)? == 0 {
        return Ok(None);
    }
    file.rewind().map_err(failed)?;
    Ok(Some(Rank(BufReader::new(file).lines())))
}

/// Resources that cannot refer to each other.
pub struct Rank(Lines<BufReader<File>>);

impl Iterator for Rank {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Result<Document, Error>> {
        let (place, text) = (self.0.next()?, self.0.next()?);
        Some(place.and_then(|place| Ok(Document { place, text: text? })).map_err(failed))
    }
}

fn failed(source: io::Error) -> Error {
    Error::Write { path: std::env::temp_dir(), source }
}
