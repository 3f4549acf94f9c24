//! The rows of an instance. The number is mapped for each instance; class, title and frames are mostly shared and
//! mapped once.

use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::{Attributes, number};
use super::code::concept;
use super::row::{Row, one};
use super::terms::{self, SopClassKind};
use crate::dicom::value::is_oid;
use crate::fhir::{Coding, KeyObject};
use crate::issue::Reason;

/// What the rows of [`KIND`] fill: what most instances of a series have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct KindPart {
    pub sop_class: Option<String>,
    pub title: Option<String>,
    pub number_of_frames: Option<u32>,
    pub key_object: Option<Box<KeyObject>>,
}

/// What the row of [`NUMBER`] fills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NumberPart {
    pub number: Option<u32>,
}

/// The rows of what instances have in common, in the order of the elements.
#[rustfmt::skip]
pub const KIND: &[Row<KindPart>] = &[
    one!("series.instance.sopClass", sop_class, [
        SOP_CLASS_UID, MEDIA_STORAGE_SOP_CLASS_UID
    ], "PS3.3 C.12.1, PS3.10 7.1", sop_class),
    one!("series.instance.title", title, [
        SOP_CLASS_UID, MEDIA_STORAGE_SOP_CLASS_UID, CONCEPT_NAME_CODE_SEQUENCE > CODE_MEANING,
        DOCUMENT_TITLE, CONTENT_LABEL, IMAGE_TYPE
    ], "PS3.3 C.12.1, PS3.10 7.1, C.17.3, C.24.2, 10.9, C.7.6.1", title),
    one!("series.instance.numberOfFrames", number_of_frames, [NUMBER_OF_FRAMES], "PS3.3 C.7.6.6", number),
];

/// The row of a Key Object Selection's title and description, which profiles need.
#[rustfmt::skip]
pub const KEY_OBJECT: &[Row<KindPart>] = &[
    one!("series.instance.title", key_object, [
        SOP_CLASS_UID, MEDIA_STORAGE_SOP_CLASS_UID, code CONCEPT_NAME_CODE_SEQUENCE,
        CONTENT_SEQUENCE > CONCEPT_NAME_CODE_SEQUENCE > CODE_VALUE,
        CONTENT_SEQUENCE > CONCEPT_NAME_CODE_SEQUENCE > CODING_SCHEME_DESIGNATOR, CONTENT_SEQUENCE > TEXT_VALUE
    ], "PS3.3 C.17.3, PS3.16 TID 2010, CID 7010", key_object),
];

/// The row of the instance's number.
pub const NUMBER: &[Row<NumberPart>] =
    &[one!("series.instance.number", number, [INSTANCE_NUMBER], "PS3.3 C.7.6.1", number)];

fn sop_class(attributes: &Attributes<'_>) -> Option<String> {
    let class = attributes.uid(tags::SOP_CLASS_UID).or_else(|| stand_in(attributes));
    match &class {
        None => attributes.note(tags::SOP_CLASS_UID, Reason::Absent, ""),
        Some(uid) if !is_oid(uid) => attributes.note(tags::SOP_CLASS_UID, Reason::NotAnOid, uid),
        Some(_) => {}
    }
    class
}

/// The class that the file meta information names (PS3.10 7.1).
fn stand_in(attributes: &Attributes<'_>) -> Option<String> {
    let class = attributes.uid(tags::MEDIA_STORAGE_SOP_CLASS_UID)?;
    attributes.note(tags::SOP_CLASS_UID, Reason::StandIn, &class);
    Some(class)
}

/// The title of a report or document, the label of a presentation, else the type of an image. A document that is
/// encapsulated has a title of its own, and the concept only says what kind of document it is (PS3.3 C.24.2). An image
/// has neither, so a title there is ignored.
fn title(attributes: &Attributes<'_>) -> Option<String> {
    let concept = || attributes.items(tags::CONCEPT_NAME_CODE_SEQUENCE).first()?.text(tags::CODE_MEANING);
    let document = || attributes.long_text(tags::DOCUMENT_TITLE).map(|title| title.trim().to_string());
    let titled = match kind(attributes) {
        Some(SopClassKind::Image) => None,
        Some(SopClassKind::EncapsulatedDocument) => document().or_else(concept),
        _ => concept().or_else(document),
    };
    let label = || attributes.text(tags::CONTENT_LABEL);
    titled.or_else(label).or_else(|| image_type(attributes))
}

/// Image Type (0008,0008) as DICOM writes it, `ORIGINAL\PRIMARY\AXIAL`, without the padding of its values.
fn image_type(attributes: &Attributes<'_>) -> Option<String> {
    let values = attributes.line(tags::IMAGE_TYPE)?;
    Some(values.split('\\').map(str::trim).collect::<Vec<_>>().join("\\"))
}

/// The title of a Key Object Selection, if it is one of CID 7010, and its Key Object Description (113012, DCM).
fn key_object(attributes: &Attributes<'_>) -> Option<Box<KeyObject>> {
    if kind(attributes) != Some(SopClassKind::KeyObjectSelection) {
        return None;
    }
    let concept = attributes.items(tags::CONCEPT_NAME_CODE_SEQUENCE).first().and_then(concept);
    let is_dcm = |coding: &Coding| coding.system.as_deref() == Some(terms::system::DCM);
    let code = concept.and_then(|concept| concept.coding.into_iter().find(is_dcm));
    let title = code.and_then(|coding| terms::kos_title(&coding.code));
    let items = attributes.items(tags::CONTENT_SEQUENCE);
    let description = items.iter().find(|item| is_description(item)).and_then(|item| item.long_text(tags::TEXT_VALUE));
    let description = description.map(|words| words.trim().to_string());
    let title = title.map(|title| Coding::constant(terms::system::DCM, title.code, title.display));
    Some(Box::new(KeyObject { title, description }))
}

fn is_description(item: &Attributes<'_>) -> bool {
    let of = |name: &Attributes<'_>| (name.line(tags::CODE_VALUE), name.line(tags::CODING_SCHEME_DESIGNATOR));
    let name = item.items(tags::CONCEPT_NAME_CODE_SEQUENCE).first().map(of);
    matches!(name, Some((Some(code), Some(scheme))) if code == "113012" && scheme == "DCM")
}

fn kind(attributes: &Attributes<'_>) -> Option<SopClassKind> {
    let class = attributes.uid(tags::SOP_CLASS_UID).or_else(|| attributes.uid(tags::MEDIA_STORAGE_SOP_CLASS_UID))?;
    terms::sop_class(&class).map(|class| class.kind)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::sample::{code, items, mapped, reasons, text};

    const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
    const ENCAPSULATED_PDF: &str = "1.2.840.10008.5.1.4.1.1.104.1";

    #[test]
    fn the_file_metas_class_stands_in_for_an_absent_one_and_what_is_wrong_is_reported() {
        use Reason::*;
        for (class, meta, want, reason) in [
            ("1.2.840.10008.5.1.4.1.1.2\0", "1.2.3", Some(CT), vec![]),
            ("", CT, Some(CT), vec![StandIn]),
            ("", "", None, vec![Absent]),
            ("1.02", "", Some("1.02"), vec![NotAnOid]),
            ("1.2\u{7}", "", Some("1.2\u{FFFD}"), vec![NotAnOid]),
        ] {
            let mapped =
                mapped(KIND, &[text(tags::MEDIA_STORAGE_SOP_CLASS_UID, meta), text(tags::SOP_CLASS_UID, class)]);
            assert_eq!(mapped.part.sop_class.as_deref(), want, "{class:?}");
            let want: Vec<_> = reason.into_iter().map(|reason| (tags::SOP_CLASS_UID, reason)).collect();
            assert_eq!(reasons(&mapped.issues), want, "{class:?}");
        }
    }

    #[test]
    fn a_title_is_that_of_report_or_document_before_label_before_image_type() {
        let concept = items(tags::CONCEPT_NAME_CODE_SEQUENCE, [vec![text(tags::CODE_MEANING, "Report")]]);
        let document = text(tags::DOCUMENT_TITLE, " Findings ");
        let label = text(tags::CONTENT_LABEL, "LABEL");
        let image_type = text(tags::IMAGE_TYPE, "ORIGINAL \\PRIMARY\\\\AXIAL ");
        let pdf = text(tags::SOP_CLASS_UID, ENCAPSULATED_PDF);
        for (data_set, want) in [
            (vec![concept.clone(), document.clone(), label.clone(), image_type.clone()], Some("Report")),
            (vec![pdf.clone(), concept.clone(), document.clone()], Some("Findings")),
            (vec![pdf, concept.clone()], Some("Report")),
            (
                vec![text(tags::SOP_CLASS_UID, CT), concept.clone(), document.clone(), image_type.clone()],
                Some("ORIGINAL\\PRIMARY\\\\AXIAL"),
            ),
            (vec![text(tags::MEDIA_STORAGE_SOP_CLASS_UID, CT), concept], None),
            (vec![document, label.clone()], Some("Findings")),
            (vec![label, image_type.clone()], Some("LABEL")),
            (vec![image_type], Some("ORIGINAL\\PRIMARY\\\\AXIAL")),
            (vec![text(tags::IMAGE_TYPE, "")], None),
        ] {
            assert_eq!(mapped(KIND, &data_set).part.title.as_deref(), want, "{data_set:?}");
        }
    }

    #[test]
    fn a_key_object_has_its_title_and_its_description() {
        let class = text(tags::SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.88.59");
        let title = |value: &str, scheme: &str| items(tags::CONCEPT_NAME_CODE_SEQUENCE, [code(value, scheme, "Words")]);
        let said = |value: &str| {
            let name = items(tags::CONCEPT_NAME_CODE_SEQUENCE, [code(value, "DCM", "")]);
            items(tags::CONTENT_SEQUENCE, [vec![], vec![name, text(tags::TEXT_VALUE, "for the surgeon")]])
        };
        for (data_set, want) in [
            (
                vec![class.clone(), title("113000", "DCM"), said("113012")],
                Some((Some("Of Interest"), Some("for the surgeon"))),
            ),
            (vec![class.clone(), title("113000", "99X"), said("121106")], Some((None, None))),
            (vec![class.clone(), title("1", "DCM")], Some((None, None))),
            (vec![text(tags::SOP_CLASS_UID, CT), title("113000", "DCM"), said("113012")], None),
        ] {
            let part = mapped(KEY_OBJECT, &data_set).part.key_object;
            let shown = |one: &KeyObject| {
                let title = one.title.as_ref().and_then(|title| title.display.as_deref().map(str::to_string));
                (title, one.description.clone())
            };
            let want = want.map(|(title, words)| (title.map(str::to_string), words.map(str::to_string)));
            assert_eq!(part.as_deref().map(shown), want, "{data_set:?}");
        }
    }

    #[test]
    fn frames_and_numbers_are_counted_from_nought() {
        assert_eq!(mapped(KIND, &[text(tags::NUMBER_OF_FRAMES, "12 ")]).part.number_of_frames, Some(12));
        assert_eq!(mapped(KIND, &[text(tags::NUMBER_OF_FRAMES, "x")]).part.number_of_frames, None);
        assert_eq!(mapped(NUMBER, &[text(tags::INSTANCE_NUMBER, "-1")]).part.number, None);
        assert_eq!(mapped(NUMBER, &[text(tags::INSTANCE_NUMBER, "0")]).part.number, Some(0));
    }
}
