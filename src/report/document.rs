//! The report as a JSON document: one entry a line, so that `grep` can read it too.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::sorter::Sorter;
use super::{Counts, Totals};
use crate::error::Error;
use crate::options::{FileMode, is_stdout};
use crate::output::WholeFile;

/// An additional member of the report.
pub struct Section<'s> {
    /// Its name.
    pub name: &'s str,
    /// Writes its value.
    pub write: &'s dyn Fn(&mut dyn Write) -> io::Result<()>,
}

/// A report being collected.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    file: WholeFile,
    skipped: Sorter,
    issues: Sorter,
    /// The first error while collecting, returned at the end.
    failure: Option<io::Error>,
}

impl Document {
    pub fn create(path: &Path, mode: FileMode) -> Result<Document, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = WholeFile::create(path)?.with_mode(mode);
        let temporary = std::env::temp_dir();
        let folder = if is_stdout(path) { &temporary } else { folder };
        let sorter = || Sorter::new(folder);
        Ok(Document { path: path.to_path_buf(), file, skipped: sorter(), issues: sorter(), failure: None })
    }

    pub fn skipped(&mut self, line: String) {
        if self.failure.is_none() {
            self.failure = self.skipped.push(line).err();
        }
    }

    pub fn issue(&mut self, line: String) {
        if self.failure.is_none() {
            self.failure = self.issues.push(line).err();
        }
    }

    pub fn finish(self, totals: &Totals, counts: &Counts, section: Option<&Section<'_>>) -> Result<(), Error> {
        let Document { path, mut file, skipped, issues, failure } = self;
        if let Some(source) = failure {
            return Err(Error::Write { path, source });
        }
        let mut entries = Some((skipped, issues));
        file.write_with(&mut |writer| {
            let Some((skipped, issues)) = entries.take() else { return Ok(()) };
            write_head(writer, totals, counts)?;
            if let Some(section) = section {
                write!(writer, "  \"{}\": ", section.name)?;
                (section.write)(writer)?;
                writer.write_all(b",\n")?;
            }
            write_list(writer, "skipped", skipped)?;
            writer.write_all(b",\n")?;
            write_list(writer, "issues", issues)?;
            writer.write_all(b"\n}\n")
        })?;
        file.finish()
    }
}

fn write_head(writer: &mut dyn Write, totals: &Totals, counts: &Counts) -> io::Result<()> {
    let members = [
        ("tool", json!(env!("CARGO_PKG_NAME"))),
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("fhir", json!({ "release": totals.release, "version": totals.fhir_version })),
        ("partial", json!(totals.partial)),
        ("totals", totals_json(totals, counts)),
        ("skippedByReason", json!(counts.skipped_by_code())),
        ("issuesByReason", json!(counts.issues_by_code())),
    ];
    writer.write_all(b"{\n")?;
    members.iter().try_for_each(|(name, value)| writeln!(writer, "  \"{name}\": {value},"))
}

pub(super) fn totals_json(totals: &Totals, counts: &Counts) -> serde_json::Value {
    json!({
        "files": totals.files,
        "dicomFiles": totals.dicom_files,
        "repeatedFiles": totals.repeated_files,
        "studies": totals.studies,
        "series": totals.series,
        "instances": totals.instances,
        "instancesByModality": totals.instances_by_modality,
        "skippedFiles": counts.skipped_files(),
        "lostFiles": counts.lost_files(),
        "issues": counts.issues(),
    })
}

fn write_list(writer: &mut dyn Write, name: &str, entries: Sorter) -> io::Result<()> {
    write!(writer, "  \"{name}\": [")?;
    let mut separator = "\n    ";
    entries.finish(|line| {
        let json = line.split_once('\0').map_or(line, |(_, json)| json).trim_end();
        write!(writer, "{separator}{json}")?;
        separator = ",\n    ";
        Ok(())
    })?;
    write!(writer, "{}]", if separator.starts_with(',') { "\n  " } else { "" })
}
