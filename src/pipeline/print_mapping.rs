//! `mapping`: prints the tables, or what they say of one element.

use super::explain::columns;
use crate::cli::MappingArguments;
use crate::config::closest;
use crate::error::Error;
use crate::fhir::Release;
use crate::mapping::document::{NoAnswer, Question, document};
use crate::output;

/// Prints the mapping, or the part of it that is asked for.
pub fn print_mapping(arguments: &MappingArguments) -> Result<u8, Error> {
    let element = arguments.element.as_deref();
    let release = arguments.fhir.and_then(|name| Release::parse(name.0));
    let document = document(arguments.format.unwrap_or_default().into(), Question { element, release }, columns())
        .map_err(|none| Error::Usage(advice(none, element.unwrap_or_default(), release)))?;
    output::print(document.as_bytes()).map(|()| 0)
}

/// What to ask instead.
fn advice(none: NoAnswer, element: &str, release: Option<&Release>) -> String {
    match none {
        NoAnswer::NotInRelease(releases) => {
            let release = release.map_or("no release", |release| release.name);
            format!("{release} has no {element}: it is in {}", releases.join(", "))
        }
        NoAnswer::Unknown(names) => match near(element, &names) {
            near if near.is_empty() => format!("no element is called {element}: dcm2fhir mapping lists all"),
            near => format!("no element is called {element}: did you mean {}?", near.join(" or ")),
        },
    }
}

/// Up to three names that are near to the word, as a whole or in their last part.
fn near<'n>(word: &str, names: &'n [String]) -> Vec<&'n str> {
    let last = |name: &'n str| name.rsplit('.').next().unwrap_or(name);
    let names = || names.iter().map(String::as_str);
    let parts: Vec<&str> = names().chain(names().map(last)).collect();
    let Some(part) = closest(word, &parts) else { return Vec::new() };
    names().filter(|name| *name == part || last(name) == part).take(3).collect()
}
