//! `Resource.meta` from options: the source of a batch, tags and security labels.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use std::str::FromStr;

use super::datatypes::Coding;
use crate::options::uri;

/// The `meta` of every resource of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct Meta {
    /// URI of the resources' origin, for meta.source
    ///
    /// Added to every resource. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "URI", value_parser = source, hide_short_help = true))]
    pub meta_source: Option<String>,

    /// Tag every resource with SYSTEM|CODE, to find a batch
    ///
    /// Added to meta.tag, as http://hospital.example/batches|2026-11; servers search it by _tag. May be given several
    /// times. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SYSTEM|CODE", hide_short_help = true))]
    pub meta_tag: Vec<Coding>,

    /// Security label of every resource: SYSTEM|CODE
    ///
    /// Added to meta.security, as http://terminology.hl7.org/CodeSystem/v3-Confidentiality|R. May be given several
    /// times. Default: none.
    #[cfg_attr(feature = "cli", arg(long, value_name = "SYSTEM|CODE", hide_short_help = true))]
    pub meta_security: Vec<Coding>,
}

impl Meta {
    /// No `meta`.
    pub const NONE: &'static Meta = &Meta { meta_source: None, meta_tag: Vec::new(), meta_security: Vec::new() };
}

/// `meta.source`.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
fn source(text: &str) -> Result<String, String> {
    uri::absolute(text).map(str::to_string)
}

/// `SYSTEM|CODE`, as FHIR searches for it.
impl FromStr for Coding {
    type Err = String;

    fn from_str(text: &str) -> Result<Coding, String> {
        let (system, code) =
            text.split_once('|').ok_or("want SYSTEM|CODE, as http://hospital.example/batches|2026-11")?;
        let system = Some(uri::absolute(system)?.to_string().into());
        Ok(Coding { system, code: code_of(code)?.to_string().into(), ..Coding::default() })
    }
}

/// A FHIR code: single spaces inside, none around.
fn code_of(text: &str) -> Result<&str, String> {
    let is_plain = !text.is_empty() && !text.contains("  ") && text.trim() == text;
    if is_plain && !text.contains(char::is_control) { Ok(text) } else { Err("want a code behind the |".to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_system_and_a_code() {
        let coding = Coding::from_str("http://h.example/batches|2026-11 b").unwrap();
        assert_eq!((coding.system.as_deref(), &*coding.code), (Some("http://h.example/batches"), "2026-11 b"));
        for (text, advice) in [
            ("2026-11", "want SYSTEM|CODE"),
            ("|2026-11", "want an absolute URI"),
            ("batches|1", "want an absolute URI"),
            ("urn:x:y|", "want a code"),
            ("urn:x:y| 1", "want a code"),
        ] {
            assert!(Coding::from_str(text).unwrap_err().contains(advice), "{text}");
        }
    }
}
