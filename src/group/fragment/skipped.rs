//! Files that were left out, on their way to the report.

use std::borrow::Cow;

use super::cut::{Cutter, text};
use super::line::{Instance, Line, Skipped};
use super::text::{FileName, Notes};
use crate::dicom::Tag;
use crate::group::FileNotes;
use crate::issue::Skip;
use crate::name::Name;

/// A file that was left out, and why; `None` where only something is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// The file.
    pub name: Name,
    /// Why.
    pub skip: Option<Skip>,
    /// What else is to be said of it.
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
    fn to_line(&self) -> Skipped<'_> {
        let (r, t, w) = self.skip.as_ref().map_or(("", None, None), parts);
        Skipped {
            n: FileName(self.name.clone()),
            r: r.into(),
            t: t.map(|tag| u32::from(tag.group()) << 16 | u32::from(tag.element())),
            w: w.map(Cow::Owned),
            x: Notes(self.notes.clone()),
        }
    }

    /// Takes a line's entry back; `None` where the reason is none that is known.
    pub(super) fn of_line(skipped: Skipped<'_>) -> Option<SkippedFile> {
        let Skipped { n, r, t, w, x } = skipped;
        let skip = if r.is_empty() { None } else { Some(skip(&r, t, w)?) };
        Some(SkippedFile { name: n.0, skip, notes: x.0 })
    }
}

/// The reason, and what it is about.
fn parts(skip: &Skip) -> (&'static str, Option<Tag>, Option<String>) {
    let (tag, words) = match skip {
        Skip::NoUid(tag) | Skip::UnusableUid(tag) => (Some(*tag), None),
        Skip::NotJson(byte) => (None, Some(byte.to_string())),
        Skip::Unsupported(words) | Skip::Compressed(words) | Skip::Unreadable(words) | Skip::NotDelivered(words) => {
            (None, Some(words.clone()))
        }
        _ => (None, None),
    };
    (code(skip), tag, words)
}

/// The reason as the report has it.
fn code(skip: &Skip) -> &'static str {
    match skip {
        Skip::NotDicom => "not-dicom",
        Skip::Empty => "empty",
        Skip::Dicomdir => "dicomdir",
        Skip::NestedArchive => "nested-archive",
        Skip::Cut => "cut",
        Skip::NotJson(_) => "not-json",
        Skip::Encrypted => "encrypted",
        Skip::Unsupported(_) => "unsupported",
        Skip::Link => "link",
        Skip::NotRegular => "not-regular",
        Skip::Missing => "missing",
        Skip::OutsideFolder => "outside-folder",
        Skip::NoUid(_) => "no-uid",
        Skip::UnusableUid(_) => "unusable-uid",
        Skip::Filtered => "filtered",
        Skip::PassedBy => "passed-by",
        Skip::Compressed(_) => "compressed",
        Skip::Unreadable(_) => "unreadable",
        Skip::NotDelivered(_) => "not-delivered",
    }
}

fn skip(code: &str, tag: Option<u32>, words: Option<Cow<'_, str>>) -> Option<Skip> {
    let tag = tag.map(|tag| Tag((tag >> 16) as u16, tag as u16));
    let words = words.map(Cow::into_owned);
    let plain = [
        Skip::NotDicom,
        Skip::Empty,
        Skip::Dicomdir,
        Skip::NestedArchive,
        Skip::Cut,
        Skip::Encrypted,
        Skip::Link,
        Skip::NotRegular,
        Skip::Missing,
        Skip::OutsideFolder,
        Skip::Filtered,
        Skip::PassedBy,
    ];
    match code {
        "no-uid" => tag.map(Skip::NoUid),
        "unusable-uid" => tag.map(Skip::UnusableUid),
        "unsupported" => words.map(Skip::Unsupported),
        "compressed" => words.map(Skip::Compressed),
        "unreadable" => words.map(Skip::Unreadable),
        "not-delivered" => words.map(Skip::NotDelivered),
        "not-json" => words?.parse().ok().map(Skip::NotJson),
        _ => plain.into_iter().find(|skip| self::code(skip) == code),
    }
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn a_reason_comes_back_as_it_was() {
        for skip in [
            Skip::NotDicom,
            Skip::Empty,
            Skip::Dicomdir,
            Skip::NestedArchive,
            Skip::Cut,
            Skip::NotJson(7),
            Skip::Encrypted,
            Skip::Unsupported("x".into()),
            Skip::Link,
            Skip::NotRegular,
            Skip::Missing,
            Skip::OutsideFolder,
            Skip::NoUid(tags::STUDY_INSTANCE_UID),
            Skip::UnusableUid(tags::SOP_INSTANCE_UID),
            Skip::Filtered,
            Skip::PassedBy,
            Skip::Compressed("a\n\"b".into()),
            Skip::Unreadable("y".into()),
            Skip::NotDelivered("z".into()),
        ] {
            let file = SkippedFile { name: Name::file("a"), skip: Some(skip), notes: FileNotes::default() };
            let json = serde_json::to_string(&file.to_line()).unwrap();
            assert_eq!(SkippedFile::of_line(serde_json::from_str(&json).unwrap()), Some(file));
        }
        for json in [r#"{"n":"a","r":"no-uid"}"#, r#"{"n":"a","r":"unreadable"}"#, r#"{"n":"a","r":"what"}"#] {
            assert_eq!(SkippedFile::of_line(serde_json::from_str(json).unwrap()), None, "{json}");
        }
    }
}
