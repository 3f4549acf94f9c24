//! The content tree: the procedures, a reference to every instance, and the Image Library, which describes study,
//! series and instances (PS3.16 TID 2010, 1600, 1601, 1602 and 1609).

use std::collections::BTreeSet;
use std::io;

use dicom_dictionary_std::{tags, uids};

use super::entry::{self, code_of, coded, container, content, descriptor, item_of, number, text};
use super::{Each, Head, Manifest, Part, each_instance, item, moment, reference, sop_class};
use crate::fhir::{Coding, Instance, KeyObject, Series};
use crate::mapping::terms::{self, SopClassKind, system};
use crate::synth::{Attributes, DataSet, code};

/// Gives the Content Sequence of the root.
pub fn parts(manifest: &Manifest<'_>, each: Each<'_>) -> io::Result<()> {
    each(Part::Sequence(tags::CONTENT_SEQUENCE))?;
    for code in procedures(manifest) {
        item(each, entry::procedure(code))?;
    }
    for series in manifest.series() {
        each_instance(series, &mut |instance| item(each, referred(instance)))?;
    }
    library(manifest, each)?;
    each(Part::EndOfSequence)
}

/// The coded procedures.
fn procedures(manifest: &Manifest<'_>) -> impl Iterator<Item = DataSet> {
    let procedures = &manifest.twin.linked.study.procedure;
    procedures.iter().filter_map(|procedure| code_of(&procedure.concept, &manifest.head.systems))
}

/// A reference to an instance.
fn referred(instance: &Instance<'_>) -> DataSet {
    content("CONTAINS", value_type(sop_class(instance))).item(tags::REFERENCED_SOP_SEQUENCE, reference(instance))
}

/// How content refers to instances of a class (PS3.3 Table C.17.3-7): as images where they have pixels.
fn value_type(sop_class: &str) -> &'static str {
    const WITH_PIXELS: [&str; 2] = [uids::SEGMENTATION_STORAGE, uids::RT_DOSE_STORAGE];
    match terms::sop_class(sop_class).map(|class| class.kind) {
        Some(SopClassKind::Image) => "IMAGE",
        Some(SopClassKind::Waveform) => "WAVEFORM",
        _ if WITH_PIXELS.contains(&sop_class) => "IMAGE",
        _ => "COMPOSITE",
    }
}

/// TID 1600: the study, and its series as groups.
fn library(manifest: &Manifest<'_>, each: Each<'_>) -> io::Result<()> {
    each(Part::Item)?;
    each(Part::Attributes(container(entry::IMAGE_LIBRARY)))?;
    each(Part::Sequence(tags::CONTENT_SEQUENCE))?;
    of_study(manifest).into_iter().try_for_each(|descriptor| item(each, descriptor))?;
    for series in manifest.series() {
        group(manifest, series, each)?;
    }
    each(Part::EndOfSequence)?;
    each(Part::EndOfItem)
}

/// The modalities and regions of the study, and how many series it has.
fn of_study(manifest: &Manifest<'_>) -> Vec<DataSet> {
    let study = &manifest.twin.linked.study;
    let concepts = manifest.series().filter_map(|series| series.modality.as_ref());
    let modalities: BTreeSet<&Coding> = concepts.flat_map(|concept| concept.coding.first()).collect();
    let region = |(value, meaning): (&str, &str)| coded(entry::TARGET_REGION, code(value, "SCT", meaning));
    let modality = |coding: &&Coding| Some(coded(entry::MODALITY, item_of(coding, None, &[])?));
    let mut all: Vec<DataSet> = modalities.iter().filter_map(modality).collect();
    all.extend(study.regions.iter().map(|one| region(one.code())));
    all.push(number(entry::SERIES_OF_STUDY, study.number_of_series, entry::SERIES));
    all
}

/// TID 1602 of a series, and its instances as entries.
fn group(manifest: &Manifest<'_>, series: &Series<'_>, each: Each<'_>) -> io::Result<()> {
    each(Part::Item)?;
    each(Part::Attributes(container(entry::IMAGE_LIBRARY_GROUP)))?;
    each(Part::Sequence(tags::CONTENT_SEQUENCE))?;
    of_series(manifest.head, series).into_iter().try_for_each(|descriptor| item(each, descriptor))?;
    each_instance(series, &mut |instance| item(each, library_entry(instance)))?;
    each(Part::EndOfSequence)?;
    each(Part::EndOfItem)
}

fn of_series(head: &Head, series: &Series<'_>) -> Vec<DataSet> {
    let (mut all, systems) = (Vec::new(), &head.systems);
    let modality = series.modality.as_ref().and_then(|modality| code_of(modality, systems));
    all.extend(modality.map(|code| coded(entry::MODALITY, code)));
    if let Some(started) = series.started.map(|started| moment::at_offset(started, head.offset_minutes)) {
        all.push(moment::date(descriptor("DATE", entry::SERIES_DATE), tags::DATE, started));
        if started.time.is_some() {
            all.push(moment::time(descriptor("TIME", entry::SERIES_TIME), tags::TIME, started));
        }
    }
    all.extend(series.description.as_ref().map(|words| text(entry::SERIES_DESCRIPTION, words)));
    all.extend(series.number.map(|number| text(entry::SERIES_NUMBER, number.to_string())));
    all.push(descriptor("UIDREF", entry::SERIES_UID).text(tags::UID, &series.uid));
    if let Some(site) = series.body_site.first() {
        let words = || site.label().map(|words| text(entry::TARGET_REGION, words));
        all.extend(code_of(site, systems).map(|code| coded(entry::TARGET_REGION, code)).or_else(words));
    }
    all.push(number(entry::INSTANCES_OF_SERIES, series.number_of_instances, entry::INSTANCES));
    all
}

/// TID 1601: an instance with its descriptors.
fn library_entry(instance: &Instance<'_>) -> DataSet {
    let mut all = Vec::new();
    all.extend(instance.number_of_frames.map(|frames| number(entry::NUMBER_OF_FRAMES, frames, entry::FRAMES)));
    all.extend(instance.number.map(|number| text(entry::INSTANCE_NUMBER, number.to_string())));
    all.extend(instance.key_object.into_iter().flat_map(of_key_object));
    let referred = referred(instance);
    if all.is_empty() { referred } else { referred.items(tags::CONTENT_SEQUENCE, all) }
}

/// TID 1609: the title of a Key Object Selection, and its description.
fn of_key_object(document: &KeyObject) -> impl Iterator<Item = DataSet> {
    let title = document.title.as_ref().filter(|title| title.system.as_deref() == Some(system::DCM));
    let title = title.and_then(|title| Some(coded(entry::DOCUMENT_TITLE, item_of(title, None, &[])?)));
    let description = document.description.as_ref().map(|words| text(entry::KEY_OBJECT_DESCRIPTION, words));
    title.into_iter().chain(description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_pixels_is_referred_to_as_an_image() {
        for (class, want) in [
            (uids::CT_IMAGE_STORAGE, "IMAGE"),
            (uids::SEGMENTATION_STORAGE, "IMAGE"),
            (uids::RT_DOSE_STORAGE, "IMAGE"),
            (uids::TWELVE_LEAD_ECG_WAVEFORM_STORAGE, "WAVEFORM"),
            (uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, "COMPOSITE"),
            (uids::ENCAPSULATED_PDF_STORAGE, "COMPOSITE"),
            (uids::SURFACE_SEGMENTATION_STORAGE, "COMPOSITE"),
            ("1.2.3", "COMPOSITE"),
        ] {
            assert_eq!(value_type(class), want, "{class}");
        }
    }
}
