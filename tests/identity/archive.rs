//! Small archives in which numbers collide: the same number of another issuer, the same bytes in another character set,
//! placeholders, padding, case, blanks and control characters.

use std::path::Path;

use dcm2fhir::synth::{Attributes, DataSet, Instance, code};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use crate::twice;

/// Numbers as they stand in files.
pub const NUMBERS: [&[u8]; 18] = [
    b"PID1",
    b"PID2",
    b"pid1",
    b" PID1  ",
    b"PID 1",
    b"PID  1",
    b"PID\t1",
    b"PID\n1",
    b"PID\r\n1",
    b"PID1\r\n",
    b"\xC4-1",
    b"\xD6-1",
    b"\xC3\x84-1",
    b"\xEF\xBF\xBD-1",
    b"\x85-1",
    b"P\x00D1",
    b"ANON",
    b"0",
];

/// Character sets as they are declared; none for the first.
pub const SETS: [&[u8]; 4] = [b"", b"ISO_IR 100", b"ISO_IR 192", b"ISO_IR 13"];

/// Issuers by local name and universal id, either of which may be missing.
pub const ISSUERS: [(&[u8], &str); 8] = [
    (b"", ""),
    (b"HOSP", ""),
    (b"HOSP", "1.2.3"),
    (b"", "1.2.3"),
    (b"HOSP", "1.2.4"),
    (b"LAB", ""),
    (b"\xC4", ""),
    (b"HO\tSP", "1.2.3"),
];

/// A number, its issuer and whether the file has it.
pub type Number = Option<(usize, usize)>;

/// One file.
#[derive(Debug, Clone, Default)]
pub struct Image {
    pub study: usize,
    pub series: usize,
    pub set: usize,
    pub patient: Number,
    pub name: usize,
    pub accession: Number,
    pub placer: Number,
    pub admission: Number,
    pub specimen: Number,
    pub person: Number,
    pub step: Option<usize>,
    pub species: bool,
    /// Another ID of the patient.
    pub other: Number,
    /// The operator, by name alone.
    pub operator: usize,
    /// The number that stands in the file twice, then with another value.
    pub twice: Option<Twice>,
    /// Whether that value stands in the same attribute, behind a backslash.
    pub is_one_attribute: bool,
}

/// Numbers that may stand in a file twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twice {
    Patient,
    Accession,
    Admission,
    Specimen,
    Issuer,
}

/// Names of operators, of which some lose bytes where no character set is declared.
const OPERATORS: [&[u8]; 5] = [b"Olsen^Ole", b"M\xFCller", b"M\xF6ller", b"Olsen\tOle", b"M\xFCller\\M\xF6ller"];

/// What the number says to somebody who reads the file right; `None` where nobody can say.
pub fn truth(bytes: &[u8], set: &[u8]) -> Option<String> {
    let padding: &[u8] = b" \0";
    let end = bytes.iter().rposition(|byte| !padding.contains(byte)).map_or(0, |last| last + 1);
    let start = bytes.iter().take_while(|byte| **byte == b' ').count().min(end);
    let bytes = &bytes[start..end];
    if bytes.iter().any(u8::is_ascii_control) {
        return None;
    }
    let utf8 = || String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.contains('\u{FFFD}'));
    let each = |letter: fn(u8) -> Option<char>| bytes.iter().map(|byte| letter(*byte)).collect::<Option<String>>();
    match set {
        _ if bytes.is_ascii() => utf8(),
        b"ISO_IR 100" => each(|byte| (!(0x80..0xA0).contains(&byte)).then_some(char::from(byte))),
        b"ISO_IR 13" => each(|byte| match byte {
            0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(byte) - 0xA1),
            _ => byte.is_ascii().then_some(char::from(byte)),
        }),
        _ => utf8(),
    }
}

impl Image {
    /// Whom a reader has to hold the patient of the file for: who the ID says, or where nobody can say its bytes.
    pub fn patients(&self) -> Vec<String> {
        let Some((number, _)) = self.patient else { return Vec::new() };
        let said = self.says(self.patient).unwrap_or_else(|| NUMBERS[number].escape_ascii().to_string());
        let other = (self.twice == Some(Twice::Patient)).then(|| "ANOTHER".to_string());
        [said].into_iter().chain(other).collect()
    }

    /// What its number says.
    pub fn says(&self, number: Number) -> Option<String> {
        truth(NUMBERS[number?.0], SETS[self.set])
    }

    fn bytes(&self, place: usize) -> Vec<u8> {
        let names = ["Doe^Jane", "DOE^JANE", "Roe^Richard", "M\u{FC}ller"];
        let mut image = Instance::new("CT", uids::CT_IMAGE_STORAGE, "x", 1, 1)
            .text(tags::STUDY_INSTANCE_UID, format!("1.2.{}", self.study))
            .text(tags::SERIES_INSTANCE_UID, format!("1.2.{}.{}", self.study, self.series))
            .text(tags::SOP_INSTANCE_UID, format!("1.2.{}.{}.{place}", self.study, self.series))
            .text(tags::PATIENT_NAME, names[self.name % names.len()])
            .text(tags::PATIENT_SEX, ["F", "M"][self.name % 2]);
        if self.set > 0 {
            image = image.text(tags::SPECIFIC_CHARACTER_SET, SETS[self.set]);
        }
        if self.species {
            image = image.text(tags::QUALITY_CONTROL_SUBJECT, "YES");
        }
        image = image.text(tags::PATIENT_ID, "");
        image = numbered(image, self.patient, tags::PATIENT_ID, tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE);
        if let Some((_, issuer)) = self.patient {
            image = image.text(tags::ISSUER_OF_PATIENT_ID, ISSUERS[issuer].0);
            image = self.again(image, Twice::Patient, tags::PATIENT_ID, self.patient);
            image = self.issuer_again(image, ISSUERS[issuer].0);
        }
        if self.other.is_some() {
            let (id, issuer) = (tags::PATIENT_ID, tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE);
            image = image.item(tags::OTHER_PATIENT_I_DS_SEQUENCE, numbered(DataSet::new(), self.other, id, issuer));
        }
        image = image.text(tags::OPERATORS_NAME, OPERATORS[self.operator % OPERATORS.len()]);
        image = numbered(image, self.accession, tags::ACCESSION_NUMBER, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE);
        image = numbered(image, self.admission, tags::ADMISSION_ID, tags::ISSUER_OF_ADMISSION_ID_SEQUENCE);
        image = self.again(image, Twice::Accession, tags::ACCESSION_NUMBER, self.accession);
        image = self.again(image, Twice::Admission, tags::ADMISSION_ID, self.admission);
        let order = numbered(
            DataSet::new(),
            self.placer,
            tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
            tags::ORDER_PLACER_IDENTIFIER_SEQUENCE,
        );
        let specimen = numbered(
            DataSet::new(),
            self.specimen,
            tags::SPECIMEN_IDENTIFIER,
            tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE,
        );
        let specimen = self.again(specimen, Twice::Specimen, tags::SPECIMEN_IDENTIFIER, self.specimen);
        image =
            image.item(tags::REQUEST_ATTRIBUTES_SEQUENCE, order).item(tags::SPECIMEN_DESCRIPTION_SEQUENCE, specimen);
        if let Some((person, scheme)) = self.person {
            let scheme = ["99A", "99B", "LN"][scheme % 3];
            let code = code("", scheme, "").text(tags::CODE_VALUE, NUMBERS[person]);
            let person = DataSet::new().item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code);
            image = image.item(tags::OPERATOR_IDENTIFICATION_SEQUENCE, person);
            image = image.text(tags::DEVICE_SERIAL_NUMBER, NUMBERS[self.person.unwrap_or_default().0]);
        }
        if let Some(step) = self.step {
            let step = DataSet::new().text(tags::REFERENCED_SOP_INSTANCE_UID, format!("1.9.{step}"));
            image = image.item(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, step);
        }
        twice::file(&image)
    }

    /// A second value, where it has one.
    fn again<A: Attributes>(&self, data_set: A, number: Twice, tag: Tag, first: Number) -> A {
        match first {
            Some((first, _)) if self.twice == Some(number) => self.second(data_set, tag, NUMBERS[first]),
            _ => data_set,
        }
    }

    fn issuer_again(&self, image: Instance, first: &[u8]) -> Instance {
        match self.twice {
            Some(Twice::Issuer) => self.second(image, tags::ISSUER_OF_PATIENT_ID, first),
            _ => image,
        }
    }

    fn second<A: Attributes>(&self, data_set: A, tag: Tag, first: &[u8]) -> A {
        match self.is_one_attribute {
            true => data_set.text(tag, [first, b"\\ANOTHER"].concat()),
            false => twice::again(data_set, tag, "ANOTHER"),
        }
    }
}

fn numbered<A: Attributes>(data_set: A, number: Number, tag: Tag, sequence: Tag) -> A {
    let Some((number, issuer)) = number else { return data_set };
    let data_set = data_set.text(tag, NUMBERS[number]);
    match ISSUERS[issuer] {
        (b"", "") => data_set,
        (local, universal) => {
            let mut item = DataSet::new();
            if !local.is_empty() {
                item = item.text(tags::LOCAL_NAMESPACE_ENTITY_ID, local);
            }
            if !universal.is_empty() {
                item = item.text(tags::UNIVERSAL_ENTITY_ID, universal).text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO");
            }
            data_set.item(sequence, item)
        }
    }
}

/// Writes the files of an archive.
pub fn write(folder: &Path, images: &[Image]) {
    for (place, image) in images.iter().enumerate() {
        std::fs::write(folder.join(place.to_string()), image.bytes(place)).unwrap();
    }
}
