//! Who and what the study is about: patients, issuers, orders, physicians.

use dcm2fhir::synth::{Attributes, DataSet, Instance, code};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    vec![full_identity(), no_patient(), two_patients(), quality_control_phantom(), placer_only()]
}

fn oid(value: &str) -> DataSet {
    DataSet::new()
        .text(tags::LOCAL_NAMESPACE_ENTITY_ID, "NORTH")
        .text(tags::UNIVERSAL_ENTITY_ID, value)
        .text(tags::UNIVERSAL_ENTITY_ID_TYPE, "ISO")
}

fn local(name: &str) -> DataSet {
    DataSet::new().text(tags::LOCAL_NAMESPACE_ENTITY_ID, name)
}

fn person(number: &str, name: &str) -> DataSet {
    DataSet::new()
        .item(tags::PERSON_IDENTIFICATION_CODE_SEQUENCE, code(number, "99STAFF", name))
        .text(tags::INSTITUTION_NAME, "North Hospital")
}

fn order(accession: &str, placer: &str, filler: &str, reason: &str) -> DataSet {
    DataSet::new()
        .text(tags::ACCESSION_NUMBER, accession)
        .item(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, oid("1.2.276.0.99.2"))
        .text(tags::REQUESTED_PROCEDURE_ID, format!("RP-{accession}"))
        .text(tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, placer)
        .item(tags::ORDER_PLACER_IDENTIFIER_SEQUENCE, local("HIS"))
        .text(tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, filler)
        .item(tags::ORDER_FILLER_IDENTIFIER_SEQUENCE, oid("1.2.276.0.99.3"))
        .text(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, reason)
}

fn full_identity() -> Case {
    let image = |series, number, reader: &str| -> Instance {
        let image = instance("CT", uids::CT_IMAGE_STORAGE, "full-identity", series, number);
        performed(physicians(orders(patient(image)))).text(tags::NAME_OF_PHYSICIANS_READING_STUDY, reader)
    };
    case(
        "full-identity",
        "Issuers, accession, two orders, admission, procedure and reason codes, every physician with identification, \
         device, institution, time zone",
        [
            ("1-1.dcm", image(1, 1, "Reed^Rita\\Roth^Rolf").bytes()),
            ("2-1.dcm", image(2, 1, "Reed^Rita\\Roth^Rolf").bytes()),
        ],
    )
}

fn patient(image: Instance) -> Instance {
    image
        .text(tags::ISSUER_OF_PATIENT_ID, "NORTH")
        .item(
            tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE,
            oid("1.2.276.0.99.1").text(tags::IDENTIFIER_TYPE_CODE, "PI"),
        )
        .item(
            tags::OTHER_PATIENT_I_DS_SEQUENCE,
            DataSet::new()
                .text(tags::PATIENT_ID, "OTHER-42")
                .text(tags::ISSUER_OF_PATIENT_ID, "SOUTH")
                .text(tags::TYPE_OF_PATIENT_ID, "TEXT"),
        )
        .text(tags::PATIENT_NAME, "Doe^Jane^Mary^Dr.^MSc")
        .text(tags::ADMISSION_ID, "ADM-3")
        .item(tags::ISSUER_OF_ADMISSION_ID_SEQUENCE, oid("1.2.276.0.99.4"))
}

fn orders(image: Instance) -> Instance {
    image
        .text(tags::ACCESSION_NUMBER, "ACC-1")
        .item(tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, oid("1.2.276.0.99.2"))
        .items(
            tags::REQUEST_ATTRIBUTES_SEQUENCE,
            [order("ACC-1", "PLC-1", "FIL-1", "Cough"), order("ACC-2", "PLC-2", "FIL-2", "Fever")],
        )
        .items(
            tags::PROCEDURE_CODE_SEQUENCE,
            [code("24627-2", "LN", "CT Chest"), code("CTTHX", "99LOCAL", "CT of the chest")],
        )
        .item(tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE, code("49727002", "SCT", "Cough"))
        .item(
            tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE,
            DataSet::new()
                .text(tags::REFERENCED_SOP_CLASS_UID, uids::MODALITY_PERFORMED_PROCEDURE_STEP)
                .text(tags::REFERENCED_SOP_INSTANCE_UID, dcm2fhir::synth::uid("performed procedure step")),
        )
}

fn physicians(image: Instance) -> Instance {
    let identified = |image: Instance, name: Tag, names: &str, sequence: Tag, people: &[(&str, &str)]| {
        image.text(name, names).items(sequence, people.iter().map(|(number, name)| person(number, name)))
    };
    let image = identified(
        image,
        tags::REFERRING_PHYSICIAN_NAME,
        "Ray^Ruth^^Dr.",
        tags::REFERRING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        &[("D-1", "Dr. Ruth Ray")],
    );
    let image = identified(
        image,
        tags::PERFORMING_PHYSICIAN_NAME,
        "Poe^Paul\\Pike^Pia",
        tags::PERFORMING_PHYSICIAN_IDENTIFICATION_SEQUENCE,
        &[("D-2", "Paul Poe"), ("D-3", "Pia Pike")],
    );
    let image = identified(
        image,
        tags::OPERATORS_NAME,
        "Olsen^Ole",
        tags::OPERATOR_IDENTIFICATION_SEQUENCE,
        &[("T-1", "Ole Olsen")],
    );
    image.items(
        tags::PHYSICIANS_READING_STUDY_IDENTIFICATION_SEQUENCE,
        [person("D-4", "Rita Reed"), person("D-5", "Rolf Roth")],
    )
}

#[expect(deprecated, reason = "Study Comments is retired, and in archives")]
fn performed(image: Instance) -> Instance {
    image
        .text(tags::TIMEZONE_OFFSET_FROM_UTC, "+0100")
        .text(tags::SERIES_DATE, "20240229")
        .text(tags::SERIES_TIME, "101631.250")
        .text(tags::BODY_PART_EXAMINED, "CHEST")
        .text(tags::MANUFACTURER, "Synthetic Imaging")
        .text(tags::MANUFACTURER_MODEL_NAME, "Scanner One")
        .text(tags::DEVICE_SERIAL_NUMBER, "SN-12")
        .text(tags::STATION_NAME, "CT1")
        .text(tags::INSTITUTION_NAME, "North Hospital")
        .text(tags::INSTITUTIONAL_DEPARTMENT_NAME, "Radiology")
        .text(tags::STUDY_COMMENTS, "Contrast given late")
}

fn no_patient() -> Case {
    let image = instance("CT", uids::CT_IMAGE_STORAGE, "no-patient", 1, 1)
        .without(tags::PATIENT_NAME)
        .text(tags::PATIENT_ID, "")
        .without(tags::PATIENT_BIRTH_DATE)
        .without(tags::PATIENT_SEX);
    case("no-patient", "Nothing known of the patient: the subject says so", [("1.dcm", image.bytes())])
}

fn two_patients() -> Case {
    let image = instance("CT", uids::CT_IMAGE_STORAGE, "two-patients", 1, 1);
    let other = instance("CT", uids::CT_IMAGE_STORAGE, "two-patients", 1, 2)
        .text(tags::PATIENT_ID, "PAT-0816")
        .text(tags::PATIENT_NAME, "Roe^Richard");
    case(
        "two-patients",
        "Two Patient IDs in one study: one resource, reported, exit code 1",
        [("1.dcm", image.bytes()), ("2.dcm", other.bytes())],
    )
}

fn quality_control_phantom() -> Case {
    let image = instance("CT", uids::CT_IMAGE_STORAGE, "quality-control-phantom", 1, 1)
        .text(tags::PATIENT_NAME, "Phantom^Water")
        .text(tags::PATIENT_ID, "QC-1")
        .text(tags::QUALITY_CONTROL_SUBJECT, "YES");
    case("quality-control-phantom", "The subject is a Device", [("1.dcm", image.bytes())])
}

fn placer_only() -> Case {
    let order = DataSet::new()
        .text(tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, "PLC-9")
        .item(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, code("24627-2", "LN", "CT Chest"));
    let image =
        instance("CT", uids::CT_IMAGE_STORAGE, "placer-only", 1, 1).item(tags::REQUEST_ATTRIBUTES_SEQUENCE, order);
    case("placer-only", "An order without accession number goes by its placer number", [("1.dcm", image.bytes())])
}
