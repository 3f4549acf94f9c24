//! Images of the common modalities, in the transfer syntaxes that carry them.

use dcm2fhir::synth::{Attributes, DataSet, EXPLICIT_BIG_ENDIAN, Instance, Lengths, code};
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    vec![
        ct_two_series(),
        mr_enhanced(),
        mg_both_sides(),
        dx_implicit(),
        us_multi_frame(),
        cr_big_endian(),
        deflated(),
        whole_slide(),
        radiotherapy(),
        unknown_transfer_syntax(),
    ]
}

/// Four pixels, so that a reader that does go there finds some.
fn with_pixels(instance: Instance) -> Instance {
    instance
        .numbers(tags::ROWS, &[2])
        .numbers(tags::COLUMNS, &[2])
        .numbers(tags::BITS_ALLOCATED, &[16])
        .numbers(tags::PIXEL_DATA, &[1, 2, 3, 4])
}

fn ct(study: &str, series: u32, number: u32) -> Instance {
    with_pixels(instance("CT", uids::CT_IMAGE_STORAGE, study, series, number))
        .text(tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL")
        .text(tags::BODY_PART_EXAMINED, "CHEST")
}

fn ct_two_series() -> Case {
    let file = |series, number| (format!("{series}-{number}.dcm"), ct("ct-two-series", series, number).bytes());
    case(
        "ct-two-series",
        "Two series of three and two images: order, counts, body part by term",
        [file(1, 1), file(1, 2), file(1, 3), file(2, 1), file(2, 2)],
    )
}

fn mr_enhanced() -> Case {
    let anatomy = DataSet::new()
        .text(tags::FRAME_LATERALITY, "R")
        .item(tags::ANATOMIC_REGION_SEQUENCE, code("72696002", "SCT", "Knee"));
    let frame = DataSet::new().item(tags::FRAME_CONTENT_SEQUENCE, DataSet::new().numbers(tags::PIXEL_DATA, &[1]));
    let image = with_pixels(instance("MR", uids::ENHANCED_MR_IMAGE_STORAGE, "mr-enhanced", 1, 1))
        .text(tags::NUMBER_OF_FRAMES, "2")
        .item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, DataSet::new().item(tags::FRAME_ANATOMY_SEQUENCE, anatomy))
        .items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, [frame.clone(), frame]);
    case(
        "mr-enhanced",
        "Body part and laterality in the Shared Functional Groups, behind the frames' own; frames counted",
        [("1.dcm", image.bytes()), ("2.dcm", second_of_defined_lengths(image).bytes())],
    )
}

fn second_of_defined_lengths(image: Instance) -> Instance {
    image
        .text(tags::SOP_INSTANCE_UID, dcm2fhir::synth::uid("testdata mr-enhanced/1/2"))
        .text(tags::INSTANCE_NUMBER, "2")
        .lengths(Lengths::Defined)
}

fn mg_both_sides() -> Case {
    let breast = |series, number, side| {
        let class = uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION;
        let bytes = instance("MG", class, "mg-both-sides", series, number)
            .text(tags::IMAGE_LATERALITY, side)
            .item(tags::ANATOMIC_REGION_SEQUENCE, code("76752008", "SCT", "Breast"))
            .lengths(Lengths::Defined)
            .bytes();
        (format!("{series}-{number}.dcm"), bytes)
    };
    case(
        "mg-both-sides",
        "A series whose images are of both sides has no laterality; one whose images agree has it",
        [breast(1, 1, "L"), breast(1, 2, "R"), breast(2, 1, "L"), breast(2, 2, "L")],
    )
}

fn dx_implicit() -> Case {
    let image = with_pixels(instance("DX", uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION, "dx-implicit", 1, 1))
        .text(tags::BODY_PART_EXAMINED, "HAND")
        .text(tags::LATERALITY, "L")
        .item(tags::PROCEDURE_CODE_SEQUENCE, code("37887-7", "LN", "XR Hand - left Views"))
        .transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN);
    case("dx-implicit", "Implicit VR; laterality of the series; a LOINC procedure code", [("1.dcm", image.bytes())])
}

fn us_multi_frame() -> Case {
    let image = instance("US", uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE, "us-multi-frame", 1, 1)
        .text(tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\ABDOMINAL")
        .text(tags::NUMBER_OF_FRAMES, "3")
        .fragments(vec![vec![0xFF, 0xD8, 0xFF, 0xD9]; 3])
        .transfer_syntax(uids::JPEG_BASELINE8_BIT);
    case("us-multi-frame", "Encapsulated pixel data in three fragments; frames counted", [("1.dcm", image.bytes())])
}

fn cr_big_endian() -> Case {
    let image = with_pixels(instance("CR", uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE, "cr-big-endian", 1, 1))
        .text(tags::BODY_PART_EXAMINED, "CHEST")
        .item(tags::PROCEDURE_CODE_SEQUENCE, code("P1", "99LOCAL", "Chest PA"));
    let second = image
        .clone()
        .text(tags::SOP_INSTANCE_UID, dcm2fhir::synth::uid("testdata cr-big-endian/1/2"))
        .text(tags::INSTANCE_NUMBER, "2")
        .lengths(Lengths::Defined);
    case(
        "cr-big-endian",
        "Explicit VR big endian, sequences of undefined and defined length; a local coding scheme",
        [image, second]
            .map(|image| image.transfer_syntax(EXPLICIT_BIG_ENDIAN).bytes())
            .into_iter()
            .zip(1..)
            .map(|(bytes, number)| (format!("{number}.dcm"), bytes)),
    )
}

fn deflated() -> Case {
    let image = ct("deflated", 1, 1).transfer_syntax(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    case("deflated", "A deflated data set", [("1.dcm", image.bytes())])
}

fn whole_slide() -> Case {
    let specimen = |number: &str| {
        let issuer = DataSet::new()
            .text(tags::UNIVERSAL_ENTITY_ID, "1.2.276.0.99.7")
            .text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO");
        DataSet::new()
            .text(tags::SPECIMEN_IDENTIFIER, number)
            .text(tags::SPECIMEN_UID, dcm2fhir::synth::uid(number))
            .item(tags::ISSUER_OF_THE_SPECIMEN_IDENTIFIER_SEQUENCE, issuer)
    };
    let image = instance("SM", uids::VL_WHOLE_SLIDE_MICROSCOPY_IMAGE_STORAGE, "whole-slide", 1, 1)
        .text(tags::CONTAINER_IDENTIFIER, "SLIDE-7")
        .text(tags::NUMBER_OF_FRAMES, "4")
        .items(tags::SPECIMEN_DESCRIPTION_SEQUENCE, [specimen("BLOCK-7-A"), specimen("BLOCK-7-B")]);
    case("whole-slide", "Two specimens with issuers", [("1.dcm", image.bytes())])
}

fn radiotherapy() -> Case {
    let object = |modality, class, series, label: &str| {
        let bytes = instance(modality, class, "radiotherapy", series, 1).text(tags::RT_PLAN_LABEL, label).bytes();
        (format!("{}.dcm", modality.to_lowercase()), bytes)
    };
    case(
        "radiotherapy",
        "Plan, structure set and dose: several modalities in one study",
        [
            object("RTPLAN", uids::RT_PLAN_STORAGE, 1, "Plan 1"),
            object("RTSTRUCT", uids::RT_STRUCTURE_SET_STORAGE, 2, ""),
            object("RTDOSE", uids::RT_DOSE_STORAGE, 3, ""),
        ],
    )
}

fn unknown_transfer_syntax() -> Case {
    let image = ct("unknown-transfer-syntax", 1, 1).transfer_syntax("1.2.276.0.99.1.4711");
    case("unknown-transfer-syntax", "A private transfer syntax whose header is explicit", [("1.dcm", image.bytes())])
}
