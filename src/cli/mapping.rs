//! `dcm2fhir mapping`: prints the mapping tables, or their rows of one element.

use clap::Args;

use super::explain::columns;
use crate::error::{Error, usage};
use crate::fhir::profile::ProfileName;
use crate::fhir::{Profile, Release};
use crate::mapping::document::{NoAnswer, Question, TableFormat, document, profile_document};
use crate::options::closest;
use crate::options::parse::Listed;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  Everything:
    dcm2fhir mapping | less
  What fills the laterality of a series in R4, and everything of a Patient:
    dcm2fhir mapping series.laterality --fhir r4
    dcm2fhir mapping Patient
  What a European imaging manifest adds to R4, and demands:
    dcm2fhir mapping --profile mado
  For other programs:
    dcm2fhir mapping --format json | jq '.rows[] | select(.element == \"basedOn\")'";

/// The arguments of `mapping`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct MappingArguments {
    /// Print only this element, as series.laterality
    ///
    /// Its name in any release, the name of its parent, a part of the name, or an attribute that fills it: `Patient`,
    /// `laterality`, `birth`, `StudyDate`, `(0008,0020)`. Default: all elements.
    #[arg(value_name = "ELEMENT")]
    element: Option<String>,

    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// Default: all; differences between releases are named.
    #[arg(
        long,
        value_name = "RELEASE",
        value_parser = Listed::<&'static Release>::new(Release::NAMES)
    )]
    fhir: Option<&'static Release>,

    /// Print only what a profile changes, as mado
    ///
    /// `mado`, `eu-imaging`, `imr`, `mii`, `ips`: what it requires, adds and leaves out compared with its release.
    /// Default: none.
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "element")]
    profile: Option<ProfileName>,

    /// Output format: text, markdown or json
    ///
    /// Default: text.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TableFormat,
}

/// Prints the mapping, or the requested part of it.
pub fn run(arguments: &MappingArguments) -> Result<u8, Error> {
    if let Some(name) = arguments.profile {
        return profile(name, arguments);
    }
    let element = arguments.element.as_deref();
    let release = arguments.fhir;
    let document = document(arguments.format, Question { element, release }, columns())
        .map_err(|none| Error::Usage(advice(none, element.unwrap_or_default(), release)))?;
    output::print(document.as_bytes()).map(|()| 0)
}

/// Prints what a profile changes.
fn profile(name: ProfileName, arguments: &MappingArguments) -> Result<u8, Error> {
    let Some(profile) = Profile::find(name.name(), arguments.fhir) else {
        return usage(format!("--profile {name} is not for this release: leave --fhir out"));
    };
    output::print(profile_document(arguments.format, profile, columns()).as_bytes()).map(|()| 0)
}

/// Advice for an element that is not found.
fn advice(none: NoAnswer, element: &str, release: Option<&Release>) -> String {
    match none {
        NoAnswer::NotInRelease(releases) => {
            let release = release.map_or("no release", |release| release.name);
            format!("{release} has no {element}: it is in {}", releases.join(", "))
        }
        NoAnswer::Unknown(names) => match near(element, &names) {
            near if near.is_empty() => {
                format!("no element or mapped attribute is called {element}: dcm2fhir mapping lists all")
            }
            near => format!("no element or mapped attribute is called {element}: did you mean {}?", near.join(" or ")),
        },
    }
}

/// Up to three names that are similar to the word, as a whole or in their last part.
fn near<'n>(word: &str, names: &'n [String]) -> Vec<&'n str> {
    let last = |name: &'n str| name.rsplit('.').next().unwrap_or(name);
    let names = || names.iter().map(String::as_str);
    let parts: Vec<&str> = names().chain(names().map(last)).collect();
    let Some(part) = closest(word, &parts) else { return Vec::new() };
    names().filter(|name| *name == part || last(name) == part).take(3).collect()
}
