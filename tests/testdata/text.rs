//! Names and descriptions in the character sets of the world.

use dcm2fhir::synth::{Attributes, CharacterSet, Instance};
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    use CharacterSet::{Cyrillic, Gb18030, Japanese, Korean, Latin1, Utf8};
    vec![
        names(
            "names-japanese",
            "ISO 2022 IR 87 with three groups of a name",
            Japanese,
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            "胸部",
        ),
        names(
            "names-korean",
            "ISO 2022 IR 149, each component with its escape",
            Korean,
            "Hong^Gildong=洪^吉洞=홍^길동",
            "흉부",
        ),
        names(
            "names-gb18030",
            "GB18030, whose second bytes can be delimiters",
            Gb18030,
            "Wang^XiaoDong=王^小东",
            "朱镕基",
        ),
        names("names-utf8", "UTF-8 beyond the basic plane", Utf8, "Nguyễn^Văn An=𠮷田^太郎", "Kopf – nativ 🧠"),
        names("names-latin1", "ISO_IR 100", Latin1, "Müller^Jürgen^^Dr.", "Schädel nativ"),
        names("names-cyrillic", "ISO_IR 144", Cyrillic, "Петров^Пётр", "Грудная клетка"),
        undeclared(),
        control_characters(),
    ]
}

fn ct(study: &str) -> Instance {
    instance("CT", uids::CT_IMAGE_STORAGE, study, 1, 1)
}

fn names(name: &'static str, purpose: &'static str, set: CharacterSet, patient: &str, description: &str) -> Case {
    let image = ct(name)
        .character_set(set)
        .text(tags::PATIENT_NAME, set.encode(patient))
        .text(tags::STUDY_DESCRIPTION, set.encode(description))
        .text(tags::REFERRING_PHYSICIAN_NAME, set.encode(patient));
    case(name, purpose, [("1.dcm", image.bytes())])
}

fn undeclared() -> Case {
    let utf8 = ct("names-undeclared").text(tags::PATIENT_NAME, "Müller^Jürgen");
    let latin1 = ct("names-undecodable").text(tags::PATIENT_NAME, b"M\xfcller^J\xfcrgen");
    case(
        "names-undeclared",
        "Bytes above 7F without a character set: UTF-8 is taken as such, anything else is replaced, both reported",
        [("utf8.dcm", utf8.bytes()), ("latin1.dcm", latin1.bytes())],
    )
}

fn control_characters() -> Case {
    let image = ct("control-characters")
        .text(tags::STUDY_DESCRIPTION, "red \x1b[31mtext\x07 \"quoted\" back\\slash")
        .text(tags::SERIES_DESCRIPTION, "tab\there");
    case("control-characters", "Terminal escapes and quotes in a header", [("1.dcm", image.bytes())])
}
