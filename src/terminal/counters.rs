//! Counters of the stages, and the progress text.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use indicatif::{DecimalBytes, HumanDuration};

use crate::numbers::count;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub walked_files: AtomicU64,
    pub walk_ended: AtomicBool,
    pub read_files: AtomicU64,
    pub read_bytes: AtomicU64,
    pub studies: AtomicU64,
    pub writing: AtomicBool,
    pub documents: AtomicU64,
    pub written_documents: AtomicU64,
    /// Milliseconds after the start of the run at which writing was first seen.
    pub writing_since: AtomicU64,
    pub retried_requests: AtomicU64,
    pub refused_resources: AtomicU64,
}

impl Counters {
    /// The number of items done, and the total if known.
    pub fn position(&self) -> (u64, Option<u64>) {
        if self.writing.load(Relaxed) {
            let documents = self.documents.load(Relaxed);
            // The total of a stream is not known.
            return (self.written_documents.load(Relaxed), (documents > 0).then_some(documents));
        }
        let total = self.walk_ended.load(Relaxed).then(|| self.walked_files.load(Relaxed));
        (self.read_files.load(Relaxed), total)
    }

    /// The progress text.
    pub fn line(&self, elapsed: Duration) -> String {
        let (done, total) = self.position();
        let of_total = total.map_or(String::new(), |total| format!(" of {}", count(total)));
        if self.writing.load(Relaxed) {
            return format!("writing: {}{of_total} documents{}", count(done), self.writing_details(done, elapsed));
        }
        let seconds = elapsed.as_secs_f64().max(0.001);
        let rate = count((done as f64 / seconds) as u64);
        let bytes = size(self.read_bytes.load(Relaxed));
        // The most important parts first, as narrow terminals truncate the line.
        let left = time_left(done, total, seconds).map_or(String::new(), |left| format!(", {left} left"));
        let line = format!("{}{of_total} files, {rate}/s{left}, {bytes} read", count(done));
        match self.studies.load(Relaxed) {
            0 => line,
            studies => format!("{line}, {} studies", count(studies)),
        }
    }

    /// The rate of documents, retries and rejections.
    fn writing_details(&self, done: u64, elapsed: Duration) -> String {
        let now = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let since = self.writing_since.compare_exchange(0, now, Relaxed, Relaxed).err().unwrap_or(now);
        let mut details = String::new();
        if done > 0 && now > since {
            details += &format!(", {}/s", count(done * 1000 / (now - since)));
        }
        for (number, words) in [(&self.retried_requests, "retries"), (&self.refused_resources, "refused")] {
            match number.load(Relaxed) {
                0 => {}
                number => details += &format!(", {} {words}", count(number)),
            }
        }
        details
    }
}

/// The remaining time, if longer than a second.
fn time_left(done: u64, total: Option<u64>, seconds: f64) -> Option<String> {
    let left = total?.saturating_sub(done) as f64;
    let seconds = (left * seconds / done.max(1) as f64) as u64;
    (done > 0 && seconds > 1).then(|| HumanDuration(Duration::from_secs(seconds)).to_string())
}

/// A number of bytes, in the largest suitable unit.
pub fn size(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_more_as_more_is_known() {
        let counters = Counters::default();
        counters.walked_files.store(3000, Relaxed);
        counters.read_files.store(1000, Relaxed);
        counters.read_bytes.store(16_000_000, Relaxed);
        let line = || counters.line(Duration::from_secs(2));
        assert_eq!(line(), "1,000 files, 500/s, 16.00 MB read");
        counters.walk_ended.store(true, Relaxed);
        counters.studies.store(7, Relaxed);
        assert_eq!(line(), "1,000 of 3,000 files, 500/s, 4 seconds left, 16.00 MB read, 7 studies");
        counters.documents.store(7, Relaxed);
        counters.writing.store(true, Relaxed);
        assert_eq!(line(), "writing: 0 of 7 documents");
        counters.written_documents.store(4, Relaxed);
        counters.retried_requests.store(2, Relaxed);
        let later = counters.line(Duration::from_secs(4));
        assert_eq!(later, "writing: 4 of 7 documents, 2/s, 2 retries");
    }
}
