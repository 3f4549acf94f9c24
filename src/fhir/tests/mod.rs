//! The sample studies in every release and in every way of referring.

mod bundle;
mod golden;
mod links;
#[allow(clippy::disallowed_methods, reason = "writes files, for another program")]
mod validator;

use super::bundle::Bundle;
use super::id::Ids;
use super::imaging_study::ImagingStudy;
use super::json::{self, Layout};
use super::references::{Linked, Sharing, link};
use super::release::{Agreement, Release};
use crate::options::{BundleOptions, References};

/// A study with its references linked under an empty salt.
fn linked(study: ImagingStudy<'static>, release: &Release, references: References) -> Linked<'static> {
    link(study, Vec::new(), release, references, &Sharing::alone(Ids::new("")))
}

/// The ImagingStudy as compact JSON.
fn study_text(linked: &Linked<'_>, release: &Release) -> String {
    json::text(linked, release)
}

/// A study's Bundle as compact JSON.
fn bundle_text(study: ImagingStudy<'static>, release: &Release, options: BundleOptions) -> String {
    let bundle = Bundle::of(study, Vec::new(), release, &Sharing::alone(Ids::new("")), options);
    json::text(&bundle, release)
}

/// A study without what stands below its level of detail.
fn cut(mut study: ImagingStudy<'static>, detail: &str, release: &Release) -> ImagingStudy<'static> {
    if detail == "series" {
        study.series.iter_mut().flatten().for_each(|series| series.instances = None);
    }
    if detail == "study" {
        study.series = None;
        if release.study_and_series == Agreement::Required {
            study.modality.clear();
        }
    }
    study
}

#[test]
fn an_error_of_the_writer_comes_back_as_it_was() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let release = &super::release::R4;
    let linked = linked(super::sample::maximal(), release, References::Logical);
    let error = json::write(Closed, &linked, release, Layout::Pretty).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn a_study_that_lists_series_without_instances_counts_no_instances_where_the_release_forbids_it() {
    for release in Release::ALL {
        let linked = linked(cut(super::sample::maximal(), "series", release), release, References::Logical);
        let counted = study_text(&linked, release).contains(r#""numberOfSeries":3,"numberOfInstances":5"#);
        assert_eq!(counted, release.study_and_series == Agreement::Free, "{}", release.name);
    }
}

#[test]
fn a_sop_class_of_blanks_is_as_good_as_none() {
    use super::imaging_study::{Instance, SopClass};
    let instance = Instance {
        uid: "1",
        sop_class: SopClass::Raw("  "),
        number: None,
        title: None,
        number_of_frames: None,
        key_object: None,
    };
    let release = &super::release::R4;
    let mut study = super::sample::minimal();
    let instances: &'static super::sample::Fixed =
        Box::leak(Box::new(super::sample::Fixed(Box::leak(Box::new([instance])))));
    study.series.as_mut().unwrap()[0].instances = Some(instances);
    let linked = linked(study, release, References::Logical);
    let text = study_text(&linked, release);
    assert!(text.contains(r#""sopClass":{"extension":[{"#), "{text}");
}

/// All values of this member, at any depth.
fn members<'v>(value: &'v serde_json::Value, name: &str, found: &mut Vec<&'v serde_json::Value>) {
    if let Some(object) = value.as_object() {
        found.extend(object.get(name));
        object.values().for_each(|value| members(value, name, found));
    }
    value.as_array().into_iter().flatten().for_each(|value| members(value, name, found));
}

/// All `Reference.reference`.
fn literals(value: &serde_json::Value) -> Vec<String> {
    let mut found = Vec::new();
    members(value, "reference", &mut found);
    found.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
