//! Writes the samples to files, so that an independent validator can read them.

use std::path::{Path, PathBuf};

use super::*;
use crate::fhir::sample;
use crate::options::BundleType;

#[test]
#[ignore = "writes files for a validator into the folder FHIR_SAMPLES"]
fn samples_are_written_for_a_validator() {
    let folder = PathBuf::from(std::env::var("FHIR_SAMPLES").unwrap());
    for release in Release::ALL {
        for (name, study) in [
            ("minimal", sample::minimal as fn() -> _),
            ("maximal", sample::maximal),
            ("nobody", sample::nobody),
            ("phantom", sample::phantom),
        ] {
            let folder = folder.join(release.name).join(name);
            std::fs::create_dir_all(&folder).unwrap();
            studies(&folder, release, study);
            bundles(&folder, release, study);
        }
    }
}

fn studies(folder: &Path, release: &Release, study: fn() -> ImagingStudy<'static>) {
    for references in [References::Logical, References::Contained, References::Separate] {
        for detail in ["study", "series", "instance"] {
            let linked = linked(cut(study(), detail, release), release, references);
            write(folder, &format!("{references:?}-{detail}"), &study_text(&linked, release));
            for companion in &linked.beside {
                let text = json::text(companion, release);
                write(folder, &format!("{}-{}", companion.resource_type().name(), companion.id), &text);
            }
        }
    }
}

fn bundles(folder: &Path, release: &Release, study: fn() -> ImagingStudy<'static>) {
    for bundle_type in BundleType::ALL.iter().copied() {
        for (overwrite_companions, existing) in [(false, "Keep"), (true, "Overwrite")] {
            for (conditional, target) in [(false, "Id"), (true, "Identifier")] {
                let options = BundleOptions { bundle_type: Some(bundle_type), conditional, overwrite_companions };
                let text = bundle_text(study(), release, options);
                write(folder, &format!("Bundle-{bundle_type}-{existing}-{target}"), &text);
            }
        }
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
}
