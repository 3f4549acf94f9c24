//! Reasons for rejections: the OperationOutcome of a response or entry, or a replacement for it.

use crate::upload::json::Json;

/// The longest text taken from a response that is not FHIR.
const MAX_EXCERPT_CHARACTERS: usize = 300;

/// The longest text of a server on the terminal.
const MAX_SENTENCE_CHARACTERS: usize = 200;

/// Why a resource was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// For the terminal: the status, the issue's code, and the beginning of the server's text.
    pub short: String,
    /// An OperationOutcome on one line.
    pub json: String,
}

impl Outcome {
    /// The outcome in a response body, with its status.
    pub fn of(status: &str, body: &[u8]) -> Outcome {
        let parsed = std::str::from_utf8(body).ok().and_then(Json::parse);
        let Some(outcome) = parsed.filter(|outcome| outcome.string("resourceType") == Some("OperationOutcome")) else {
            let words = words_of(body);
            let short = if words.is_empty() { status.to_string() } else { format!("{status}: {}", first(&words)) };
            return Outcome { short, ..Outcome::told(status, &words) };
        };
        // Some servers list hints before the error.
        let is_error = |issue: &&Json| matches!(issue.string("severity"), Some("error" | "fatal"));
        let issues = outcome.list("issue");
        let issue = issues.iter().find(is_error).or(issues.first());
        let code = issue.and_then(|issue| issue.string("code")).unwrap_or("no code");
        let sentence = issue.and_then(sentence).map(|text| format!(": {}", first(text))).unwrap_or_default();
        Outcome { short: format!("{status}: {code}{sentence}"), json: outcome.to_string() }
    }

    /// Whether the request was too large, which each server says with its own status and words.
    pub fn is_about_size(&self) -> bool {
        let text = self.json.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        has(&["too large", "too big", "too many", "entity too"])
            || has(&["exceed", "maximum", "limit", "more than"])
                && has(&["size", "bytes", "entries", "resources", "bundle", "payload"])
    }

    /// A reason found before sending.
    pub fn ours(reason: &str) -> Outcome {
        Outcome::told(reason, "")
    }

    /// A redirect to another server, which is not followed.
    pub fn redirected(status: &str) -> Outcome {
        Outcome::ours(&format!("{status}: it redirects elsewhere, give that as --to"))
    }

    /// The outcome of a resource that is not sent because this is the outcome of another one of its package.
    pub fn of_another(self) -> Outcome {
        Outcome { short: format!("not sent, because another resource of its package is not: {}", self.short), ..self }
    }

    /// The outcome with advice for the user.
    pub fn with_advice(self, advice: &str) -> Outcome {
        Outcome { short: format!("{}; {advice}", self.short), ..self }
    }

    fn told(short: &str, details: &str) -> Outcome {
        let diagnostics = if details.is_empty() { short.to_string() } else { format!("{short}: {details}") };
        let issue = serde_json::json!({"severity": "error", "code": "processing", "diagnostics": diagnostics});
        let json = serde_json::json!({"resourceType": "OperationOutcome", "issue": [issue]}).to_string();
        Outcome { short: short.to_string(), json }
    }
}

/// The human-readable text of an issue.
fn sentence(issue: &Json) -> Option<&str> {
    let details = || issue.get("details").and_then(|details| details.string("text"));
    issue.string("diagnostics").or_else(details).filter(|text| !text.trim().is_empty())
}

/// The beginning of a text, on one line.
fn first(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = line.chars().take(MAX_SENTENCE_CHARACTERS).map(shown).collect();
    if line.chars().count() > MAX_SENTENCE_CHARACTERS { plain + "…" } else { plain }
}

/// A character that is safe on a terminal.
fn shown(character: char) -> char {
    let is_hidden = character.is_control()
        || matches!(
            character,
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        );
    if is_hidden { '\u{FFFD}' } else { character }
}

/// The text of an HTML page.
fn words_of(body: &[u8]) -> String {
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
        assert_eq!(outcome.short, "422: invalid: Doe^Jane");
        assert!(outcome.json.contains("Doe^Jane") && !outcome.json.contains('\n'));
    }

    #[test]
    fn the_server_is_quoted_shortly_and_without_what_moves_a_terminal() {
        let told = |issue: &str| {
            Outcome::of("422", format!(r#"{{"resourceType":"OperationOutcome","issue":[{issue}]}}"#).as_bytes()).short
        };
        let hint = r#"{"severity":"information","code":"informational","diagnostics":"hello"}"#;
        let error = r#"{"severity":"error","code":"required","details":{"text":"no\n\u001b[31msubject"}}"#;
        assert_eq!(told(&format!("{hint},{error}")), "422: required: no \u{FFFD}[31msubject");
        let long = format!(r#"{{"code":"x","diagnostics":"{}"}}"#, "a".repeat(900));
        assert_eq!(told(&long).chars().count(), "422: x: ".len() + MAX_SENTENCE_CHARACTERS + 1);
        assert_eq!(told(""), "422: no code");
    }

    #[test]
    fn a_refusal_for_size_is_told_by_its_words() {
        for (text, want) in [
            (
                r#"{"resourceType":"OperationOutcome","issue":[{"diagnostics":"Transaction has 600 entries, the maximum is 500"}]}"#,
                true,
            ),
            ("<h1>413 Request Entity Too Large</h1>", true),
            (r#"{"resourceType":"OperationOutcome","issue":[{"diagnostics":"unknown code"}]}"#, false),
            ("", false),
        ] {
            assert_eq!(Outcome::of("400", text.as_bytes()).is_about_size(), want, "{text}");
        }
    }

    #[test]
    fn a_page_becomes_an_operation_outcome_of_its_words() {
        let outcome = Outcome::of("502", b"<html><h1>Bad\nGateway</h1><p>nginx</html>");
        assert_eq!(outcome.short, "502: Bad Gateway nginx");
        assert!(outcome.json.contains("502: Bad Gateway nginx"), "{}", outcome.json);
        assert!(Outcome::of("413", b"").json.contains("\"413\""));
    }
}
