//! What the server is: its release, and which interactions it has.
//!
//! What a CapabilityStatement does not mention is taken as there; what it denies is worked around.

use super::fhir_read;
use super::json::Json;
use crate::error::Error;
use crate::fhir::Release;
use crate::http::{Safety, Sender, Sent};
use crate::options::choice;

choice! {
    /// How studies are sent.
    pub enum Mode: "way of sending" {
        /// One transaction for each study: all or nothing.
        Transaction = "transaction",
        /// One batch for each study: each entry for itself.
        Batch = "batch",
        /// One request for each resource.
        Put = "put",
    }
}

impl Mode {
    /// The mode for a server whose transactions are none.
    pub fn in_parts(self) -> Mode {
        if self == Mode::Transaction { Mode::Batch } else { self }
    }
}

/// What matters of a server's CapabilityStatement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// `fhirVersion`.
    pub version: String,
    /// How studies are sent best.
    pub mode: Mode,
    /// Whether a batch of reads is answered.
    pub batch: bool,
    /// Whether a client may choose ids.
    pub update_create: bool,
    /// Whether an update may name the version that it replaces.
    pub versioned_update: bool,
}

/// Asks for the CapabilityStatement, for as long as the deadline says: a server may be starting again.
pub fn capability(sender: &Sender) -> Result<Capability, Error> {
    let answer = match sender.send_at_most(u32::MAX, &fhir_read("metadata"), Safety::Repeatable)? {
        Sent::Answer(answer) => answer,
        Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) => {
            return Err(sender.error(&format!("{why}: is the server running, and the base URL right?")));
        }
        Sent::Refused(why) => return Err(sender.error(&why)),
    };
    match answer.status {
        200 => Capability::parse(&answer.body).map_err(|why| sender.error(&format!("{why}: is the base URL right?"))),
        300..400 => Err(sender.error("it redirects to another server: give that with --to")),
        status => Err(sender.error(&format!("GET metadata answers {status}: is the base URL right?"))),
    }
}

impl Capability {
    /// Reads the answer to `GET metadata`; an error says what it is instead.
    pub fn parse(body: &[u8]) -> Result<Capability, String> {
        let statement = std::str::from_utf8(body).ok().and_then(Json::parse);
        let kind = statement.as_ref().and_then(|statement| statement.string("resourceType"));
        let (Some(statement), Some(kind)) = (&statement, kind) else {
            return Err("it answers something else than FHIR JSON".to_string());
        };
        if kind != "CapabilityStatement" {
            return Err(format!("it answers with the type {}", kind.escape_debug()));
        }
        let version = statement.string("fhirVersion").ok_or("its CapabilityStatement has no fhirVersion")?;
        let (interactions, resources) = match statement.list("rest").first() {
            Some(rest) => (rest.list("interaction"), rest.list("resource")),
            None => (&[][..], &[][..]),
        };
        let has = |code| interactions.iter().any(|interaction| interaction.string("code") == Some(code));
        let study = resources.iter().find(|resource| resource.string("type") == Some("ImagingStudy"));
        if study.is_none() && !resources.is_empty() {
            return Err("its CapabilityStatement has no ImagingStudy".to_string());
        }
        Ok(Capability {
            version: version.to_string(),
            mode: if has("transaction") { Mode::Transaction } else { Mode::Put },
            // Not every server that takes transactions says that it takes batches.
            batch: has("batch") || has("transaction"),
            update_create: study
                .and_then(|study| study.get("updateCreate"))
                .is_none_or(|value| value.other() != Some("false")),
            versioned_update: study.and_then(|study| study.string("versioning")) == Some("versioned-update"),
        })
    }

    /// The release to write: the one asked for, if the server can read it, else the server's.
    pub fn release(&self, asked: Option<&'static Release>) -> Result<&'static Release, String> {
        let version = self.version.escape_debug();
        match asked {
            Some(release) if release.is_read_by(&self.version) => Ok(release),
            Some(release) => Err(format!(
                "it speaks FHIR {version} and cannot read {0} ({1}): leave --fhir out, or a --profile for {0}",
                release.name, release.version
            )),
            None => Release::of_server(&self.version).ok_or_else(|| unknown(&self.version)),
        }
    }
}

/// What to do about a release that is not written.
fn unknown(version: &str) -> String {
    let options = |releases: &[&Release], separator: &str| {
        releases.iter().map(|release| format!("--fhir {}", release.name)).collect::<Vec<_>>().join(separator)
    };
    let near = Release::near(version);
    let shown: String = version.chars().take(40).collect();
    let begin = format!("it speaks FHIR {}, which is not among the releases that are written", shown.escape_debug());
    if near.is_empty() {
        let all: Vec<&str> = Release::ALL.iter().map(|release| release.name).collect();
        return format!("{begin}: {}", all.join(", "));
    }
    format!("{begin}: {} sends the nearest, if the server can read that", options(&near, " or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(rest: &str) -> Result<Capability, String> {
        let text = format!(r#"{{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{rest}]}}"#);
        Capability::parse(text.as_bytes())
    }

    #[test]
    fn the_server_says_how_to_send() {
        let all = statement(
            r#"{"interaction":[{"code":"transaction"},{"code":"batch"}],
                "resource":[{"type":"ImagingStudy","updateCreate":false,"versioning":"versioned-update"}]}"#,
        )
        .unwrap();
        assert_eq!((all.mode, all.batch), (Mode::Transaction, true));
        assert_eq!((all.update_create, all.versioned_update), (false, true));
        let little = statement("{}").unwrap();
        assert_eq!((little.mode, little.batch, little.update_create), (Mode::Put, false, true));
    }

    #[test]
    fn what_is_no_fhir_server_is_told_as_such() {
        assert!(Capability::parse(b"<html>").unwrap_err().contains("something else than FHIR"));
        assert!(Capability::parse(br#"{"resourceType":"Patient"}"#).unwrap_err().contains("the type Patient"));
        assert!(statement(r#"{"resource":[{"type":"Patient"}]}"#).unwrap_err().contains("no ImagingStudy"));
    }

    #[test]
    fn the_server_chooses_the_release_and_an_impossible_one_is_an_error() {
        let server = |version: &str| Capability { version: version.into(), ..statement("{}").unwrap() };
        for (version, asked, want) in [
            ("4.0.1", None, Some("r4")),
            ("4.3.0", None, Some("r4b")),
            ("5.0.0", None, Some("r5")),
            ("6.0.0-ballot2", None, Some("r6-ballot2")),
            ("4.0.1", Some("r4b"), Some("r4b")),
            ("6.0.0-ballot5", Some("r6-ballot2"), Some("r6-ballot2")),
            ("4.6.0", Some("r5"), Some("r5")),
            ("5.0.0-ballot", Some("r5"), Some("r5")),
            ("4.6.0", Some("r4"), None),
            ("4.1.0", Some("r4b"), Some("r4b")),
            ("4.0.1", Some("r5"), None),
            ("3.0.2", None, None),
            ("6.0.0-ballot3", None, None),
        ] {
            let asked = asked.and_then(Release::parse);
            assert_eq!(server(version).release(asked).ok().map(|release| release.name), want, "{version} {asked:?}");
        }
    }
}
