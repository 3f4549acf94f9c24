//! When a request is retried, and after how long. Pure: response, time and random number are arguments.
//!
//! A repeatable request is retried after every temporary failure; one that must not be processed twice is retried only
//! if the server certainly did not process it.

use std::time::{Duration, SystemTime};

use super::request::{Answer, Broken};

/// Whether a request is safe to send twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Safety {
    /// It reads, puts, or creates only what does not exist.
    #[default]
    Repeatable,
    /// It could create a duplicate.
    Once,
}

/// The decision after a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The response is final.
    Final,
    /// Retry.
    Again(Again),
    /// Retry a few times; then the response is final.
    AgainBriefly,
    /// It is unknown whether the server processed the request, and it must not be sent twice.
    Unknown,
}

/// How to retry a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// Whether the server is overloaded, so that all requests should wait.
    pub all_wait: bool,
    /// The server's `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// Limits of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The upper limit of the first pause; it doubles with every try.
    pub first_pause: Duration,
    /// The longest pause, also if a server asks for more.
    pub longest_pause: Duration,
    /// The most tries of one request.
    pub max_tries: u32,
    /// The most tries of a request that the server answers with an internal error.
    pub max_failures: u32,
    /// No try starts later than this after the first one.
    pub deadline: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(120),
            max_tries: 12,
            max_failures: 4,
            deadline: Duration::from_secs(15 * 60),
        }
    }
}

/// What to do after a try.
pub fn decide(result: &Result<Answer, Broken>, safety: Safety, time_of_day: SystemTime) -> Decision {
    let again = |all_wait, retry_after| Decision::Again(Again { all_wait, retry_after });
    let (is_sure, all_wait, answer) = match result {
        Ok(answer) => match answer.status {
            429 => (true, true, Some(answer)),
            503 => (false, true, Some(answer)),
            408 | 502 | 504 => (false, false, Some(answer)),
            // More often a conflict of two transactions than a permanent failure.
            500 if safety == Safety::Repeatable => return Decision::AgainBriefly,
            _ => return Decision::Final,
        },
        Err(Broken::NotSent(_)) => (true, false, None),
        Err(Broken::Sent(_)) => (false, false, None),
        Err(Broken::Refused(_) | Broken::Hopeless(_)) => return Decision::Final,
    };
    if safety == Safety::Once && !is_sure {
        return Decision::Unknown;
    }
    let asked = answer.and_then(|answer| answer.header("retry-after"));
    again(all_wait, asked.and_then(|text| retry_after(text, time_of_day)))
}

impl Policy {
    /// The pause before the next try: the server's `Retry-After` with some jitter, else exponential backoff with full
    /// jitter.
    pub fn pause(&self, tries: u32, retry_after: Option<Duration>, random: f64) -> Duration {
        let bound = self.first_pause.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
        let own = bound.min(self.longest_pause).mul_f64(random.clamp(0.0, 1.0));
        match retry_after {
            Some(asked) => asked.min(self.longest_pause) + own.min(self.first_pause),
            None => own,
        }
    }

    /// Whether another try may start after the pause.
    pub fn allows(&self, tries: u32, spent: Duration, pause: Duration) -> bool {
        tries < self.max_tries && spent.saturating_add(pause) <= self.deadline
    }
}

/// `Retry-After` (RFC 9110 10.2.3): seconds, or a date. A date in the past means no pause.
fn retry_after(text: &str, time_of_day: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(date.as_second()).ok()?))?;
    Some(date.duration_since(time_of_day).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_was_refused_is_not() {
        use Safety::{Once, Repeatable};
        for (status, safety, want) in [
            (200, Repeatable, "final"),
            (400, Repeatable, "final"),
            (401, Repeatable, "final"),
            (409, Repeatable, "final"),
            (412, Repeatable, "final"),
            (413, Repeatable, "final"),
            (422, Repeatable, "final"),
            (500, Repeatable, "again briefly"),
            (500, Once, "final"),
            (408, Repeatable, "again"),
            (429, Repeatable, "all wait"),
            (502, Repeatable, "again"),
            (503, Repeatable, "all wait"),
            (504, Repeatable, "again"),
            (408, Once, "unknown"),
            (429, Once, "all wait"),
            (502, Once, "unknown"),
            (503, Once, "unknown"),
            (422, Once, "final"),
        ] {
            let result = Ok(Answer { status, ..Answer::default() });
            assert_eq!(word(&decide(&result, safety, at(0))), want, "{status} {safety:?}");
        }
        for (broken, safety, want) in [
            (Broken::NotSent(String::new()), Once, "again"),
            (Broken::Sent(String::new()), Once, "unknown"),
            (Broken::Sent(String::new()), Repeatable, "again"),
            (Broken::Hopeless(String::new()), Repeatable, "final"),
            (Broken::Refused(String::new()), Once, "final"),
        ] {
            assert_eq!(word(&decide(&Err(broken), safety, at(0))), want);
        }
    }

    fn word(decision: &Decision) -> &'static str {
        match decision {
            Decision::Final => "final",
            Decision::Again(Again { all_wait: true, .. }) => "all wait",
            Decision::Again(_) => "again",
            Decision::AgainBriefly => "again briefly",
            Decision::Unknown => "unknown",
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = at(1_445_412_440); // Wed, 21 Oct 2015 07:27:20 GMT
        for (text, want) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(40)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, now).map(|span| span.as_secs()), want, "{text}");
        }
    }

    #[test]
    fn a_pause_doubles_up_to_a_cap_and_is_spread() {
        let policy = Policy::default();
        assert_eq!(policy.pause(1, None, 1.0), Duration::from_millis(500));
        assert_eq!(policy.pause(3, None, 0.5), Duration::from_secs(1));
        assert_eq!(policy.pause(60, None, 1.0), policy.longest_pause);
        let asked = policy.pause(5, Some(Duration::from_secs(7)), 1.0);
        assert_eq!(asked, Duration::from_millis(7500));
        assert!(policy.pause(1, Some(Duration::from_secs(86_400)), 0.0) <= policy.longest_pause);
    }

    #[test]
    fn tries_end_by_number_and_by_time() {
        let policy = Policy::default();
        assert!(policy.allows(1, Duration::ZERO, Duration::from_secs(1)));
        assert!(!policy.allows(policy.max_tries, Duration::ZERO, Duration::ZERO));
        assert!(!policy.allows(1, policy.deadline, Duration::from_secs(1)));
    }
}
