//! The imaging manifest as a DICOM Key Object Selection Document (IHE RAD MADO 6.X.2, DICOM CP-2595): which attribute
//! and which content item says what of a study.
//!
//! A study can have a million instances, so the data set is given part by part, in the order of its tags; `output`
//! writes the parts.

mod content;
mod entry;
mod evidence;
mod head;
mod moment;

use std::io;

use dicom_dictionary_std::{tags, uids};

pub use head::{Head, has_order_numbers};

use crate::dicom::Tag;
use crate::fhir::{DateTime, Document, Instance, Series, SopClass, id};
use crate::synth::{Attributes, DataSet};

/// A part of a data set.
#[derive(Debug)]
pub enum Part {
    /// Attributes of the data set or item that is open.
    Attributes(DataSet),
    /// The start of a sequence.
    Sequence(Tag),
    /// The start of an item.
    Item,
    /// The end of the item that is open.
    EndOfItem,
    /// The end of the sequence that is open.
    EndOfSequence,
}

/// Takes the parts one after the other.
pub type Each<'e> = &'e mut dyn FnMut(Part) -> io::Result<()>;

/// The manifest of a study.
#[derive(Debug)]
pub struct Manifest<'m> {
    head: &'m Head,
    /// The same study as a FHIR document, which has the same UID.
    twin: &'m Document<'m>,
    made_at: DateTime,
}

impl<'m> Manifest<'m> {
    /// The manifest of a study that lacks nothing.
    pub fn of(head: &'m Head, twin: &'m Document<'m>) -> Manifest<'m> {
        Manifest { head, twin, made_at: moment::at_offset(twin.made_at, head.offset_minutes) }
    }

    /// The SOP Instance UID.
    pub fn uid(&self) -> &str {
        &self.twin.uid
    }

    /// Gives the whole data set.
    pub fn parts(&self, each: Each<'_>) -> io::Result<()> {
        each(Part::Attributes(self.first()))?;
        evidence::parts(self, each)?;
        each(Part::Attributes(template()))?;
        content::parts(self, each)
    }

    /// All that stands before the evidence.
    fn first(&self) -> DataSet {
        let series = id::uuid(&format!("{} manifest series", self.twin.linked.study.uid)).as_u128();
        let data_set = self.head.attributes.clone();
        let data_set = moment::date(data_set, tags::CONTENT_DATE, self.made_at);
        moment::time(data_set, tags::CONTENT_TIME, self.made_at)
            .text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192")
            .text(tags::SOP_CLASS_UID, uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE)
            .text(tags::SOP_INSTANCE_UID, self.uid())
            .text(tags::MODALITY, "KO")
            .text(tags::SERIES_INSTANCE_UID, format!("2.25.{series}"))
            .text(tags::SERIES_NUMBER, "1")
            .text(tags::INSTANCE_NUMBER, "1")
            .items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, [])
            .text(tags::VALUE_TYPE, "CONTAINER")
            .item(tags::CONCEPT_NAME_CODE_SEQUENCE, entry::MANIFEST.code())
            .text(tags::CONTINUITY_OF_CONTENT, "SEPARATE")
    }

    fn series(&self) -> impl Iterator<Item = &Series<'m>> {
        self.twin.linked.study.series.iter().flatten()
    }
}

/// PS3.16 TID 2010.
fn template() -> DataSet {
    let template = DataSet::new().text(tags::MAPPING_RESOURCE, "DCMR").text(tags::TEMPLATE_IDENTIFIER, "2010");
    DataSet::new().item(tags::CONTENT_TEMPLATE_SEQUENCE, template)
}

/// Calls `each` with every instance of a series, until one cannot be written.
fn each_instance(series: &Series<'_>, each: &mut dyn FnMut(&Instance<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut result = Ok(());
    if let Some(instances) = series.instances {
        instances.visit(&mut |instance| {
            result = each(instance);
            result.is_ok()
        });
    }
    result
}

/// An item of a sequence that is not empty.
fn item(each: Each<'_>, item: DataSet) -> io::Result<()> {
    each(Part::Item)?;
    each(Part::Attributes(item))?;
    each(Part::EndOfItem)
}

/// Referenced SOP Sequence's item (PS3.3 Table 10-11).
fn reference(instance: &Instance<'_>) -> DataSet {
    DataSet::new()
        .text(tags::REFERENCED_SOP_CLASS_UID, sop_class(instance))
        .text(tags::REFERENCED_SOP_INSTANCE_UID, instance.uid)
}

fn sop_class<'i>(instance: &Instance<'i>) -> &'i str {
    match instance.sop_class {
        SopClass::Urn(urn) => urn.trim_start_matches("urn:oid:"),
        SopClass::Raw(_) | SopClass::Absent => "",
    }
}
