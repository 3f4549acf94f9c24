//! The reasons for exit code 1, for standard error: each with the first places where it was found.

use std::fmt;

use super::Counts;
use super::counts::Cause;
use crate::numbers::count;
use crate::terminal::WARNING;

/// A reason for exit code 1 in words, and the first places where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseInWords {
    /// What happened, and what to do.
    pub message: String,
    /// Files or UIDs.
    pub places: Vec<String>,
    /// The number of further places.
    pub more: u64,
}

/// All reasons of a run; empty for exit code 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Causes(pub Vec<CauseInWords>);

impl CauseInWords {
    /// A reason without places.
    pub fn of(message: String) -> CauseInWords {
        CauseInWords { message, places: Vec::new(), more: 0 }
    }
}

/// The reasons in the counts.
pub fn causes(counts: &Counts) -> Causes {
    Causes(
        counts
            .causes()
            .map(|(cause, number, places)| in_words(cause, number, places.iter().cloned().collect()))
            .collect(),
    )
}

fn in_words(cause: Cause, number: u64, places: Vec<String>) -> CauseInWords {
    let message = match cause {
        Cause::LostFiles => files_left_out(number),
        Cause::Issue(reason) => reason.to_string(),
    };
    let more = number.saturating_sub(places.len() as u64);
    CauseInWords { message, places, more }
}

fn files_left_out(number: u64) -> String {
    match number {
        1 => "1 file was left out that is DICOM, or could be".to_string(),
        _ => format!("{} files were left out that are DICOM, or could be", count(number)),
    }
}

impl Causes {
    /// As warnings, for a run with another exit code.
    pub fn as_warnings(&self, code: u8) -> String {
        let label = if code == 0 { "warning".to_string() } else { format!("exit code {code}") };
        self.to_string().replace("exit code 1:", &format!("{label}:"))
    }

    /// 1 if there is a reason, else 0.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.0.is_empty())
    }
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CauseInWords { message, places, more } in &self.0 {
            writeln!(f, "{WARNING}exit code 1:{WARNING:#} {message}")?;
            places.iter().try_for_each(|place| writeln!(f, "    {place}"))?;
            if *more > 0 {
                writeln!(f, "    and {} more", count(*more))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::{Issue, Reason, Skip};
    use crate::report::Where;
    use crate::source::Name;

    #[test]
    fn a_loss_is_a_cause_and_a_dropped_value_is_none() {
        let skip = |skip| {
            let mut counts = Counts::default();
            counts.skip(&Name::file("a"), &skip);
            causes(&counts).exit_code()
        };
        let issue = |reason| {
            let mut counts = Counts::default();
            counts.issue(Where::default(), &Issue::new("", &[], reason));
            causes(&counts).exit_code()
        };
        assert_eq!([skip(Skip::NotDicom), skip(Skip::Unreadable("permission denied".into()))], [0, 1]);
        assert_eq!([issue(Reason::NotADate), issue(Reason::SeveralPatients)], [0, 1]);
    }

    #[test]
    fn the_first_places_in_order_are_named() {
        let mut counts = Counts::default();
        for number in [4, 2, 5, 1, 3] {
            counts.skip(&Name::file(format!("IM{number}")), &Skip::Cut);
        }
        counts.issue(Where { study: Some("1.2"), ..Where::default() }, &Issue::new("", &[], Reason::SeveralPatients));
        let text = anstream::adapter::strip_str(&causes(&counts).to_string()).to_string();
        let want = "\
exit code 1: 5 files were left out that are DICOM, or could be
    IM1: ends early: what it holds up to there is read
    IM2: ends early: what it holds up to there is read
    IM3: ends early: what it holds up to there is read
    and 2 more
exit code 1: several Patient IDs in one study
    study 1.2
";
        assert_eq!(text, want);
    }
}
