//! A synthetic archive: many studies that vary as in a hospital, written file by file.
//!
//! A study depends only on the seed and its own number, so a larger archive begins with the smaller one.

use std::fs;
use std::io;
use std::path::Path;

use dicom_dictionary_std::tags;
use serde::Serialize;

use super::dice::Dice;
use super::identity::{EXAMINATIONS, Examination, HOSPITALS, PEOPLE, PHYSICIANS, TRANSFER_SYNTAXES};
use super::pixels::with_pixels;
use super::{Attributes, DataSet, Instance, Lengths, code, uid};
use crate::options::FileMode;
#[cfg(feature = "cli")]
use crate::options::parse::{at_least, whole};

/// The options of the archive.
///
/// ```
/// use dcm2fhir::synth::{SynthOptions, write_archive};
///
/// # fn main() -> std::io::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("dcm2fhir-synth-{}", std::process::id()));
/// assert_eq!(write_archive(&SynthOptions::new(2, 3), &folder)?.studies, 2);
/// # std::fs::remove_dir_all(folder)
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct SynthOptions {
    /// Number of studies
    ///
    /// More studies extend the archive of the same seed. Default: 10.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", default_value_t = 10, value_parser = whole::<u32>(1..=10_000_000))
    )]
    pub studies: u32,

    /// Modalities, as CT,MR
    ///
    /// Default: CT, MR, US, DX, CR, MG, PT, XA, NM and SR.
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            value_name = "LIST",
            value_delimiter = ',',
            value_parser = upper_case,
            default_values_t = SynthOptions::default().modalities
        )
    )]
    pub modalities: Vec<String>,

    /// Average number of instances in a series
    ///
    /// Each series has 1 to 2N-1 instances. Default: 5.
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", default_value_t = 5, value_parser = whole::<u32>(1..=100_000))
    )]
    pub instances: u32,

    /// Seed of the random values
    ///
    /// The same options and version give the same bytes on every machine. Default: 1.
    #[cfg_attr(feature = "cli", arg(long, value_name = "N", default_value_t = 1, value_parser = at_least(0)))]
    pub seed: u64,

    /// Size of each image's pixel data, in KiB
    ///
    /// For benchmarks that need large files. Pixels are grey; in compressed transfer syntaxes they are filler that no
    /// viewer can decode. Default: none.
    #[cfg_attr(
        feature = "cli",
        arg(long = "pixel-kb", value_name = "N", value_parser = whole::<u16>(1..=32_768))
    )]
    pub pixel_kilobytes: Option<u16>,

    /// Permissions of written files, as 640
    ///
    /// New folders get them too, with the right to enter for everyone who may read. Not on Windows. Default: by the
    /// umask, as no patient data is in them; 600 for the manifest.
    #[cfg_attr(feature = "cli", arg(long, value_name = "OCTAL"))]
    pub mode: Option<FileMode>,
}

impl SynthOptions {
    /// So many studies, whose series have about so many instances.
    pub fn new(studies: u32, instances: u32) -> SynthOptions {
        SynthOptions { studies, instances, ..SynthOptions::default() }
    }
}

impl Default for SynthOptions {
    fn default() -> SynthOptions {
        let modalities = EXAMINATIONS.iter().map(|examination| examination.modality.to_owned()).collect();
        SynthOptions { studies: 10, modalities, instances: 5, seed: 1, pixel_kilobytes: None, mode: None }
    }
}

#[cfg(feature = "cli")]
fn upper_case(code: &str) -> Result<String, std::convert::Infallible> {
    Ok(code.trim().to_uppercase())
}

/// The counts of a written archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Studies.
    pub studies: u64,
    /// Series of all studies.
    pub series: u64,
    /// Instances of all series, one file each.
    pub instances: u64,
    /// Size of all files together.
    pub bytes: u64,
}

/// Writes the archive below a folder, as `patient/study/series/instance.dcm`. Files of the same name are replaced.
pub fn write_archive(options: &SynthOptions, folder: &Path) -> io::Result<Manifest> {
    write_archive_while(options, folder, |_| Ok(()))
}

/// Writes the archive, and calls `go_on` before each file with the counts so far; its error stops.
pub fn write_archive_while(
    options: &SynthOptions,
    folder: &Path,
    mut go_on: impl FnMut(&Manifest) -> io::Result<()>,
) -> io::Result<Manifest> {
    let examinations = examinations(options)?;
    let mut manifest = Manifest::default();
    for number in 1..=options.studies {
        write_study(&SyntheticStudy::new(options, &examinations, number), folder, &mut manifest, &mut go_on)?;
    }
    Ok(manifest)
}

fn examinations(options: &SynthOptions) -> io::Result<Vec<&'static Examination>> {
    let known = |modality: &String| {
        EXAMINATIONS.iter().find(|examination| examination.modality == modality).ok_or_else(|| {
            let names: Vec<&str> = EXAMINATIONS.iter().map(|examination| examination.modality).collect();
            let message = format!("no synthetic images of modality {modality}: want one of {}", names.join(", "));
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })
    };
    let examinations = options.modalities.iter().map(known).collect::<io::Result<Vec<_>>>()?;
    if examinations.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "want at least one modality"));
    }
    Ok(examinations)
}

/// The attributes that all instances of a study share.
struct SyntheticStudy {
    seed: u64,
    name: String,
    number: u32,
    patient: u64,
    examination: &'static Examination,
    instances: u32,
    pixel_kilobytes: u16,
    mode: Option<FileMode>,
}

impl SyntheticStudy {
    fn new(options: &SynthOptions, examinations: &[&'static Examination], number: u32) -> SyntheticStudy {
        let name = format!("archive {} study {number}", options.seed);
        let dice = Dice::new(options.seed, &name);
        // About every third study is of an earlier patient.
        let patient = if dice.percent("again", 30) { dice.below("patient", u64::from(number)) } else { number.into() };
        let examination = dice.pick("examination", examinations);
        let SynthOptions { seed, mode, .. } = *options;
        let pixel_kilobytes = options.pixel_kilobytes.unwrap_or_default();
        SyntheticStudy {
            seed,
            number,
            patient,
            examination,
            instances: options.instances.max(1),
            name,
            pixel_kilobytes,
            mode,
        }
    }

    fn dice(&self) -> Dice<'_> {
        Dice::new(self.seed, &self.name)
    }

    fn series(&self) -> u32 {
        let most = if self.examination.modality == "SR" { 1 } else { 4 };
        1 + self.dice().below("series", most) as u32
    }

    fn instances_of(&self, series: u32) -> u32 {
        let sides = u64::from(self.instances) * 2 - 1;
        1 + self.dice().below(&format!("instances of {series}"), sides) as u32
    }

    fn date(&self, throw: &str) -> String {
        let dice = self.dice();
        let part = |name: &str, sides| dice.below(&format!("{throw} {name}"), sides);
        format!("{}{:02}{:02}", 2005 + part("year", 20), 1 + part("month", 12), 1 + part("day", 28))
    }

    fn instance(&self, series: u32, number: u32) -> Instance {
        let dice = self.dice();
        let description = dice.pick("description", self.examination.descriptions);
        let transfer_syntax = dice.pick("transfer syntax", TRANSFER_SYNTAXES);
        let instance = Instance::new(self.examination.modality, self.examination.sop_class, &self.name, series, number)
            .text(tags::STUDY_DATE, self.date("date"))
            .text(tags::STUDY_TIME, format!("{:02}{:02}00", 7 + dice.below("hour", 12), dice.below("minute", 60)))
            .text(tags::STUDY_ID, self.number.to_string())
            .text(tags::STUDY_DESCRIPTION, description)
            .text(tags::SERIES_NUMBER, series.to_string())
            .text(tags::SERIES_DESCRIPTION, format!("Series {series}"))
            .text(tags::INSTANCE_NUMBER, number.to_string())
            .text(tags::INSTITUTION_NAME, dice.pick("hospital", HOSPITALS))
            .text(tags::REFERRING_PHYSICIAN_NAME, dice.pick("referrer", PHYSICIANS))
            .text(tags::BODY_PART_EXAMINED, dice.pick("body part", self.examination.body_parts))
            .text(tags::MANUFACTURER, "Synthetic Imaging")
            .transfer_syntax(transfer_syntax)
            .lengths(dice.pick("lengths", &[Lengths::Defined, Lengths::Undefined]));
        let instance = self.optional(self.patient(instance));
        if self.pixel_kilobytes == 0 || self.examination.modality == "SR" {
            return instance;
        }
        with_pixels(instance, self.pixel_kilobytes, transfer_syntax)
    }

    fn patient(&self, instance: Instance) -> Instance {
        let name = format!("archive {} patient {}", self.seed, self.patient);
        let dice = Dice::new(self.seed, &name);
        let person = dice.pick("person", PEOPLE);
        let instance = instance
            .character_set(person.set)
            .text(tags::PATIENT_NAME, person.set.encode(person.name))
            .text(tags::PATIENT_ID, format!("P{:06}", self.patient))
            .text(
                tags::PATIENT_BIRTH_DATE,
                format!("19{:02}0{}15", dice.below("year", 100), 1 + dice.below("month", 9)),
            )
            .text(tags::PATIENT_SEX, dice.pick("sex", &["F", "M", "O", ""]));
        if !dice.percent("issuer", 40) {
            return instance;
        }
        let issuer = DataSet::new()
            .text(tags::UNIVERSAL_ENTITY_ID, uid("archive issuer"))
            .text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO");
        instance.text(tags::ISSUER_OF_PATIENT_ID, "NORTH").item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer)
    }

    /// Leaves out what many real headers lack.
    fn optional(&self, mut instance: Instance) -> Instance {
        let dice = self.dice();
        if dice.percent("timezone", 50) {
            instance = instance.text(tags::TIMEZONE_OFFSET_FROM_UTC, dice.pick("offset", &["+0000", "+0100", "-0500"]));
        }
        if dice.percent("laterality", 20) {
            instance = instance.text(tags::LATERALITY, dice.pick("side", &["L", "R"]));
        }
        if dice.percent("operator", 30) {
            instance = instance.text(tags::OPERATORS_NAME, dice.pick("operator name", PHYSICIANS));
        }
        if dice.percent("procedure", 40) {
            let procedure = code(&format!("P{}", dice.below("procedure code", 20)), "99SYNTH", "Synthetic procedure");
            instance = instance.item(tags::PROCEDURE_CODE_SEQUENCE, procedure);
        }
        if dice.percent("accession", 80) {
            let accession = format!("A{:07}", self.number);
            let order = DataSet::new()
                .text(tags::ACCESSION_NUMBER, &accession)
                .text(tags::REQUESTED_PROCEDURE_ID, format!("R{}", self.number));
            instance = instance.text(tags::ACCESSION_NUMBER, &accession);
            if dice.percent("order", 40) {
                instance = instance.item(tags::REQUEST_ATTRIBUTES_SEQUENCE, order);
            }
        }
        instance
    }
}

fn write_study(
    study: &SyntheticStudy,
    folder: &Path,
    manifest: &mut Manifest,
    go_on: &mut impl FnMut(&Manifest) -> io::Result<()>,
) -> io::Result<()> {
    let mode = study.mode;
    let folder = folder.join(format!("P{:06}", study.patient)).join(format!("S{:06}", study.number));
    manifest.studies += 1;
    for series in 1..=study.series() {
        let folder = folder.join(series.to_string());
        mode.map_or_else(|| fs::create_dir_all(&folder), |mode| mode.make_folder(&folder))?;
        manifest.series += 1;
        for number in 1..=study.instances_of(series) {
            go_on(manifest)?;
            let bytes = study.instance(series, number).bytes();
            let path = folder.join(format!("{number:04}.dcm"));
            fs::write(&path, &bytes)?;
            mode.map_or(Ok(()), |mode| mode.set(&path))?;
            manifest.instances += 1;
            manifest.bytes += bytes.len() as u64;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::uids;

    use super::*;

    fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        walkdir::WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.is_file())
            .map(|path| (path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect()
    }

    fn archive(options: &SynthOptions) -> (Manifest, Vec<(std::path::PathBuf, Vec<u8>)>) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = write_archive(options, folder.path()).unwrap();
        (manifest, files(folder.path()))
    }

    #[test]
    fn the_same_options_give_the_same_bytes_and_the_manifest_counts_them() {
        let options = SynthOptions::default();
        let (manifest, first) = archive(&options);
        let (_, second) = archive(&options);
        assert!(first == second);
        assert_eq!(manifest.instances, first.len() as u64);
        assert_eq!(manifest.bytes, first.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>());
        assert_eq!(manifest.studies, 10);
    }

    #[test]
    fn another_seed_gives_another_archive_and_a_larger_one_begins_with_the_smaller() {
        let options = SynthOptions { studies: 3, ..SynthOptions::default() };
        let (_, small) = archive(&options);
        let (_, large) = archive(&SynthOptions { studies: 5, ..options.clone() });
        let (_, other) = archive(&SynthOptions { seed: 2, ..options });
        assert!(small.iter().all(|file| large.contains(file)));
        assert!(small != other);
    }

    #[test]
    fn an_unknown_modality_is_refused() {
        let options = SynthOptions { modalities: vec!["ZZ".to_owned()], ..SynthOptions::default() };
        let error = write_archive(&options, Path::new("/nowhere")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("ZZ"));
    }

    #[test]
    fn pixel_data_makes_files_as_large_as_asked_for_and_none_is_written_otherwise() {
        let options =
            SynthOptions { studies: 20, modalities: vec!["CT".to_owned()], instances: 1, ..SynthOptions::default() };
        let (headers, _) = archive(&options);
        let (images, _) = archive(&SynthOptions { pixel_kilobytes: Some(64), ..options });
        assert!(headers.bytes / headers.instances < 2048);
        // Deflated files shrink.
        assert!(images.bytes / images.instances > 32 * 1024);
    }

    #[test]
    fn writing_ends_where_it_is_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let stop = |manifest: &Manifest| match manifest.instances {
            3 => Err(io::Error::other("enough")),
            _ => Ok(()),
        };
        assert!(write_archive_while(&SynthOptions::default(), folder.path(), stop).is_err());
        assert_eq!(files(folder.path()).len(), 3);
    }

    #[test]
    fn dicom_object_opens_every_file_but_the_deflated_ones() {
        let (_, files) = archive(&SynthOptions { studies: 40, instances: 1, ..SynthOptions::default() });
        for (path, bytes) in files {
            let deflated = bytes.windows(22).any(|part| part == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN.as_bytes());
            if !deflated {
                let object = dicom_object::OpenFileOptions::new().from_reader(&bytes[..]);
                assert!(object.is_ok_and(|object| object.element(tags::PATIENT_ID).is_ok()), "{}", path.display());
            }
        }
    }
}
