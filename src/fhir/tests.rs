//! The sample studies in every release, as text and for the validator.

use std::path::Path;

use super::id::Ids;
use super::imaging_study::ImagingStudy;
use super::json::{self, Layout};
use super::references::{References, link};
use super::release::Release;
use super::sample;

/// A study as compact JSON with logical references.
fn logical(study: ImagingStudy<'static>, release: &Release) -> String {
    let linked = link(study, release, References::Logical, &Ids::new(""));
    let mut out = Vec::new();
    json::write_imaging_study(&mut out, &linked, release, Layout::Compact).unwrap();
    String::from_utf8(out).unwrap()
}

/// A study without what stands below its level of detail.
fn cut(mut study: ImagingStudy<'static>, detail: &str, release: &Release) -> ImagingStudy<'static> {
    if detail == "series" {
        study.series.iter_mut().flatten().for_each(|series| series.instances = None);
    }
    if detail == "study" {
        study.series = None;
        if release.study_and_series == super::release::Agreement::Required {
            study.modality.clear();
        }
    }
    study
}

#[test]
#[ignore = "writes files for the validator into the folder FHIR_SAMPLES"]
fn samples_are_written_for_the_validator() {
    let folder = std::env::var("FHIR_SAMPLES").unwrap();
    for release in Release::ALL {
        for (name, study) in [("minimal", sample::minimal as fn() -> _), ("maximal", sample::maximal)] {
            for detail in ["study", "series", "instance"] {
                let text = logical(cut(study(), detail, release), release);
                write(&folder, release, &format!("logical-{name}-{detail}"), &text);
            }
        }
    }
}

fn write(folder: &str, release: &Release, name: &str, text: &str) {
    let folder = Path::new(folder).join(release.name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
}
