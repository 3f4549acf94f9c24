//! Numbers as people read them.

use std::time::Duration;

/// A number with commas between the thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A time span, the more exact the shorter it is.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 => format!("{} ms", span.as_millis()),
        1..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (number, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (20_048_576, "20,048,576")] {
            assert_eq!(count(number), want);
        }
    }

    #[test]
    fn a_duration_is_as_exact_as_it_is_short() {
        for (seconds, want) in [(0, "0 ms"), (59, "59.0 s"), (61, "1 min 01 s"), (3661, "1 h 01 min")] {
            assert_eq!(duration(Duration::from_secs(seconds)), want);
        }
    }
}
