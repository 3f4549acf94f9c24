//! A catalog as CSV (RFC 4180), in UTF-8, with the names of the columns in the first line.
//!
//! Spreadsheets evaluate text that begins like a formula, and a DICOM header can contain such text. It is prefixed with
//! an apostrophe, as OWASP recommends against CSV injection. Parquet values are not changed.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::output::WholeFile;
use crate::output::catalog::{Cell, Column, TableWriter};

/// First characters of formulas, also in full-width forms.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Writes CSV.
#[derive(Debug)]
pub struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    /// Starts a table with these columns.
    pub fn new(writer: W, columns: &[&Column]) -> io::Result<Csv<W>> {
        let mut writer = csv::Writer::from_writer(writer);
        writer.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
        Ok(Csv(writer))
    }
}

/// Begins a table in a file.
pub(super) fn table(file: WholeFile, columns: &[&Column]) -> io::Result<Box<dyn TableWriter<WholeFile>>> {
    Ok(Box::new(Csv::new(file, columns)?))
}

impl<W: Write + Send> TableWriter<W> for Csv<W> {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let fields = cells.iter().map(|cell| match cell {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => defused(text),
            Cell::Date(_, date) => Cow::Borrowed(date.as_str()),
            Cell::Number(number) => Cow::Owned(number.to_string()),
        });
        let fields: Vec<Cow<'_, str>> = fields.collect();
        self.0.write_record(fields.iter().map(|field| field.as_bytes())).map_err(failed)
    }

    fn finish(self: Box<Self>) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The I/O error behind a CSV error, so that a closed pipe is recognized.
fn failed(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// The text with an apostrophe before anything that a spreadsheet would evaluate: at its start, and after a semicolon,
/// which separates fields in locales with decimal commas. Numbers are not changed. Existing apostrophes get one more,
/// so that the change can be undone.
fn defused(text: &str) -> Cow<'_, str> {
    if !text.contains(FORMULA) || is_number(text) {
        return Cow::Borrowed(text);
    }
    let parts: Vec<Cow<'_, str>> = text.split(';').map(part).collect();
    Cow::Owned(parts.join(";"))
}

fn part(text: &str) -> Cow<'_, str> {
    let begins = text.trim_start().trim_start_matches('\'').starts_with(FORMULA);
    if begins { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Whether a text is an optional sign and digits.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::catalog::{Rows, columns};

    #[test]
    fn what_a_spreadsheet_would_run_is_a_text() {
        for (value, want) in [
            ("CT head", "CT head"),
            ("=1+1", "'=1+1"),
            ("+C AX T1", "'+C AX T1"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            (" =1", "' =1"),
            ("a;=1", "a;'=1"),
            ("'=1", "''=1"),
            ("-3", "-3"),
            ("-inf", "'-inf"),
            ("-1e3", "'-1e3"),
            ("-", "'-"),
            ("+1.5", "+1.5"),
            ("a-b=c", "a-b=c"),
            ("'", "'"),
            ("1.2.3", "1.2.3"),
        ] {
            assert_eq!(defused(value), want, "{value}");
        }
    }

    #[test]
    fn a_field_with_commas_quotes_and_lines_is_quoted() {
        let mut out = Vec::new();
        let columns = columns(Rows::Study);
        let mut table = Box::new(Csv::new(&mut out, &columns[..4]).unwrap());
        let text = |text: &str| Cell::Text(text.to_string());
        table.row(&[text("a,b"), text("say \"x\""), Cell::Date(0, "1970-01-01".into()), Cell::Number(-3)]).unwrap();
        table.row(&[Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]).unwrap();
        table.finish().unwrap();
        let want = "PatientID,PatientSex,StudyInstanceUID,StudyDate\n\"a,b\",\"say \"\"x\"\"\",1970-01-01,-3\n,,,\n";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }
}
