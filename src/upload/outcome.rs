//! What a server says of what it did not take: the OperationOutcome of an answer or of an entry, or what stands for it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest text of a page that is no FHIR.
const MAX_EXCERPT_CHARACTERS: usize = 300;

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// For the terminal, without patient data: the status and the issue's code.
    pub short: String,
    /// An OperationOutcome on one line.
    pub json: String,
}

#[derive(Deserialize)]
struct OperationOutcome<'a> {
    #[serde(rename = "resourceType", borrow)]
    resource_type: Cow<'a, str>,
    #[serde(default, borrow)]
    issue: Vec<Issue<'a>>,
}

#[derive(Deserialize)]
struct Issue<'a> {
    #[serde(borrow)]
    code: Option<Cow<'a, str>>,
}

impl Outcome {
    /// What an answer's body says, under a status.
    pub fn of(status: &str, body: &[u8]) -> Outcome {
        let parsed = serde_json::from_slice::<OperationOutcome<'_>>(body).ok();
        let Some(outcome) = parsed.filter(|outcome| outcome.resource_type == "OperationOutcome") else {
            return Outcome::told(status, &excerpt(body));
        };
        let code = outcome.issue.iter().find_map(|issue| issue.code.as_deref()).unwrap_or("no code");
        let text = std::str::from_utf8(body).map(super::json::compact).unwrap_or_default();
        Outcome { short: format!("{status}: {code}"), json: text }
    }

    /// The same, of a body that is JSON already.
    pub fn of_value(status: &str, body: Option<&RawValue>) -> Outcome {
        Outcome::of(status, body.map_or("", RawValue::get).as_bytes())
    }

    /// A reason of ours.
    pub fn ours(reason: &str) -> Outcome {
        Outcome::told(reason, "")
    }

    fn told(short: &str, details: &str) -> Outcome {
        let diagnostics = if details.is_empty() { short.to_string() } else { format!("{short}: {details}") };
        let issue = serde_json::json!({"severity": "error", "code": "processing", "diagnostics": diagnostics});
        let json = serde_json::json!({"resourceType": "OperationOutcome", "issue": [issue]}).to_string();
        Outcome { short: short.to_string(), json }
    }
}

/// The words of a page, without its markup.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]);
    let mut words = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => (in_tag, words) = (true, words + " "),
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            other => words.push(if other.is_control() { ' ' } else { other }),
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MAX_EXCERPT_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_outcome_stays_and_its_code_is_named() {
        let body = br#"{"resourceType":"OperationOutcome",
            "issue":[{"severity":"error","code":"invalid","diagnostics":"Doe^Jane"}]}"#;
        let outcome = Outcome::of("422", body);
        assert_eq!(outcome.short, "422: invalid");
        assert!(outcome.json.contains("Doe^Jane") && !outcome.json.contains('\n'));
    }

    #[test]
    fn a_page_becomes_an_operation_outcome_of_its_words() {
        let outcome = Outcome::of("502", b"<html><h1>Bad\nGateway</h1><p>nginx</html>");
        assert_eq!(outcome.short, "502");
        assert!(outcome.json.contains("502: Bad Gateway nginx"), "{}", outcome.json);
        assert!(Outcome::of("413", b"").json.contains("\"413\""));
    }
}
