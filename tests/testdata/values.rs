//! Values that are absent, out of range, retired or unknown.

use dcm2fhir::synth::{Attributes, DataSet, Instance, code};
use dicom_dictionary_std::{tags, uids};

use super::{Case, case, instance};

pub fn cases() -> Vec<Case> {
    [times(), numbers(), body_parts(), terms()].into_iter().flatten().collect()
}

fn one(name: &'static str, purpose: &'static str, change: impl FnOnce(Instance) -> Instance) -> Case {
    let image = change(instance("CT", uids::CT_IMAGE_STORAGE, name, 1, 1));
    case(name, purpose, [("1.dcm", image.bytes())])
}

fn times() -> Vec<Case> {
    let zone = |offset: &'static str| move |image: Instance| image.text(tags::TIMEZONE_OFFSET_FROM_UTC, offset);
    let time = |time: &'static str| {
        move |image: Instance| image.text(tags::STUDY_TIME, time).text(tags::TIMEZONE_OFFSET_FROM_UTC, "+0100")
    };
    vec![
        one("timezone-plus", "An offset east of UTC", zone("+0530")),
        one("timezone-minus", "An offset west of UTC", zone("-0330")),
        one("timezone-minus-zero", "-0000 is not allowed: the time is dropped, the date stays", zone("-0000")),
        one("timezone-out-of-range", "+1500 is beyond FHIR: the time is dropped, the date stays", zone("+1500")),
        one("time-truncated", "HHMM is written with :00, as FHIR wants seconds, and reported", time("1015")),
        one("time-impossible", "25 o'clock: the date stays", time("251500")),
        one("time-fraction", "Fractions of a second", time("101530.250")),
        one("date-impossible", "30 February: no start, reported", |image| image.text(tags::STUDY_DATE, "20240230")),
        one("series-earlier", "A series that began before its study", |image| {
            time("101530")(image).text(tags::SERIES_DATE, "20240229").text(tags::SERIES_TIME, "091500")
        }),
    ]
}

fn numbers() -> Vec<Case> {
    let number = |value: &'static str| move |image: Instance| image.text(tags::SERIES_NUMBER, value);
    vec![
        one("series-number-missing", "An absent number is left out, never 0", |image| {
            image.without(tags::SERIES_NUMBER).text(tags::INSTANCE_NUMBER, "")
        }),
        one("series-number-negative", "FHIR has no negative number: dropped, reported", number("-3")),
        one("series-number-fraction", "1.5 is no number of a series: dropped, reported", number("1.5")),
        one("series-number-large", "Beyond 2147483647: dropped, reported", number("99999999999")),
    ]
}

fn body_parts() -> Vec<Case> {
    vec![
        one("body-part-srt", "Legacy SRT codes of region and side become SNOMED CT", |image| {
            let side = code("G-A101", "SRT", "Left");
            let region = code("T-15460", "SRT", "Wrist joint").item(tags::ANATOMIC_REGION_MODIFIER_SEQUENCE, side);
            image.item(tags::ANATOMIC_REGION_SEQUENCE, region)
        }),
        one("body-part-unknown", "A term that PS3.16 Annex L does not have stays as text", |image| {
            image.text(tags::BODY_PART_EXAMINED, "LEFT BIG TOE")
        }),
        one("body-part-local", "A region in a local scheme, and the term beside it", |image| {
            image
                .text(tags::BODY_PART_EXAMINED, "KNEE")
                .item(tags::ANATOMIC_REGION_SEQUENCE, code("KN", "99LOCAL", "Knee"))
        }),
        one("laterality-unpaired", "U is no side", |image| image.text(tags::IMAGE_LATERALITY, "U")),
    ]
}

fn terms() -> Vec<Case> {
    vec![
        one("modality-missing", "No modality: the series says that it is unknown", |image| {
            image.without(tags::MODALITY)
        }),
        one("modality-unknown", "A modality that is no DCM code", |image| image.text(tags::MODALITY, "ZZ9")),
        one("sop-class-missing", "The file meta information stands in for the SOP class", |image| {
            image.without(tags::SOP_CLASS_UID)
        }),
        one("sop-class-invalid", "A SOP class that is no OID", |image| image.text(tags::SOP_CLASS_UID, "1.02.3")),
        one("code-long", "Long code value, URN code value, and a scheme named by its UID", |image| {
            let long = DataSet::new()
                .text(tags::LONG_CODE_VALUE, "a-code-of-more-than-16-characters")
                .text(tags::CODING_SCHEME_DESIGNATOR, "99LOCAL")
                .text(tags::CODING_SCHEME_UID, "1.2.276.0.99.9")
                .text(tags::CODE_MEANING, "Long");
            let urn =
                DataSet::new().text(tags::URN_CODE_VALUE, "urn:oid:1.2.276.0.99.10").text(tags::CODE_MEANING, "URN");
            image.items(tags::PROCEDURE_CODE_SEQUENCE, [long, urn])
        }),
    ]
}
