//! Counts of an upload: each study once, each companion once.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use crate::http::Traffic;
use crate::numbers::{count, duration};
use crate::source::{one_line, printable_path};
use crate::terminal::size;

/// The most refused studies that are named; the file of rejects has all.
const MAX_NAMED: usize = 10;

/// The result of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It was created.
    Created,
    /// It was updated.
    Updated,
    /// The server already had it, unchanged.
    Unchanged,
    /// It was skipped, as the journal has it.
    Journaled,
    /// It was already counted in this run.
    Shared,
    /// A companion exists on the server and was not changed.
    Kept,
    /// A study was held back, as the server's has more instances.
    Held,
    /// It was rejected.
    Rejected,
    /// It was sent, with unknown result.
    Unknown,
}

impl End {
    /// The results that the report counts.
    pub const REPORTED: [End; 8] =
        [End::Created, End::Updated, End::Unchanged, End::Journaled, End::Kept, End::Held, End::Rejected, End::Unknown];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            End::Created => "created",
            End::Updated => "updated",
            End::Unchanged => "unchanged",
            End::Journaled => "sentBefore",
            End::Shared => "shared",
            End::Kept => "leftAsTheyAre",
            End::Held => "heldBack",
            End::Rejected => "rejected",
            End::Unknown => "unknown",
        }
    }
}

/// Counts by result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends([u64; 9]);

/// The counts of a run.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Studies and selections.
    pub studies: Ends,
    /// All other resources.
    pub companions: Ends,
    /// Inputs, or parts of them, that are not FHIR.
    pub unreadable: u64,
    /// Patients of the server that contradict ours.
    pub contradicting_patients: u64,
    /// Requests that were too large for the server and were sent in parts.
    pub too_large: u64,
    /// The first few refused resources, with reasons.
    pub refused: Vec<String>,
    contradictions: Vec<String>,
}

impl Ends {
    /// Counts a result.
    pub fn add(&mut self, end: End) {
        self.0[end as usize] += 1;
    }

    /// The count of a result.
    pub fn of(&self, end: End) -> u64 {
        self.0[end as usize]
    }

    /// The total.
    pub fn all(&self) -> u64 {
        self.0.iter().sum::<u64>() - self.of(End::Shared)
    }

    /// The number of resources that the server did not accept, as far as is known.
    pub fn not_taken(&self) -> u64 {
        self.of(End::Held) + self.of(End::Rejected) + self.of(End::Unknown)
    }
}

impl Counts {
    /// Records a refused resource, if among the first few.
    pub fn refused(&mut self, name: &str, why: &str) {
        if self.refused.len() < MAX_NAMED {
            self.refused.push(format!("{name}: {why}"));
        }
    }

    /// Records a Patient of the server that contradicts ours and was not changed.
    pub fn contradicts(&mut self, name: &str, what: &[&str]) {
        self.contradicting_patients += 1;
        if self.contradictions.len() < MAX_NAMED {
            self.contradictions.push(format!("{name}: {} differs", what.join(", ")));
        }
    }

    /// Records an input that cannot be sent.
    pub fn unreadable(&mut self, place: &str, why: &str) {
        self.unreadable += 1;
        self.refused(place, why);
    }

    /// 0 if the server has everything, else 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.studies.not_taken() + self.companions.not_taken() + self.unreadable > 0)
    }
}

/// The summary of an upload, as a table.
#[derive(Debug, Clone, Copy)]
pub struct UploadSummary<'a> {
    /// The counts.
    pub counts: &'a Counts,
    /// Whether nothing was sent.
    pub dry_run: bool,
    /// The server's base URL and release.
    pub server: &'a str,
    /// The file of rejects.
    pub rejects: Option<&'a Path>,
    /// Traffic statistics.
    pub traffic: &'a Traffic,
    /// Studies in the journal that were not in the input.
    pub gone: usize,
    /// The duration.
    pub elapsed: Duration,
}

impl fmt::Display for UploadSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts;
        self.ends(f, "studies", &counts.studies)?;
        self.ends(f, "companions", &counts.companions)?;
        if counts.unreadable > 0 {
            row(f, "unreadable", &count(counts.unreadable), "inputs or lines that are no FHIR to send")?;
        }
        if counts.contradicting_patients > 0 {
            let words = "patients of whom the server says otherwise: is the Patient ID theirs?";
            row(f, "", &count(counts.contradicting_patients), words)?;
        }
        for refused in counts.contradictions.iter().chain(&counts.refused) {
            row(f, "", "", &one_line(refused))?;
        }
        let not_taken = counts.studies.not_taken() + counts.companions.not_taken();
        match self.rejects {
            Some(path) if not_taken > 0 => row(f, "rejects", "", &printable_path(path))?,
            None if not_taken > 0 => row(f, "rejects", "", "--rejects FILE keeps them, with the server's reasons")?,
            _ => {}
        }
        if counts.too_large > 0 {
            row(f, "too large", &count(counts.too_large), "requests sent in parts: --gzip sends fewer bytes")?;
        }
        if self.gone > 0 {
            row(f, "journal", &count(self.gone as u64), "studies sent before that are not in the input: see --report")?;
        }
        row(f, "server", "", &one_line(self.server))?;
        self.wire(f)?;
        row(f, "time", "", &duration(self.elapsed))
    }
}

impl UploadSummary<'_> {
    fn wire(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traffic = self.traffic;
        let within = |part| traffic.within(part).map_or("-".to_string(), duration);
        let others: Vec<String> = traffic
            .by_status
            .iter()
            .filter(|(status, _)| !(200..300).contains(*status))
            .map(|(status, answers)| format!("{} of {status}", count(*answers)))
            .chain((traffic.unanswered > 0).then(|| format!("{} unanswered", count(traffic.unanswered))))
            .collect();
        let others = if others.is_empty() { String::new() } else { format!(": {}", others.join(", ")) };
        row(
            f,
            "requests",
            &count(traffic.requests),
            &format!("answered in {} (median), {} (95 %){others}", within(0.5), within(0.95)),
        )?;
        row(f, "", "", &format!("{} sent, {} received", size(traffic.sent_bytes), size(traffic.received_bytes)))
    }

    fn ends(&self, f: &mut fmt::Formatter<'_>, name: &str, ends: &Ends) -> fmt::Result {
        row(f, name, &count(ends.all()), if self.dry_run { "nothing was sent" } else { "" })?;
        let words = if self.dry_run { ["to create", "to update"] } else { ["created", "updated"] };
        for (end, words) in [
            (End::Created, words[0]),
            (End::Updated, words[1]),
            (End::Unchanged, "on the server already, unchanged"),
            (End::Journaled, "sent before, by the journal"),
            (End::Kept, "on the server with another content, left as they are"),
            (End::Held, "held back"),
            (End::Rejected, "rejected"),
            (End::Unknown, "sent, but nobody knows whether they arrived"),
        ] {
            if ends.of(end) > 0 {
                row(f, "", &count(ends.of(end)), words)?;
            }
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, number: &str, detail: &str) -> fmt::Result {
    let line =
        if number.is_empty() { format!("{name:<12} {detail}") } else { format!("{name:<12} {number:>11}  {detail}") };
    writeln!(f, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_became_of_everything() {
        let mut counts = Counts::default();
        for end in [End::Created, End::Created, End::Held, End::Rejected] {
            counts.studies.add(end);
        }
        counts.companions.add(End::Kept);
        counts.refused("ImagingStudy/1.2", "422: invalid");
        let elapsed = Duration::from_millis(1500);
        let mut traffic = Traffic::default();
        traffic.add(2048, Some((200, 100)), Duration::from_millis(40));
        traffic.add(2048, Some((422, 100)), Duration::from_millis(40));
        traffic.add(0, None, Duration::ZERO);
        let summary = UploadSummary {
            counts: &counts,
            dry_run: false,
            server: "http://h (r4)",
            rejects: None,
            traffic: &traffic,
            gone: 2,
            elapsed,
        };
        let want = "\
studies                4
                       2  created
                       1  held back
                       1  rejected
companions             1
                       1  on the server with another content, left as they are
             ImagingStudy/1.2: 422: invalid
rejects      --rejects FILE keeps them, with the server's reasons
journal                2  studies sent before that are not in the input: see --report
server       http://h (r4)
requests               3  answered in 42 ms (median), 42 ms (95 %): 1 of 422, 1 unanswered
             4.10 kB sent, 200 B received
time         1.5 s
";
        assert_eq!(summary.to_string(), want);
        assert_eq!(counts.exit_code(), 1);
        assert_eq!(Counts::default().exit_code(), 0);
    }
}
