//! One DICOM file: a data set and its encoding (PS3.10 7.1, PS3.5 7 and A).

use std::io::Write;

use dicom_core::value::{DataSetSequence, PixelFragmentSequence};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::mem::InMemElement;
use dicom_object::{FileMetaTable, FileMetaTableBuilder, InMemDicomObject};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::data_set::{Attribute, Attributes, DataSet, Value};
use super::{EXPLICIT_BIG_ENDIAN, uid};

/// The start of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Preamble, `DICM`, file meta information, data set.
    Part10,
    /// File meta information and data set, no preamble.
    NoPreamble,
    /// The data set alone.
    DataSet,
}

/// How the length of sequences and items is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lengths {
    /// As undefined, closed by delimiters.
    Undefined,
    /// As a number of bytes.
    Defined,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    data_set: DataSet,
    sop_class: String,
    sop_instance: String,
    transfer_syntax: String,
    frame: Frame,
    lengths: Lengths,
}

impl Attributes for Instance {
    fn data_set(&mut self) -> &mut DataSet {
        &mut self.data_set
    }
}

impl Instance {
    /// An instance with its UIDs, SOP class and modality, and nothing else. The UIDs follow from the name of the study
    /// and the numbers of the series and the instance.
    pub fn new(modality: &str, sop_class: &str, study: &str, series: u32, instance: u32) -> Instance {
        let sop_instance = uid(&format!("{study}/{series}/{instance}"));
        let data_set = DataSet::new()
            .text(tags::SOP_CLASS_UID, sop_class)
            .text(tags::SOP_INSTANCE_UID, &sop_instance)
            .text(tags::MODALITY, modality)
            .text(tags::STUDY_INSTANCE_UID, uid(study))
            .text(tags::SERIES_INSTANCE_UID, uid(&format!("{study}/{series}")));
        Instance {
            data_set,
            sop_class: sop_class.to_owned(),
            sop_instance,
            transfer_syntax: uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned(),
            frame: Frame::Part10,
            lengths: Lengths::Undefined,
        }
    }

    /// Writes the data set in this transfer syntax. One that is not implicit, big endian or deflated is written as
    /// explicit little endian (PS3.5 A.4).
    pub fn transfer_syntax(mut self, uid: &str) -> Instance {
        uid.clone_into(&mut self.transfer_syntax);
        self
    }

    /// Begins the file in this way.
    pub fn frame(mut self, frame: Frame) -> Instance {
        self.frame = frame;
        self
    }

    /// Writes sequences and items with this kind of length.
    pub fn lengths(mut self, lengths: Lengths) -> Instance {
        self.lengths = lengths;
        self
    }

    /// The bytes of a text attribute before they are padded; empty where there is none.
    pub fn value(&self, tag: Tag) -> &[u8] {
        self.data_set.bytes(tag)
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        let data_set = self.encoded(&self.data_set);
        if self.transfer_syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
            bytes.extend_from_slice(&deflated(&data_set));
        } else {
            bytes.extend_from_slice(&data_set);
        }
        bytes
    }

    /// The bytes before the data set.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.frame == Frame::Part10 {
            bytes.resize(128, 0);
            bytes.extend_from_slice(b"DICM");
        }
        if self.frame != Frame::DataSet {
            self.meta(&self.transfer_syntax).write(&mut bytes).expect("a vector takes every write");
        }
        bytes
    }

    /// The file meta information has the UIDs of the data set, or the initial ones if these were left out.
    fn meta(&self, transfer_syntax: &str) -> FileMetaTable {
        let or = |tag, given: &str| match self.data_set.bytes(tag) {
            [] => given.to_owned(),
            bytes => String::from_utf8_lossy(bytes).into_owned(),
        };
        FileMetaTableBuilder::new()
            .media_storage_sop_class_uid(or(tags::SOP_CLASS_UID, &self.sop_class))
            .media_storage_sop_instance_uid(or(tags::SOP_INSTANCE_UID, &self.sop_instance))
            .transfer_syntax(transfer_syntax)
            .implementation_class_uid(uid("implementation"))
            .implementation_version_name("DCM2FHIR")
            .build()
            .expect("the three values that a builder needs are given")
    }

    /// The attributes of a data set or item, as they lie in the file.
    pub(crate) fn encoded(&self, data_set: &DataSet) -> Vec<u8> {
        let mut bytes = Vec::new();
        let file = self.object(data_set).with_exact_meta(self.meta(self.encoding()));
        file.write_dataset(&mut bytes).expect("a vector takes every write, and the transfer syntax is a known one");
        bytes
    }

    fn object(&self, data_set: &DataSet) -> InMemDicomObject {
        InMemDicomObject::from_element_iter(
            data_set.attributes.iter().map(|(tag, attribute)| self.element(*tag, attribute)),
        )
    }

    fn element(&self, tag: Tag, attribute: &Attribute) -> InMemElement {
        match &attribute.value {
            Value::Bytes(bytes) => DataElement::new(tag, attribute.vr, text(attribute.vr, bytes)),
            Value::Numbers(numbers) => {
                DataElement::new(tag, attribute.vr, PrimitiveValue::U16(numbers.as_slice().into()))
            }
            Value::Items(items) => self.sequence(tag, items),
            Value::Fragments(fragments) => {
                DataElement::new(tag, attribute.vr, PixelFragmentSequence::new_fragments(fragments.clone()))
            }
        }
    }

    fn sequence(&self, tag: Tag, items: &[DataSet]) -> InMemElement {
        if self.lengths == Lengths::Undefined && !items.is_empty() {
            let items: Vec<InMemDicomObject> = items.iter().map(|item| self.object(item)).collect();
            return DataElement::new(tag, VR::SQ, DataSetSequence::from(items));
        }
        // dicom-object writes only undefined lengths; bytes with the VR SQ become a sequence of defined length.
        let bytes: Vec<u8> = items.iter().flat_map(|item| self.item_of_defined_length(item)).collect();
        DataElement::new(tag, VR::SQ, PrimitiveValue::U8(bytes.into()))
    }

    fn item_of_defined_length(&self, item: &DataSet) -> Vec<u8> {
        let content = self.encoded(item);
        let length = u32::try_from(content.len()).expect("a synthetic item is far below 4 GiB");
        let (tag, length) = match self.encoding() {
            EXPLICIT_BIG_ENDIAN => ([0xFF, 0xFE, 0xE0, 0x00], length.to_be_bytes()),
            _ => ([0xFE, 0xFF, 0x00, 0xE0], length.to_le_bytes()),
        };
        [&tag[..], &length[..], &content[..]].concat()
    }

    /// The transfer syntax of the data elements themselves.
    fn encoding(&self) -> &'static str {
        match self.transfer_syntax.as_str() {
            uids::IMPLICIT_VR_LITTLE_ENDIAN => uids::IMPLICIT_VR_LITTLE_ENDIAN,
            EXPLICIT_BIG_ENDIAN => EXPLICIT_BIG_ENDIAN,
            _ => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        }
    }
}

/// The bytes with the padding of their VR (PS3.5 6.2).
fn text(vr: VR, bytes: &[u8]) -> PrimitiveValue {
    // The writer parses bytes of IS and DS as numbers, so they are passed as text.
    if matches!(vr, VR::IS | VR::DS) {
        return PrimitiveValue::from(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut padded = bytes.to_vec();
    if padded.len() % 2 == 1 {
        padded.push(if matches!(vr, VR::UI | VR::OB | VR::UN) { 0 } else { b' ' });
    }
    PrimitiveValue::U8(padded.into())
}

fn deflated(data_set: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data_set).and_then(|()| encoder.finish()).expect("a vector takes every write")
}

#[cfg(test)]
mod tests {
    use super::super::code;
    use super::*;

    fn with_sequence() -> Instance {
        Instance::new("CT", uids::CT_IMAGE_STORAGE, "a study", 1, 1)
            .text(tags::PATIENT_NAME, "Doe^Jane")
            .text(tags::SERIES_NUMBER, "3")
            .numbers(tags::ROWS, &[2])
            .items(
                tags::PROCEDURE_CODE_SEQUENCE,
                [code("1", "99TEST", "One").item(tags::CONTEXT_GROUP_IDENTIFICATION_SEQUENCE, DataSet::new())],
            )
    }

    #[test]
    fn dicom_object_reads_back_every_layout() {
        for syntax in [
            uids::EXPLICIT_VR_LITTLE_ENDIAN,
            uids::IMPLICIT_VR_LITTLE_ENDIAN,
            EXPLICIT_BIG_ENDIAN,
            uids::JPEG_BASELINE8_BIT,
        ] {
            for lengths in [Lengths::Undefined, Lengths::Defined] {
                let bytes = with_sequence().transfer_syntax(syntax).lengths(lengths).bytes();
                let object = dicom_object::OpenFileOptions::new().from_reader(&bytes[..]).unwrap();
                let read = |tag| object.element(tag).unwrap().to_str().unwrap().trim().to_owned();
                assert_eq!(read(tags::PATIENT_NAME), "Doe^Jane", "{syntax} {lengths:?}");
                assert_eq!(read(tags::SERIES_NUMBER), "3", "{syntax} {lengths:?}");
                assert_eq!(object.element(tags::ROWS).unwrap().to_int::<u16>().unwrap(), 2, "{syntax} {lengths:?}");
                let item = &object.element(tags::PROCEDURE_CODE_SEQUENCE).unwrap().items().unwrap()[0];
                assert_eq!(item.element(tags::CODE_MEANING).unwrap().to_str().unwrap().trim(), "One");
            }
        }
    }

    #[test]
    fn a_deflated_data_set_inflates_to_the_explicit_one() {
        use std::io::Read;
        let plain = with_sequence().frame(Frame::DataSet).bytes();
        let deflated =
            with_sequence().frame(Frame::DataSet).transfer_syntax(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN).bytes();
        let mut inflated = Vec::new();
        flate2::read::DeflateDecoder::new(&deflated[..]).read_to_end(&mut inflated).unwrap();
        assert_eq!(inflated, plain);
    }

    #[test]
    fn a_frame_leaves_out_what_it_names() {
        let part10 = with_sequence().bytes();
        let no_preamble = with_sequence().frame(Frame::NoPreamble).bytes();
        let data_set = with_sequence().frame(Frame::DataSet).bytes();
        assert_eq!(part10[132..], no_preamble);
        assert!(no_preamble.starts_with(b"\x02\x00\x00\x00UL") && no_preamble.ends_with(&data_set));
        assert!(data_set.starts_with(b"\x08\x00\x16\x00UI"));
    }
}
