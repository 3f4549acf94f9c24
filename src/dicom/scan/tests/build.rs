//! Writes data sets byte by byte, for tests: also such as no toolkit would write.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use crate::dicom::scan::element::{
    Encoding, ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, UNDEFINED, number as tag_number,
};
use crate::dicom::scan::vr::{Form, form};

/// A data set in the making.
#[derive(Debug, Clone)]
pub struct Data {
    encoding: Encoding,
    pub bytes: Vec<u8>,
}

impl Data {
    pub fn new(encoding: Encoding) -> Data {
        Data { encoding, bytes: Vec::new() }
    }

    /// The attributes that every instance has, and a few that are wanted, with something between identification and
    /// patient.
    pub fn instance(encoding: Encoding, between: &[u8]) -> Data {
        Data::instance_of(uids::CT_IMAGE_STORAGE, encoding, between)
    }

    /// The same for another SOP class.
    pub fn instance_of(class: &str, encoding: Encoding, between: &[u8]) -> Data {
        let mut data = Data::new(encoding)
            .value(tags::SPECIFIC_CHARACTER_SET, b"CS", b"ISO_IR 100")
            .value(tags::SOP_CLASS_UID, b"UI", class.as_bytes())
            .value(tags::SOP_INSTANCE_UID, b"UI", b"1.2.3\0");
        data.bytes.extend_from_slice(between);
        data.value(tags::PATIENT_NAME, b"PN", b"Doe^Jane")
            .value(tags::STUDY_INSTANCE_UID, b"UI", b"1.2.1\0")
            .value(tags::SERIES_INSTANCE_UID, b"UI", b"1.2.2\0")
            .value(tags::STUDY_ID, b"SH", b"S1")
    }

    pub fn value(self, tag: Tag, vr: &[u8; 2], value: &[u8]) -> Data {
        self.header(tag, vr, value.len() as u32).raw(value)
    }

    pub fn header(mut self, tag: Tag, vr: &[u8; 2], length: u32) -> Data {
        self.number(tag_number(tag));
        if !self.encoding.is_explicit() {
            self.long(length);
        } else if form(*vr) == Form::Long {
            self.bytes.extend_from_slice(&[vr[0], vr[1], 0, 0]);
            self.long(length);
        } else {
            self.bytes.extend_from_slice(vr);
            let length = length as u16;
            let bytes = if self.is_big() { length.to_be_bytes() } else { length.to_le_bytes() };
            self.bytes.extend_from_slice(&bytes);
        }
        self
    }

    /// A sequence of undefined length, of items of undefined length.
    pub fn open_sequence(self, tag: Tag, vr: &[u8; 2], items: &[Data]) -> Data {
        let opened = self.header(tag, vr, UNDEFINED);
        items.iter().fold(opened, |data, item| data.open_item(item)).delimiter(SEQUENCE_DELIMITATION)
    }

    pub fn open_item(self, item: &Data) -> Data {
        self.mark(ITEM, UNDEFINED).raw(&item.bytes).delimiter(ITEM_DELIMITATION)
    }

    /// A sequence and items that say their length.
    pub fn sequence(self, tag: Tag, vr: &[u8; 2], items: &[Data]) -> Data {
        let inside = items.iter().fold(Data::new(self.encoding), |data, item| data.item(item));
        self.value(tag, vr, &inside.bytes)
    }

    pub fn item(self, item: &Data) -> Data {
        self.mark(ITEM, item.bytes.len() as u32).raw(&item.bytes)
    }

    pub fn delimiter(self, number: u32) -> Data {
        self.mark(number, 0)
    }

    pub fn mark(mut self, number: u32, length: u32) -> Data {
        self.number(number);
        self.long(length);
        self
    }

    pub fn raw(mut self, bytes: &[u8]) -> Data {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn number(&mut self, number: u32) {
        let [g1, g0, e1, e0] = number.to_be_bytes();
        self.bytes.extend(if self.is_big() { [g1, g0, e1, e0] } else { [g0, g1, e0, e1] });
    }

    fn long(&mut self, length: u32) {
        self.bytes.extend(if self.is_big() { length.to_be_bytes() } else { length.to_le_bytes() });
    }

    fn is_big(&self) -> bool {
        matches!(self.encoding, Encoding::ExplicitBig | Encoding::ImplicitBig)
    }
}

/// File meta information without a group length.
pub fn meta(transfer_syntax: &str) -> Data {
    Data::new(Encoding::ExplicitLittle)
        .value(tags::MEDIA_STORAGE_SOP_CLASS_UID, b"UI", uids::CT_IMAGE_STORAGE.as_bytes())
        .value(tags::TRANSFER_SYNTAX_UID, b"UI", transfer_syntax.as_bytes())
}

/// A preamble, DICM, and what follows.
pub fn part_10(meta: &[u8], data_set: &[u8]) -> Vec<u8> {
    [&[0; 128], b"DICM".as_slice(), meta, data_set].concat()
}

/// A file of the syntax that says what the encoding is.
pub fn file(encoding: Encoding, data_set: &Data) -> Vec<u8> {
    let syntax = match encoding {
        Encoding::ImplicitLittle => uids::IMPLICIT_VR_LITTLE_ENDIAN,
        Encoding::ExplicitLittle => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        Encoding::ExplicitBig | Encoding::ImplicitBig => "1.2.840.10008.1.2.2",
    };
    part_10(&meta(syntax).bytes, &data_set.bytes)
}
