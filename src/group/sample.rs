//! Studies for tests, grouped from small data sets as they are from files.

use dicom_dictionary_std::tags;

use super::{NewKind, Studies, Study};
use crate::dicom::Tag;
use crate::group::reader::{Record, Selections, record};
use crate::mapping::sample::{Sample, header, text};
use crate::mapping::{self, KIND, NUMBER, Options, SELECTION};
use crate::source::Name;

/// The SOP class of the samples that are images.
pub const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
/// The SOP class of the samples that are none.
pub const REPORT: &str = "1.2.840.10008.5.1.4.1.1.88.33";

/// An instance of a series of study 1.2 with a few attributes more.
pub fn instance(series: &str, uid: &str, sop_class: &str, more: &[Sample]) -> Vec<Sample> {
    let uids = [
        text(tags::SOP_CLASS_UID, sop_class),
        text(tags::SOP_INSTANCE_UID, uid),
        text(tags::STUDY_INSTANCE_UID, "1.2"),
        text(tags::SERIES_INSTANCE_UID, series),
    ];
    [&uids, more].concat()
}

/// An instance of another study.
pub fn of_study(study: &str, mut instance: Vec<Sample>) -> Vec<Sample> {
    instance.retain(|(tag, _)| *tag != tags::STUDY_INSTANCE_UID);
    instance.push(text(tags::STUDY_INSTANCE_UID, study));
    instance
}

/// The studies of instances that come in this order.
pub fn studies<'s>(instances: impl IntoIterator<Item = &'s Vec<Sample>>) -> Vec<Study> {
    let studies = Studies::default();
    instances.into_iter().for_each(|instance| add(&studies, instance));
    studies.finish()
}

/// An attribute that no row wants: it has the name of the sample's file, where that matters.
pub const FILE: Tag = tags::RETRIEVE_AE_TITLE;

/// Adds an instance.
pub fn add(studies: &Studies, instance: &[Sample]) {
    let (header, options) = (header(instance), Options::default());
    let root = header.root();
    let name = Name::file(file(instance));
    let number = mapping::map(NUMBER, root, &options).part.number;
    let Record { record, .. } = record(&header, number, &name).unwrap();
    let part = mapping::map(KIND, root, &options).part;
    studies.merge(&record, Some(NewKind { part, has_issues: false })).expect("the kind is given");
}

/// Adds what a Key Object Selection selects to its study.
pub fn select(studies: &Studies, instance: &[Sample]) {
    let (header, options, name) = (header(instance), Options::default(), Name::file(file(instance)));
    let Record { record, .. } = record(&header, None, &name).unwrap();
    let mapped = mapping::map(SELECTION, header.root(), &options);
    studies.select_one(&record, mapped, Selections::All);
}

/// The name of a sample's file.
pub fn file(instance: &[Sample]) -> &str {
    instance.iter().find_map(|(tag, value)| (*tag == FILE).then(|| value.as_text())).unwrap_or("file")
}
