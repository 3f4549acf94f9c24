//! Objects that are no images: reports, documents, key objects, presentation states.

use dcm2fhir::synth::{Attributes, DataSet, Instance, code, uid};
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    vec![sr_report(), pdf_report(), key_objects(), presentation_state(), rejected()]
}

fn ct(study: &str, number: u32) -> Instance {
    instance("CT", uids::CT_IMAGE_STORAGE, study, 1, number).text(tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL")
}

fn sr_report() -> Case {
    let report = instance("SR", uids::ENHANCED_SR_STORAGE, "sr-report", 1, 1)
        .text(tags::VALUE_TYPE, "CONTAINER")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, code("18748-4", "LN", "Diagnostic imaging report"));
    case("sr-report", "The title of a report is the meaning of its concept name", [("1.dcm", report.bytes())])
}

fn pdf_report() -> Case {
    let document = instance("DOC", uids::ENCAPSULATED_PDF_STORAGE, "pdf-report", 1, 1)
        .text(tags::DOCUMENT_TITLE, "Discharge letter")
        .text(tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT, "application/pdf")
        .text(tags::ENCAPSULATED_DOCUMENT, "%PDF-1.4 no real document ");
    case("pdf-report", "The title of an encapsulated document stands behind group 0040", [("1.dcm", document.bytes())])
}

/// A Key Object Selection of two images of the first series.
fn selection(study: &str, title: DataSet) -> Instance {
    let study_name = format!("testdata {study}");
    let image = |number: u32| {
        DataSet::new()
            .text(tags::REFERENCED_SOP_CLASS_UID, uids::CT_IMAGE_STORAGE)
            .text(tags::REFERENCED_SOP_INSTANCE_UID, uid(&format!("{study_name}/1/{number}")))
    };
    let series = DataSet::new()
        .text(tags::SERIES_INSTANCE_UID, uid(&format!("{study_name}/1")))
        .items(tags::REFERENCED_SOP_SEQUENCE, [image(1), image(2)]);
    let evidence =
        DataSet::new().text(tags::STUDY_INSTANCE_UID, uid(&study_name)).item(tags::REFERENCED_SERIES_SEQUENCE, series);
    instance("KO", uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, study, 2, 1)
        .text(tags::CONTENT_DATE, "20240301")
        .text(tags::CONTENT_TIME, "080000")
        .text(tags::VALUE_TYPE, "CONTAINER")
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, title)
        .item(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, evidence)
}

fn key_objects() -> Case {
    case(
        "key-objects",
        "A Key Object Selection of two of three images",
        [
            ("1.dcm", ct("key-objects", 1).bytes()),
            ("2.dcm", ct("key-objects", 2).bytes()),
            ("3.dcm", ct("key-objects", 3).bytes()),
            ("ko.dcm", selection("key-objects", code("113000", "DCM", "Of Interest")).bytes()),
        ],
    )
}

fn presentation_state() -> Case {
    let state = instance("PR", uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, "presentation-state", 2, 1)
        .text(tags::CONTENT_LABEL, "LUNG_WINDOW")
        .text(tags::CONTENT_DESCRIPTION, "Lung window");
    case(
        "presentation-state",
        "The title of a presentation state is its content label",
        [("1.dcm", ct("presentation-state", 1).bytes()), ("pr.dcm", state.bytes())],
    )
}

fn rejected() -> Case {
    case(
        "rejected",
        "A rejection note for every image of the study",
        [
            ("1.dcm", ct("rejected", 1).bytes()),
            ("2.dcm", ct("rejected", 2).bytes()),
            ("ko.dcm", selection("rejected", code("113001", "DCM", "Rejected for Quality Reasons")).bytes()),
        ],
    )
}
