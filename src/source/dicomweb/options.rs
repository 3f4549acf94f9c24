//! Options of a PACS: which studies, and how to connect.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use super::DicomWeb;
use crate::error::{Error, usage};
use crate::http::{AccessOptions, http_url};

/// The prefix of DICOMweb inputs, before the address.
const PREFIX: &str = "dicomweb+";
/// The default number of concurrent requests: low, as a PACS has other clients.
const REQUESTS: u16 = 4;
/// Search parameters that the program sets itself.
const OURS: [&str; 3] = ["limit", "offset", "includefield"];

/// The studies of `dicomweb+https://` inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "cli", command(next_help_heading = "Server"))]
#[non_exhaustive]
pub struct WebOptions {
    /// Convert the studies that a QIDO-RS query finds
    ///
    /// For dicomweb+https:// inputs, as `StudyDate=20240101-20240131&ModalitiesInStudy=CT`. Default: all studies of the
    /// server.
    #[cfg_attr(feature = "cli", arg(long, value_name = "QUERY", hide_short_help = true))]
    pub query: Option<String>,

    /// Convert the study with this Study Instance UID
    ///
    /// For dicomweb+https:// inputs. May be given several times. Default: all that --query finds.
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            value_name = "UID",
            value_parser = crate::options::filter::uid,
            conflicts_with = "query",
            hide_short_help = true
        )
    )]
    pub study: Vec<String>,

    /// The connection.
    #[cfg_attr(feature = "cli", command(flatten))]
    pub access: AccessOptions,
}

impl WebOptions {
    /// The input for an address; `None` if it is not DICOMweb.
    pub fn input(&self, input: &str, requests: Option<u16>) -> Result<Option<DicomWeb>, Error> {
        let Some(address) = input.strip_prefix(PREFIX) else { return Ok(None) };
        let base = http_url(PREFIX, address)?.trim_end_matches('/');
        let base = base.strip_suffix("/studies").unwrap_or(base);
        let requests = requests.unwrap_or(REQUESTS).into();
        Ok(Some(DicomWeb {
            connection: self.access.connection("read from", base.to_string(), requests)?,
            credentials: self.access.credentials()?,
            policy: self.access.policy(),
            requests,
            query: self.query.as_deref().map_or(Ok(String::new()), query)?,
            studies: self.study.clone(),
        }))
    }

    /// Whether an option is set that applies only to DICOMweb inputs.
    pub fn is_for_web(&self) -> bool {
        self.query.is_some() || !self.study.is_empty()
    }
}

/// A query, percent-encoded where needed (RFC 3986 2.1).
fn query(text: &str) -> Result<String, Error> {
    let text = text.strip_prefix('?').unwrap_or(text).trim_matches('&');
    let mut names = text.split('&').map(|part| part.split('=').next().unwrap_or_default());
    if let Some(ours) = names.find(|name| OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))) {
        return usage(format!("--query: {ours} is set by dcm2fhir, which reads all pages: leave it out"));
    }
    if !text.is_empty() && text.split('&').any(|part| !part.contains('=')) {
        let want =
            "--query wants NAME=VALUE, with & between several, as StudyDate=20240101-20240131&ModalitiesInStudy=CT";
        return usage(want);
    }
    let one = |byte: u8| match byte {
        b'!'..=b'~' if !b"\"#<>\\^`{|}".contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    Ok(text.bytes().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_base_of_the_service() {
        let options = WebOptions::default();
        for (input, want) in [
            ("dicomweb+https://pacs/dicom-web", Ok(Some("https://pacs/dicom-web"))),
            ("dicomweb+http://127.0.0.1:8042/dicom-web/", Ok(Some("http://127.0.0.1:8042/dicom-web"))),
            ("dicomweb+https://pacs/rs/studies", Ok(Some("https://pacs/rs"))),
            ("https://pacs/dicom-web", Ok(None)),
            ("archive/", Ok(None)),
            ("dicomweb+ftp://pacs", Err("wants a URL")),
            ("dicomweb+pacs", Err("wants a URL")),
            ("dicomweb+https://me:secret@pacs", Err("--basic-file")),
            ("dicomweb+https://pacs/rs?x=y", Err("without ?")),
        ] {
            match (options.input(input, None), want) {
                (Ok(web), Ok(want)) => assert_eq!(web.map(|web| web.connection.base).as_deref(), want, "{input}"),
                (Err(error), Err(want)) => {
                    let error = error.to_string();
                    assert!(error.contains(want) && !error.contains("secret"), "{input}: {error}");
                }
                (other, _) => panic!("{input}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_query_is_as_it_stands_in_an_address() {
        for (text, want) in [
            (
                "StudyDate=20240101-20240131&ModalitiesInStudy=CT",
                Ok("StudyDate=20240101-20240131&ModalitiesInStudy=CT"),
            ),
            ("?PatientName=Müller*&", Ok("PatientName=M%C3%BCller*")),
            ("PatientName=a b#c", Ok("PatientName=a%20b%23c")),
            ("PatientID=%41", Ok("PatientID=%41")),
            ("", Ok("")),
            ("limit=10", Err("limit is set by dcm2fhir")),
            ("StudyDate=1&Offset=10", Err("Offset is set by dcm2fhir")),
            ("20240101", Err("NAME=VALUE")),
        ] {
            match (query(text), want) {
                (Ok(found), Ok(want)) => assert_eq!(found, want),
                (Err(error), Err(want)) => assert!(error.to_string().contains(want), "{text}: {error}"),
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }
}
