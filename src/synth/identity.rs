//! The people, departments and examinations of the synthetic archive. All are invented.

use dicom_dictionary_std::uids;

use super::{CharacterSet, EXPLICIT_BIG_ENDIAN};

/// A name with the character set that can hold it.
#[derive(Clone, Copy)]
pub struct Person {
    pub set: CharacterSet,
    pub name: &'static str,
}

/// What a modality examines, and the SOP class of its images.
pub struct Examination {
    pub modality: &'static str,
    pub sop_class: &'static str,
    pub descriptions: &'static [&'static str],
    /// Defined terms of PS3.16 Annex L, or nothing.
    pub body_parts: &'static [&'static str],
}

/// Patients.
pub const PEOPLE: &[Person] = &[
    Person { set: CharacterSet::Ascii, name: "Doe^Jane" },
    Person { set: CharacterSet::Ascii, name: "SMITH^ANNA^MARIE^DR" },
    Person { set: CharacterSet::Latin1, name: "Müller^Jürgen" },
    Person { set: CharacterSet::Latin1, name: "Lefèvre^Anaïs^^Mme" },
    Person { set: CharacterSet::Latin2, name: "Wałęsa^Łukasz" },
    Person { set: CharacterSet::Cyrillic, name: "Петров^Пётр" },
    Person { set: CharacterSet::Greek, name: "Παπαδόπουλος^Γιώργος" },
    Person { set: CharacterSet::Utf8, name: "Novák^Jiří" },
    Person { set: CharacterSet::Utf8, name: "Nguyễn^Văn An" },
    Person { set: CharacterSet::Japanese, name: "Yamada^Tarou=山田^太郎=やまだ^たろう" },
    Person { set: CharacterSet::Korean, name: "Hong^Gildong=洪^吉洞=홍^길동" },
    Person { set: CharacterSet::Gb18030, name: "Wang^XiaoDong=王^小东" },
];

/// Physicians and operators; one is not named.
pub const PHYSICIANS: &[&str] = &["Adams^Grace^^Dr.", "Bauer^Ingrid", "Costa^Rui", "Dubois^Claire", ""];

/// Institutions.
pub const HOSPITALS: &[&str] = &["North Hospital", "Lakeside Clinic", "Imaging Centre West"];

/// One for each modality.
pub const EXAMINATIONS: &[Examination] = &[
    Examination {
        modality: "CT",
        sop_class: uids::CT_IMAGE_STORAGE,
        descriptions: &["CT Abdomen with contrast", "CT Chest", "CT Head"],
        body_parts: &["ABDOMEN", "CHEST", "HEAD", ""],
    },
    Examination {
        modality: "MR",
        sop_class: uids::MR_IMAGE_STORAGE,
        descriptions: &["MR Brain", "MR Knee", "MR Lumbar spine"],
        body_parts: &["BRAIN", "KNEE", "LSPINE"],
    },
    Examination {
        modality: "US",
        sop_class: uids::ULTRASOUND_IMAGE_STORAGE,
        descriptions: &["US Abdomen complete", "US Thyroid"],
        body_parts: &["ABDOMEN", "THYROID", ""],
    },
    Examination {
        modality: "DX",
        sop_class: uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
        descriptions: &["XR Chest 2 views", "XR Hand"],
        body_parts: &["CHEST", "HAND"],
    },
    Examination {
        modality: "CR",
        sop_class: uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE,
        descriptions: &["Chest PA", "Pelvis AP"],
        body_parts: &["CHEST", "PELVIS"],
    },
    Examination {
        modality: "MG",
        sop_class: uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
        descriptions: &["MG Screening bilateral"],
        body_parts: &["BREAST"],
    },
    Examination {
        modality: "PT",
        sop_class: uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE,
        descriptions: &["PET skull base to mid-thigh"],
        body_parts: &["WHOLEBODY", ""],
    },
    Examination {
        modality: "XA",
        sop_class: uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE,
        descriptions: &["Coronary angiography"],
        body_parts: &["HEART"],
    },
    Examination {
        modality: "NM",
        sop_class: uids::NUCLEAR_MEDICINE_IMAGE_STORAGE,
        descriptions: &["Bone scan"],
        body_parts: &["WHOLEBODY"],
    },
    Examination {
        modality: "SR",
        sop_class: uids::ENHANCED_SR_STORAGE,
        descriptions: &["Measurement report"],
        body_parts: &[""],
    },
];

/// The more frequent ones are listed twice.
pub const TRANSFER_SYNTAXES: &[&str] = &[
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::JPEG_LOSSLESS,
    uids::JPEG2000_LOSSLESS,
    EXPLICIT_BIG_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
];
