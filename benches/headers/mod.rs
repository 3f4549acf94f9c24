//! Headers as modalities write them, for all benchmarks: full ones, and series of which every instance is a few bytes
//! patched into the same file.

#![allow(dead_code, reason = "each benchmark takes what it needs")]

use dcm2fhir::internals::dicom::Wanted;
use dcm2fhir::internals::fhir::release::R5;
use dcm2fhir::internals::group::Studies;
use dcm2fhir::internals::group::reader::{Keeper, Reader, Selections, Worker};

use dcm2fhir::internals::mapping::{self, ContentOptions, Options};
use dcm2fhir::internals::options::filter::Filter;
use dcm2fhir::internals::source::Name;
use dcm2fhir::synth::{Attributes, DataSet, EXPLICIT_BIG_ENDIAN, Instance, Lengths, code};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};

/// The templates by name.
pub fn templates() -> Vec<(&'static str, Instance)> {
    vec![
        ("ct", ct("study", 1)),
        ("ct implicit", ct("study", 1).transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN)),
        ("ct big endian", ct("study", 1).transfer_syntax(EXPLICIT_BIG_ENDIAN)),
        ("mr with large private elements", mr("study", 1)),
        ("dx", dx("study", 1)),
        ("sr", sr("study", 1)),
        ("enhanced ct", enhanced("study", 1)),
    ]
}

/// A CT image of about 200 elements, half of them private.
pub fn ct(study: &str, series: u32) -> Instance {
    private(acquired(common("CT", uids::CT_IMAGE_STORAGE, study, series)), &[0x0009, 0x0019, 0x0021, 0x0027], 25)
}

/// An MR image with 80 KiB of private values in the way.
pub fn mr(study: &str, series: u32) -> Instance {
    let instance = private(acquired(common("MR", uids::MR_IMAGE_STORAGE, study, series)), &[0x0019, 0x0021], 20);
    [0x1010, 0x1020]
        .into_iter()
        .fold(instance, |instance, element| instance.text_as(Tag(0x0029, element), VR::OB, vec![7; 40 << 10]))
}

/// A radiograph: few elements, some of them sequences.
pub fn dx(study: &str, series: u32) -> Instance {
    common("DX", uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION, study, series)
        .text(tags::LATERALITY, "R")
        .item(tags::VIEW_CODE_SEQUENCE, code("399348003", "SCT", "antero-posterior"))
        .item(tags::ANATOMIC_REGION_SEQUENCE, code("72696002", "SCT", "Knee"))
}

/// A structured report with 50 content items behind its header.
pub fn sr(study: &str, series: u32) -> Instance {
    let content = |number: u32| {
        DataSet::new()
            .text(tags::RELATIONSHIP_TYPE, "CONTAINS")
            .text(tags::VALUE_TYPE, "TEXT")
            .item(tags::CONCEPT_NAME_CODE_SEQUENCE, code("121071", "DCM", "Finding"))
            .text(tags::TEXT_VALUE, format!("finding {number}"))
    };
    common("SR", uids::BASIC_TEXT_SR_STORAGE, study, series)
        .item(tags::CONCEPT_NAME_CODE_SEQUENCE, code("18748-4", "LN", "Diagnostic imaging report"))
        .items(tags::CONTENT_SEQUENCE, (0..50).map(content))
}

/// An enhanced CT: 200 frames, each with functional groups that are not wanted.
pub fn enhanced(study: &str, series: u32) -> Instance {
    let anatomy = DataSet::new()
        .item(tags::ANATOMIC_REGION_SEQUENCE, code("69536005", "SCT", "Head"))
        .text(tags::FRAME_LATERALITY, "U");
    let frame = |number: u32| {
        let content = DataSet::new().text(tags::STACK_ID, "1").text(tags::FRAME_COMMENTS, format!("frame {number}"));
        DataSet::new().item(tags::FRAME_CONTENT_SEQUENCE, content)
    };
    acquired(common("CT", uids::ENHANCED_CT_IMAGE_STORAGE, study, series))
        .text(tags::NUMBER_OF_FRAMES, "200")
        .item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, DataSet::new().item(tags::FRAME_ANATOMY_SEQUENCE, anatomy))
        .items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, (0..200).map(frame))
}

/// What all of them have.
fn common(modality: &str, sop_class: &str, study: &str, series: u32) -> Instance {
    let order = DataSet::new()
        .text(tags::ACCESSION_NUMBER, "A0000001")
        .text(tags::REQUESTED_PROCEDURE_ID, "R1")
        .text(tags::SCHEDULED_PROCEDURE_STEP_ID, "S1");
    Instance::new(modality, sop_class, study, series, 1)
        .lengths(Lengths::Defined)
        .text(tags::SPECIFIC_CHARACTER_SET, "ISO_IR 100")
        .text(tags::IMAGE_TYPE, "ORIGINAL\\PRIMARY\\AXIAL")
        .text(tags::STUDY_DATE, "20240229")
        .text(tags::SERIES_DATE, "20240229")
        .text(tags::STUDY_TIME, "101500")
        .text(tags::SERIES_TIME, "101700")
        .text(tags::ACCESSION_NUMBER, "A0000001")
        .text(tags::MANUFACTURER, "Synthetic Imaging")
        .text(tags::INSTITUTION_NAME, "North Hospital")
        .text(tags::REFERRING_PHYSICIAN_NAME, "Adams^Grace^^Dr.")
        .text(tags::TIMEZONE_OFFSET_FROM_UTC, "+0100")
        .text(tags::STATION_NAME, "ROOM1")
        .text(tags::STUDY_DESCRIPTION, "Abdomen with contrast")
        .text(tags::SERIES_DESCRIPTION, "Series")
        .text(tags::OPERATORS_NAME, "Bauer^Ingrid")
        .text(tags::MANUFACTURER_MODEL_NAME, "Model 1")
        .text(tags::PATIENT_NAME, "Doe^Jane")
        .text(tags::PATIENT_ID, "P000001")
        .text(tags::PATIENT_BIRTH_DATE, "19600115")
        .text(tags::PATIENT_SEX, "F")
        .text(tags::BODY_PART_EXAMINED, "ABDOMEN")
        .text(tags::DEVICE_SERIAL_NUMBER, "1234")
        .text(tags::STUDY_ID, "1")
        .text(tags::SERIES_NUMBER, series.to_string())
        .text(tags::INSTANCE_NUMBER, NUMBER)
        .item(tags::REQUEST_ATTRIBUTES_SEQUENCE, order)
        .text(tags::PERFORMED_PROCEDURE_STEP_ID, "PPS1")
        .text(tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION, "as planned")
}

/// How an image was acquired: elements that nobody wants.
#[rustfmt::skip]
fn acquired(instance: Instance) -> Instance {
    const TEXTS: [Tag; 32] = [
        tags::CONTRAST_BOLUS_AGENT, tags::SCAN_OPTIONS, tags::SLICE_THICKNESS, tags::KVP, tags::DATA_COLLECTION_DIAMETER,
        tags::SOFTWARE_VERSIONS, tags::PROTOCOL_NAME, tags::RECONSTRUCTION_DIAMETER, tags::DISTANCE_SOURCE_TO_DETECTOR,
        tags::DISTANCE_SOURCE_TO_PATIENT, tags::GANTRY_DETECTOR_TILT, tags::TABLE_HEIGHT, tags::ROTATION_DIRECTION,
        tags::EXPOSURE_TIME, tags::X_RAY_TUBE_CURRENT, tags::EXPOSURE, tags::FILTER_TYPE, tags::GENERATOR_POWER,
        tags::FOCAL_SPOTS, tags::CONVOLUTION_KERNEL, tags::PATIENT_POSITION, tags::ACQUISITION_NUMBER,
        tags::IMAGE_POSITION_PATIENT, tags::IMAGE_ORIENTATION_PATIENT, tags::FRAME_OF_REFERENCE_UID,
        tags::POSITION_REFERENCE_INDICATOR, tags::SLICE_LOCATION, tags::PHOTOMETRIC_INTERPRETATION, tags::PIXEL_SPACING,
        tags::WINDOW_CENTER, tags::WINDOW_WIDTH, tags::RESCALE_TYPE,
    ];
    const NUMBERS: [Tag; 7] = [
        tags::SAMPLES_PER_PIXEL, tags::ROWS, tags::COLUMNS, tags::BITS_ALLOCATED, tags::BITS_STORED, tags::HIGH_BIT,
        tags::PIXEL_REPRESENTATION,
    ];
    let instance = TEXTS.into_iter().fold(instance, |instance, tag| instance.text(tag, "1"));
    NUMBERS.into_iter().fold(instance, |instance, tag| instance.numbers(tag, &[1]))
}

fn private(instance: Instance, groups: &[u16], each: u16) -> Instance {
    groups.iter().fold(instance, |instance, group| {
        let creator = instance.text_as(Tag(*group, 0x0010), VR::LO, "SYNTHETIC 1.0");
        (0..each).fold(creator, |instance, element| {
            instance.text_as(Tag(*group, 0x1000 + element), VR::LO, format!("private value {element}"))
        })
    })
}

/// As long as the numbers that are patched in.
const NUMBER: &str = "00000001";

/// The files of one series: the same bytes but for the SOP Instance UID and the number.
pub struct Series {
    bytes: Vec<u8>,
    /// Where the last digits of the UID and the number stand.
    places: Vec<usize>,
}

impl Series {
    /// The series of a template.
    pub fn of(template: &Instance) -> Series {
        let bytes = template.bytes();
        let uid = template.value(tags::SOP_INSTANCE_UID);
        let places = |what: &[u8], last: usize| -> Vec<usize> {
            let found = bytes.windows(what.len()).enumerate().filter(|(_, window)| *window == what);
            found.map(|(at, _)| at + what.len() - last).collect()
        };
        let places = [places(uid, NUMBER.len()), places(NUMBER.as_bytes(), NUMBER.len())].concat();
        Series { bytes, places }
    }

    /// The file of an instance.
    pub fn instance(&mut self, number: u32) -> &[u8] {
        let digits = format!("{number:08}");
        for place in &self.places {
            self.bytes[*place..*place + digits.len()].copy_from_slice(digits.as_bytes());
        }
        &self.bytes
    }
}

/// What a reader of headers needs.
pub struct Context {
    pub wanted: Wanted,
    options: Options,
    filter: Filter,
    pub studies: Studies,
}

impl Context {
    /// All that the mapping wants of all files.
    pub fn new() -> Context {
        let (options, filter, studies) = (Options::default(), Filter::default(), Studies::default());
        Context { wanted: mapping::wanted(), options, filter, studies }
    }

    /// A reader that groups, or hands over to an index.
    pub fn reader<'c>(&'c self, keeper: Option<&'c dyn Keeper>) -> Reader<'c> {
        let Context { wanted, options, filter, studies } = self;
        Reader { wanted, options, studies, filter, selections: Selections::All, files: None, keeper }
    }
}

/// Groups so many instances of each series, all read from memory.
pub fn group(series: impl IntoIterator<Item = Series>, instances: u32) -> Studies {
    let context = Context::new();
    let reader = context.reader(None);
    let (mut worker, name) = (Worker::default(), Name::file("memory"));
    for mut series in series {
        for number in 0..instances {
            let read = reader.read(&mut worker, &name, &mut series.instance(number), |_| {});
            read.expect("a template has all that an instance needs");
        }
    }
    context.studies
}

/// All of a study, in R5.
pub fn content() -> ContentOptions {
    ContentOptions::of(&R5)
}
