//! `explain`: one file is read and its explanation printed.

use std::path::Path;

use super::options;
use crate::config::{ExplainConfig, ExplainForm};
use crate::dicom::{Header, Scanner};
use crate::error::Error;
use crate::explain;
use crate::fhir::Release;
use crate::mapping;
use crate::output;
use crate::source::{self, printable};

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 100;

/// Explains one file on standard output.
pub fn explain(config: &ExplainConfig) -> Result<u8, Error> {
    let header = read(&config.file)?;
    let mapping = options::mapping_of(config.time_zone.as_deref(), &config.charset, &config.systems)?;
    let releases = match config.release {
        Some(release) => Release::parse(release.0).into_iter().collect(),
        None => Release::ALL.to_vec(),
    };
    let file = printable(config.file.as_os_str().as_encoded_bytes());
    let explanation = explain::explain(file, &header, &mapping, &releases);
    let text = match config.form {
        ExplainForm::Text => explain::table(&explanation, columns()),
        ExplainForm::Json => {
            serde_json::to_string_pretty(&explanation).expect("an explanation is strings and lists") + "\n"
        }
    };
    output::print(text.as_bytes()).map(|()| 0)
}

fn read(path: &Path) -> Result<Header, Error> {
    let refused = |skip| Error::Usage(format!("{}: {skip}", path.display()));
    let mut file = source::open_file(path).map_err(refused)?;
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_regular {
        return Err(refused(crate::issue::Skip::NotRegular));
    }
    let mut header = Header::default();
    Scanner::new().scan(&mut file, &mapping::wanted(), &mut header).map_err(refused)?;
    Ok(header)
}

/// What the user says, else the terminal's width.
pub(super) fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    said.or_else(terminal).unwrap_or(COLUMNS)
}
