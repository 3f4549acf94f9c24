//! The server's part of the report: results, reasons and traffic.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::Server;
use super::counts::{End, Ends};
use super::journal::Journal;
use crate::error::Error;

/// The server's part of the report.
pub struct ServerReport<'s> {
    server: &'s Server,
    /// Studies in the journal that were not in the input.
    pub gone: Vec<String>,
}

impl Server {
    /// The report. Missing studies are listed only for a complete run.
    pub fn report(&self, is_complete: bool) -> Result<ServerReport<'_>, Error> {
        let journal = self.journal.as_ref().filter(|_| is_complete);
        let gone = journal.map_or(Ok(Vec::new()), Journal::gone)?;
        Ok(ServerReport { server: self, gone })
    }
}

impl ServerReport<'_> {
    /// The report without its lists, as one JSON object.
    pub fn summary(&self) -> Value {
        let mut summary: Map<String, Value> =
            self.members().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        summary.insert("inJournalOnly".to_string(), json!(self.gone.len()));
        Value::Object(summary)
    }

    fn members(&self) -> [(&'static str, Value); 7] {
        let Server { sender, release, dry_run, .. } = self.server;
        let counts = self.server.counts();
        [
            ("base", json!(sender.base())),
            ("fhir", json!({ "release": release.name, "version": release.version })),
            ("dryRun", json!(dry_run)),
            ("studies", ends(&counts.studies)),
            ("companions", ends(&counts.companions)),
            ("unreadableInputs", json!(counts.unreadable)),
            ("traffic", sender.client.traffic().json()),
        ]
    }

    /// Writes it as a JSON object, with one entry of a list on a line.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let not_taken = &self.server.not_taken;
        out.write_all(b"{\n")?;
        self.members().iter().try_for_each(|(name, value)| writeln!(out, "    \"{name}\": {value},"))?;
        list(out, "notTaken", |each| not_taken.as_ref().map_or(Ok(()), |list| list.for_each(each)))?;
        out.write_all(b",\n")?;
        list(out, "inJournalOnly", |each| self.gone.iter().try_for_each(|name| each(&json!(name).to_string())))?;
        out.write_all(b"\n  }")
    }
}

fn ends(ends: &Ends) -> Value {
    let count = |end: &End| (end.name().to_string(), json!(ends.of(*end)));
    Value::Object(End::REPORTED.iter().map(count).collect())
}

/// Writes a member that is a list, whose entries `entries` passes one by one.
fn list(
    out: &mut dyn Write,
    name: &str,
    entries: impl FnOnce(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "    \"{name}\": [")?;
    let mut separator = "\n      ";
    entries(&mut |entry| {
        write!(out, "{separator}{entry}")?;
        separator = ",\n      ";
        Ok(())
    })?;
    let end = if separator.starts_with(',') { "\n    ]" } else { "]" };
    out.write_all(end.as_bytes())
}
