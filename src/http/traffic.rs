//! Statistics of requests: counts, bytes, status codes and latency.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

/// Resolution of the latency histogram: eighths of a power of two in microseconds, about 9 %.
const STEPS_PER_OCTAVE: f64 = 8.0;
/// Buckets of the histogram, up to a quarter of an hour.
const STEPS: usize = 240;

/// Statistics of all requests.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests without a response.
    pub unanswered: u64,
    /// Bytes of request bodies, as sent.
    pub sent_bytes: u64,
    /// Bytes of response bodies, decompressed.
    pub received_bytes: u64,
    /// Responses by status code.
    pub by_status: BTreeMap<u16, u64>,
    latencies: [u64; STEPS],
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic {
            requests: 0,
            unanswered: 0,
            sent_bytes: 0,
            received_bytes: 0,
            by_status: BTreeMap::new(),
            latencies: [0; STEPS],
        }
    }
}

impl Traffic {
    /// Counts a request with its response and latency; `None` if there was no response.
    pub fn add(&mut self, sent_bytes: usize, answer: Option<(u16, usize)>, latency: Duration) {
        self.requests += 1;
        self.sent_bytes += sent_bytes as u64;
        let Some((status, received_bytes)) = answer else {
            self.unanswered += 1;
            return;
        };
        self.received_bytes += received_bytes as u64;
        *self.by_status.entry(status).or_default() += 1;
        self.latencies[step(latency)] += 1;
    }

    /// A percentile of the latency, as a fraction of 1; `None` without responses.
    pub fn within(&self, part: f64) -> Option<Duration> {
        let all: u64 = self.latencies.iter().sum();
        let wanted = (all as f64 * part).ceil() as u64;
        let mut seen = 0;
        let found = self.latencies.iter().position(|answers| {
            seen += answers;
            seen >= wanted.max(1)
        })?;
        Some(Duration::from_micros(2_f64.powf((found + 1) as f64 / STEPS_PER_OCTAVE).ceil() as u64))
    }

    /// For the report.
    pub fn json(&self) -> serde_json::Value {
        let milliseconds = |part| self.within(part).map(|latency| (latency.as_secs_f64() * 10_000.0).round() / 10.0);
        json!({
            "requests": self.requests,
            "unanswered": self.unanswered,
            "sentBytes": self.sent_bytes,
            "receivedBytes": self.received_bytes,
            "byStatus": self.by_status,
            "latencyMilliseconds": {
                "median": milliseconds(0.5),
                "p95": milliseconds(0.95),
                "p99": milliseconds(0.99),
                "max": milliseconds(1.0),
            },
        })
    }
}

fn step(latency: Duration) -> usize {
    let octaves = (latency.as_micros().max(1) as f64).log2();
    ((octaves * STEPS_PER_OCTAVE) as usize).min(STEPS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_within_a_tenth() {
        let mut traffic = Traffic::default();
        assert_eq!(traffic.within(0.5), None);
        (1..=1000).for_each(|number| traffic.add(10, Some((200, 5)), Duration::from_millis(number)));
        for (part, want) in [(0.5, 500.0), (0.95, 950.0), (1.0, 1000.0)] {
            let found = traffic.within(part).unwrap().as_secs_f64() * 1000.0;
            assert!((want..want * 1.1).contains(&found), "{part} {found}");
        }
    }

    #[test]
    fn what_is_not_answered_has_no_latency() {
        let mut traffic = Traffic::default();
        traffic.add(7, None, Duration::from_secs(9));
        traffic.add(3, Some((503, 0)), Duration::ZERO);
        traffic.add(0, Some((200, 4)), Duration::from_secs(100_000));
        let json = traffic.json();
        assert_eq!((&json["requests"], &json["unanswered"]), (&json!(3), &json!(1)));
        assert_eq!((&json["sentBytes"], &json["receivedBytes"]), (&json!(10), &json!(4)));
        assert_eq!(json["byStatus"], json!({"200": 1, "503": 1}));
    }
}
