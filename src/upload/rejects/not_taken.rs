//! The list of what the server did not take, for the report: sorted on disk, so that a million take no memory.

use std::io;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::report::Sorter;

/// The list.
#[derive(Debug)]
pub struct NotTaken(Mutex<Sorter>);

/// A rejected resource, and why.
#[derive(Serialize)]
struct Line<'l> {
    resource: &'l str,
    outcome: &'l str,
    reason: &'l str,
}

impl NotTaken {
    /// An empty list.
    pub fn new() -> NotTaken {
        NotTaken(Mutex::new(empty()))
    }

    /// Adds a resource.
    pub fn add(&self, resource: &str, outcome: &str, reason: &str) -> io::Result<()> {
        let line = serde_json::to_string(&Line { resource, outcome, reason })?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line + "\n")
    }

    /// Takes each entry out as JSON, in the order of their text: the threads that send are in no order.
    pub fn for_each(&self, mut each: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let all = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), empty());
        all.finish(|line| each(line.trim_end()))
    }
}

fn empty() -> Sorter {
    Sorter::new(&std::env::temp_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_comes_back_in_order() {
        let list = NotTaken::new();
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
