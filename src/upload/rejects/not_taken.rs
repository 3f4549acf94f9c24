//! The list of what the server did not take, for the report: on disk, so that a million take no memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// The list, in a file without a name.
#[derive(Debug)]
pub struct NotTaken(Mutex<BufWriter<File>>);

/// A resource that was not taken, and why.
#[derive(Serialize)]
struct Line<'l> {
    resource: &'l str,
    outcome: &'l str,
    reason: &'l str,
}

impl NotTaken {
    /// Nothing yet.
    pub fn new() -> io::Result<NotTaken> {
        Ok(NotTaken(Mutex::new(BufWriter::new(tempfile::tempfile()?))))
    }

    /// Adds a resource.
    pub fn add(&self, resource: &str, outcome: &str, reason: &str) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_writer(&mut *file, &Line { resource, outcome, reason })?;
        file.write_all(b"\n")
    }

    /// Each entry as JSON, in the order of their text: the threads that send are in no order.
    pub fn for_each(&self, mut each: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.flush()?;
        file.rewind()?;
        let mut lines = BufReader::new(file.get_ref()).lines().collect::<io::Result<Vec<String>>>()?;
        lines.sort_unstable();
        lines.iter().try_for_each(|line| each(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_comes_back_in_order() {
        let list = NotTaken::new().unwrap();
        list.add("ImagingStudy/2", "rejected", "422: \"x\"").unwrap();
        list.add("ImagingStudy/1", "held back", "2 instances").unwrap();
        let mut all = Vec::new();
        list.for_each(|line| {
            all.push(line.to_string());
            Ok(())
        })
        .unwrap();
        assert_eq!(all.len(), 2);
        assert!(all[0].contains("ImagingStudy/1") && all[1].contains(r#"422: \"x\""#), "{all:?}");
    }
}
