//! The report as a web page: what the archive contains, what was left out and why, and which equipment made the files
//! with dropped values.
//!
//! The page loads nothing, and its content security policy forbids it: no header text can run a script or send data.
//! The number of rows is limited, and so is the memory that collects them.

mod bounded;
mod holdings;
mod html;
mod lists;
mod maker;
mod sections;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::Path;

use super::{Counts, Section, Totals, Where, entry};
use crate::error::Error;
use crate::issue::{Issue, Skip};
use crate::mapping::ResolvedStudy;
use crate::name::Name;
use crate::options::FileMode;
use crate::output::WholeFile;

use holdings::Holdings;
use html::Text;
use lists::Lists;
pub use maker::Equipment;
use sections::Sections;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The hashes of style and script in the content security policy; a test checks them.
const STYLE_HASH: &str = "n3NiV6iTpxuOby3ol62SuXtige9aQ9f8e8U4E6SsPuQ=";
const SCRIPT_HASH: &str = "BRdlREFUrBtI1jzwskYsybzvcxbDBukGv6tSNlXCNGI=";

/// A page under construction.
#[derive(Debug)]
pub struct Page {
    file: WholeFile,
    holdings: Holdings,
    lists: Lists,
}

/// Whether a report of this name is a page.
pub fn is_page(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("html") || extension.eq_ignore_ascii_case("htm"))
}

impl Page {
    /// A page for this path.
    pub fn create(path: &Path, mode: FileMode) -> Result<Page, Error> {
        let file = WholeFile::create(path)?.with_mode(mode);
        Ok(Page { file, holdings: Holdings::default(), lists: Lists::default() })
    }

    /// A study was written.
    pub fn study(&mut self, study: &ResolvedStudy<'_>) {
        self.holdings.add(study);
    }

    /// A file is left out.
    pub fn skip(&mut self, name: &Name, skip: &Skip) {
        self.lists.skipped(skip, entry::skipped(name, skip));
    }

    /// A value is dropped or changed.
    pub fn issue(&mut self, place: Where<'_>, issue: &Issue, values: bool) {
        self.lists.issue(issue.reason, place.equipment.maker(), entry::issue(place, issue, values));
    }

    /// Writes the page.
    pub fn finish(
        self,
        totals: &Totals,
        counts: &Counts,
        section: Option<&Section<'_>>,
        values: bool,
    ) -> Result<(), Error> {
        let Page { mut file, holdings, lists } = self;
        let sections = Sections { totals, counts, holdings: &holdings, lists: &lists, values };
        file.write_with(&mut |out| write_page(out, &sections, section))?;
        file.finish()
    }
}

fn write_page(out: &mut dyn Write, sections: &Sections<'_>, section: Option<&Section<'_>>) -> io::Result<()> {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{STYLE_HASH}'; script-src 'sha256-{SCRIPT_HASH}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    );
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>DICOM archive at a glance</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Text(&policy)
    )?;
    sections.write(out)?;
    if let Some(section) = section {
        write_section(out, section)?;
    }
    write!(out, "{}", sections.footer())?;
    sections.data(out)?;
    write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

/// An additional section as JSON, truncated.
fn write_section(out: &mut dyn Write, section: &Section<'_>) -> io::Result<()> {
    const MAX_BYTES: usize = 64 * 1024;
    let mut json = Vec::new();
    (section.write)(&mut json)?;
    let text = String::from_utf8_lossy(json.get(..MAX_BYTES).unwrap_or(&json));
    let name = Text(section.name);
    writeln!(out, "<details><summary>What the {name} said, as JSON</summary><pre>{}</pre></details>", Text(&text))
}
