//! Files that were left out, on their way to the report.

use super::cut::{Cutter, text};
use super::line::{Instance, Line, Skipped};
use super::text::{FileName, Notes};
use crate::group::FileNotes;
use crate::issue::Skip;
use crate::name::Name;

/// A file that was left out, or one that only has notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// The file.
    pub name: Name,
    /// Why it was left out; `None` if it has only notes.
    pub skip: Option<Skip>,
    /// Its notes.
    pub notes: FileNotes,
}

/// A file that was left out, as the entry of a line.
pub fn skipped_entry(file: &SkippedFile) -> String {
    serde_json::to_string(&file.to_line()).expect("an entry is strings and numbers")
}

/// The line of files that were left out.
pub fn skipped_line(cutter: &Cutter, entries: &[String]) -> String {
    let empty = text("", &Line { ..cutter.empty::<Instance<'_>>() });
    format!("{},\"skipped\":[{}]}}", empty.trim_end_matches('}'), entries.join(","))
}

impl SkippedFile {
    fn to_line(&self) -> Skipped {
        Skipped { n: FileName(self.name.clone()), r: self.skip.clone(), x: Notes(self.notes.clone()) }
    }

    /// Parses a line's entry.
    pub(super) fn of_line(Skipped { n, r, x }: Skipped) -> SkippedFile {
        SkippedFile { name: n.0, skip: r, notes: x.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_comes_back_as_it_was() {
        for skip in Skip::one_of_each() {
            let file = SkippedFile { name: Name::file("a"), skip: Some(skip), notes: FileNotes::default() };
            let json = serde_json::to_string(&file.to_line()).unwrap();
            assert_eq!(SkippedFile::of_line(serde_json::from_str(&json).unwrap()), file);
        }
        for json in
            [r#"{"n":"a","r":"no-uid"}"#, r#"{"n":"a","r":"unreadable"}"#, r#"{"n":"a","r":"what"}"#, r#"{"n":"a"}"#]
        {
            assert!(serde_json::from_str::<Skipped>(json).is_err(), "{json}");
        }
    }
}
