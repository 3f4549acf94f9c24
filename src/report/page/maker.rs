//! The equipment that made a file: manufacturer, model and software (PS3.3 C.7.5.1), to attribute faults to scanners.

use std::fmt;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dicom::DataSet;
use crate::dicom::charset::CharacterSet;
use crate::fhir::Resource;
use crate::mapping::ResolvedStudy;
use crate::mapping::SeriesPart;
use crate::name::one_line;

/// The most characters of a text that are shown.
const MAX_CHARACTERS: usize = 64;

/// The source of a file's equipment, read only for a page.
#[derive(Debug, Clone, Copy, Default)]
pub enum Equipment<'a> {
    /// None.
    #[default]
    Unknown,
    /// Its header.
    Header(DataSet<'a>),
    /// Its series, or all series of its study.
    Study(&'a ResolvedStudy<'a>, Option<&'a str>),
}

/// The equipment of one or several files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// Known equipment.
    Known {
        /// Manufacturer (0008,0070).
        manufacturer: String,
        /// Manufacturer's Model Name (0008,1090).
        model: String,
        /// Software Versions (0018,1020).
        software: String,
    },
    /// Different equipment.
    Several,
    /// The header does not say.
    Unknown,
}

impl Equipment<'_> {
    /// The equipment of a file.
    pub fn maker(self) -> Maker {
        match self {
            Equipment::Unknown => Maker::Unknown,
            Equipment::Header(root) => of_header(root),
            Equipment::Study(study, series) => {
                let is_it = |uid: &str| series.is_none_or(|series| series == uid);
                let found = study.series.iter().filter(|series| is_it(series.uid));
                one_of(found.flat_map(|series| makers(&series.part)))
            }
        }
    }
}

impl Maker {
    fn new(manufacturer: &str, model: &str, software: &[&str]) -> Maker {
        let [manufacturer, model, software] = [manufacturer, model, &software.join(", ")].map(shown);
        match manufacturer.is_empty() && model.is_empty() && software.is_empty() {
            true => Maker::Unknown,
            false => Maker::Known { manufacturer, model, software },
        }
    }

    /// Manufacturer and model, without the software.
    pub fn model(&self) -> String {
        match self {
            Maker::Known { manufacturer, model, .. } => format!("{manufacturer} {model}").trim().to_string(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Maker::Known { software, .. } if software.is_empty() => f.write_str(&self.model()),
            Maker::Known { software, .. } => write!(f, "{}, software {software}", self.model()),
            Maker::Several => f.write_str("different equipment"),
            Maker::Unknown => f.write_str("not said"),
        }
    }
}

/// The equipment of a series: one, unless its files differ.
pub fn of_series(part: &SeriesPart) -> Maker {
    one_of(makers(part))
}

fn makers(part: &SeriesPart) -> impl Iterator<Item = Maker> {
    let devices = part.device.iter().filter_map(|device| match device.actor.resource.as_deref() {
        Some(Resource::Device(device)) => Some(device),
        _ => None,
    });
    devices.map(|device| {
        let software: Vec<&str> = device.version.iter().map(String::as_str).collect();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Maker::new(&text(&device.manufacturer), &text(&device.model_number), &software)
    })
}

fn one_of(mut makers: impl Iterator<Item = Maker>) -> Maker {
    let Some(first) = makers.next() else { return Maker::Unknown };
    if makers.all(|other| other == first) { first } else { Maker::Several }
}

fn of_header(root: DataSet<'_>) -> Maker {
    let text = |tag: Tag| {
        let bytes = root.bytes(tag).unwrap_or_default();
        CharacterSet::parse(root.character_set()).decode(bytes).text.trim_matches(['\0', ' ']).to_string()
    };
    let software = text(tags::SOFTWARE_VERSIONS);
    let software: Vec<&str> = software.split('\\').map(str::trim).filter(|version| !version.is_empty()).collect();
    Maker::new(&text(tags::MANUFACTURER), &text(tags::MANUFACTURER_MODEL_NAME), &software)
}

/// A header text as one short line.
pub fn shown(text: &str) -> String {
    let line: String =
        text.trim().chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => one_line(&line[..end]) + "…",
        None => one_line(&line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{self, mapped, text};

    #[test]
    fn a_header_and_a_series_name_the_same_maker() {
        let data_set = [
            text(tags::MANUFACTURER, "ACME "),
            text(tags::MANUFACTURER_MODEL_NAME, "Scan\u{1}ner"),
            text(tags::SOFTWARE_VERSIONS, "1.0\\ \\B2"),
        ];
        let of_series = of_series(&mapped(SERIES, &data_set).part);
        let header = sample::header(&data_set);
        assert_eq!(Equipment::Header(header.root()).maker(), of_series);
        assert_eq!(of_series.to_string(), "ACME Scan\u{fffd}ner, software 1.0, B2");
        assert_eq!(of_series.model(), "ACME Scan\u{fffd}ner");
    }

    #[test]
    fn several_are_not_one_and_none_is_not_said() {
        let one = || Maker::new("A", "", &[]);
        assert_eq!(one_of([one(), one()].into_iter()), one());
        assert_eq!(one_of([one(), Maker::new("B", "", &[])].into_iter()), Maker::Several);
        assert_eq!([one_of(std::iter::empty()), Maker::new(" ", "", &[])], [Maker::Unknown, Maker::Unknown]);
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown(&"ä".repeat(65)), "ä".repeat(64) + "…");
        assert_eq!(shown(&"ä".repeat(64)), "ä".repeat(64));
    }
}
