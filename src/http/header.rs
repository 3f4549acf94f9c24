//! Headers that the user adds to every request, for gateways and tenants. Their values are never printed.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::error::Error;

/// Headers that the program or the connection sets.
const OURS: [&str; 17] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-none-exist",
    "if-none-match",
    "prefer",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A header with its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as given.
    pub name: String,
    /// The value, which may be secret.
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The headers that `--header` gives: each `NAME=VALUE`, or `@FILE` with a header a line.
pub fn headers(given: &[String]) -> Result<Vec<Header>, Error> {
    let mut headers = Vec::new();
    for given in given {
        match given.strip_prefix('@') {
            Some(path) => headers.extend(of_file(Path::new(path))?),
            None => headers.push(header(given, '=').map_err(|why| Error::Usage(format!("--header {why}")))?),
        }
    }
    Ok(headers)
}

fn of_file(path: &Path) -> Result<Vec<Header>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Input { path: path.to_path_buf(), source })?;
    let lines = text
        .trim_start_matches('\u{FEFF}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let header = |(place, line): (usize, &str)| {
        // `:` as in HTTP or `=` as on the command line, whichever comes first.
        let separator = line.chars().find(|character| matches!(character, '=' | ':')).unwrap_or('=');
        header(line, separator).map_err(|why| Error::Usage(format!("{}: line {} {why}", path.display(), place + 1)))
    };
    lines.map(header).collect()
}

/// RFC 9110 5.1 and 5.5: a token, and visible characters with spaces between them.
fn header(text: &str, separator: char) -> Result<Header, String> {
    let (name, value) = text.split_once(separator).ok_or("wants NAME=VALUE, as X-Tenant=north")?;
    let (name, value) = (name.trim(), value.trim());
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("wants a name of letters, digits and hyphens before the =".to_string());
    }
    if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Err(format!("{name} wants a value of ASCII characters on one line"));
    }
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        let advice = if name.eq_ignore_ascii_case("authorization") { ": see --token-… and --basic-…" } else { "" };
        return Err(format!("{name} is set by upload itself{advice}"));
    }
    Ok(Header { name: name.to_string(), value: value.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value() {
        for (text, want) in [
            ("X-Tenant=7", Ok(("X-Tenant", "7"))),
            ("X-Key=a=b", Ok(("X-Key", "a=b"))),
            ("X-Empty=", Ok(("X-Empty", ""))),
            ("X-Key", Err("NAME=VALUE")),
            ("=secret", Err("a name of")),
            ("X Key=secret", Err("a name of")),
            ("X-Key=secret\nX-Other: 1", Err("X-Key wants")),
            ("X-Key=secrét", Err("X-Key wants")),
            ("authorization=Bearer secret", Err("--token-")),
            ("Content-Type=secret", Err("by upload itself")),
        ] {
            match (headers(&[text.to_string()]), want) {
                (Ok(headers), Ok((name, value))) => {
                    assert_eq!(headers, [Header { name: name.into(), value: value.into() }]);
                    assert!(!format!("{headers:?}").contains(&format!("\"{value}\"")), "{headers:?}");
                }
                (Err(error), Err(want)) => {
                    let error = error.to_string();
                    assert!(error.contains(want) && !error.contains("secr"), "{error}");
                }
                (other, _) => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_has_a_header_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headers");
        let given = [format!("@{}", path.display())];
        assert!(matches!(headers(&given), Err(Error::Input { .. })));
        fs::write(&path, "\u{FEFF}# for the gateway\nX-Tenant: north\n\nX-Key=a:b\r\n").unwrap();
        let found = headers(&given).unwrap();
        let pairs: Vec<_> = found.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
        assert_eq!(pairs, [("X-Tenant", "north"), ("X-Key", "a:b")]);
        fs::write(&path, "X-Tenant: north\nsecret\n").unwrap();
        let error = headers(&given).unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("secret"), "{error}");
    }
}
