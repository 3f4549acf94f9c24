//! The patient, study, orders and equipment of a manifest (MADO 6.X.2.5 to 6.X.2.8).
//!
//! It is taken before the study's references are linked, for then its companions stand elsewhere.

use dicom_dictionary_std::tags;
use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::entry::{code_of, line, short};
use super::moment;
use crate::dicom::{Header, StoredValues, Tag};
use crate::fhir::profile::{LO, PROGRAM, SH, fits};
use crate::fhir::resource::{Endpoint, Organization, Patient, ServiceRequest};
use crate::fhir::{IdText, Identifier, ImagingStudy, Reference, Resource};
use crate::mapping::{ContentOptions, Options, ResolvedStudy};
use crate::options::SystemUri;
use crate::synth::{Attributes, DataSet};

/// The data of the study as a whole.
#[derive(Debug)]
pub struct Head {
    pub(super) attributes: DataSet,
    /// The offset from UTC of all dates and times: the study's.
    pub(super) offset_minutes: i16,
    /// What the user calls coding schemes.
    pub(super) systems: Vec<SystemUri>,
    /// The UID of the repository.
    pub(super) retrieve_location: String,
    /// The base URL of WADO-RS.
    pub(super) retrieve_url: Option<String>,
    /// The web viewer, opened at the study.
    pub(super) display_uri: Option<String>,
}

impl Head {
    /// Of a study that lacks nothing, as the profile has it.
    pub fn of(study: &ImagingStudy<'_>, resolved: &ResolvedStudy<'_>, content: &ContentOptions) -> Head {
        let archive = &content.archive;
        let offset_minutes = study.started.and_then(|started| started.time).map_or(0, |time| time.offset_minutes);
        let names = Names { resolved, options: archive };
        let attributes = patient(DataSet::new(), study, &names);
        let attributes = of_study(attributes, study, &names);
        let attributes = orders(attributes, study, &archive.system);
        let attributes = maker(attributes, content.profile.organization().as_ref());
        let unknown = content.profile().unknown_address;
        let endpoints = || study.series.iter().flatten().flat_map(|series| &series.endpoint);
        let base = |address: &String| Some(address.as_str()) != unknown;
        Head {
            attributes: attributes.text(tags::TIMEZONE_OFFSET_FROM_UTC, moment::offset(offset_minutes)),
            offset_minutes,
            systems: archive.system.clone(),
            retrieve_location: content.profile.retrieve_location.clone().unwrap_or_default(),
            retrieve_url: endpoints().find_map(|one| address(one, |endpoint| endpoint.location.is_some())).filter(base),
            display_uri: study.endpoint.iter().find_map(|one| address(one, |endpoint| endpoint.mime_type.is_some())),
        }
    }
}

/// The address of an endpoint of a kind.
fn address(reference: &Reference, is_kind: fn(&Endpoint) -> bool) -> Option<String> {
    match reference.resource.as_deref()? {
        Resource::Endpoint(endpoint) if is_kind(endpoint) => {
            // PS3.5 6.2: UR is of the default repertoire.
            Some(utf8_percent_encode(&endpoint.address, CONTROLS).to_string())
        }
        _ => None,
    }
}

/// Person names as the files have them: all groups and components of the first that is not empty.
struct Names<'n> {
    resolved: &'n ResolvedStudy<'n>,
    options: &'n Options,
}

impl Names<'_> {
    fn first(&self, tag: Tag) -> String {
        let mut header = Header::default();
        let mut name = |stored: &&StoredValues| {
            let root = stored.unpack(&mut header);
            let decoded = self.options.character_set(root.character_set()).decode_name(root.bytes(tag)?).text;
            let first =
                decoded.split('\\').map(str::trim).find(|name| name.contains(|c| !matches!(c, '^' | '=' | ' ')));
            // PS3.5 6.2: each component group has room for as many characters as LO.
            first.map(|name| name.split('=').map(short).collect::<Vec<_>>().join("="))
        };
        self.resolved.stored.iter().find_map(&mut name).unwrap_or_default()
    }
}

/// The Patient Module: the primary number stands among all again (MADO 6.X.2.5.1.1.2).
fn patient(data_set: DataSet, study: &ImagingStudy<'_>, names: &Names<'_>) -> DataSet {
    let none = Patient::default();
    let patient = match study.subject.resource.as_deref() {
        Some(Resource::Patient(patient)) => patient,
        _ => &none,
    };
    let sex = match patient.gender.as_deref() {
        Some("male") => "M",
        Some("female") => "F",
        Some("other") => "O",
        _ => "",
    };
    let primary = study.subject.identifier.iter();
    let others = patient.identifier.iter().filter(|one| Some(*one) != study.subject.identifier.as_ref());
    let is_number = |one: &&Identifier| one.token().is_some_and(|(_, value)| fits(value, LO));
    let numbers = primary.clone().chain(others).filter(is_number);
    let data_set = primary.fold(data_set, number_of_patient);
    data_set
        .text(tags::PATIENT_NAME, names.first(tags::PATIENT_NAME))
        .text(tags::PATIENT_BIRTH_DATE, patient.birth_date.as_deref().unwrap_or_default().replace('-', ""))
        .text(tags::PATIENT_SEX, sex)
        .items(
            tags::OTHER_PATIENT_I_DS_SEQUENCE,
            numbers.map(|one| number_of_patient(DataSet::new().text(tags::TYPE_OF_PATIENT_ID, "TEXT"), one)),
        )
}

/// A patient's number with its issuer (PS3.3 Table 10-18).
fn number_of_patient(data_set: DataSet, number: &Identifier) -> DataSet {
    let data_set = data_set.text(tags::PATIENT_ID, number.value.text());
    let data_set = match &number.assigner {
        Some(name) => data_set.text(tags::ISSUER_OF_PATIENT_ID, short(name.text())),
        None => data_set,
    };
    let issuer = number.system.as_deref().map(|system| universal(DataSet::new(), system));
    issuer.into_iter().fold(data_set, |set, issuer| set.item(tags::ISSUER_OF_PATIENT_ID_QUALIFIERS_SEQUENCE, issuer))
}

/// A system as Universal Entity ID, with its type (PS3.3 Table 10-17).
fn universal(data_set: DataSet, system: &str) -> DataSet {
    let known = [("urn:oid:", "ISO"), ("urn:uuid:", "UUID")];
    let found = known.iter().find_map(|(prefix, kind)| Some((system.strip_prefix(prefix)?, *kind)));
    let (value, kind) = found.unwrap_or((system, "URI"));
    data_set.text(tags::UNIVERSAL_ENTITY_ID, value).text(tags::UNIVERSAL_ENTITY_ID_TYPE, kind)
}

/// The General Study Module. An accession number stands here where the study has one, whose issuer is known.
fn of_study(data_set: DataSet, study: &ImagingStudy<'_>, names: &Names<'_>) -> DataSet {
    let started = study.started;
    let data_set = started.into_iter().fold(data_set, |set, at| moment::date(set, tags::STUDY_DATE, at));
    let data_set = started.into_iter().fold(data_set, |set, at| moment::time(set, tags::STUDY_TIME, at));
    let data_set = match &study.description {
        Some(words) => data_set.text(tags::STUDY_DESCRIPTION, short(words)),
        None => data_set,
    };
    let study_id = study.study_id.as_ref().map(|number| number.value.text()).filter(|text| fits(text, SH));
    let data_set = data_set
        .text(tags::STUDY_INSTANCE_UID, &study.uid)
        .text(tags::STUDY_ID, study_id.unwrap_or_default())
        .text(tags::REFERRING_PHYSICIAN_NAME, names.first(tags::REFERRING_PHYSICIAN_NAME));
    let numbers: Vec<&Identifier> = requests(study).filter_map(|request| number_of(request, "ACSN")).collect();
    match numbers[..] {
        [number] if number.token().is_some() => accession(data_set, Some(number)),
        _ => accession(data_set, None),
    }
}

fn accession(data_set: DataSet, number: Option<&Identifier>) -> DataSet {
    numbered(data_set, tags::ACCESSION_NUMBER, tags::ISSUER_OF_ACCESSION_NUMBER_SEQUENCE, number)
}

/// A number with its issuer; empty where none is known, and where the attribute could hold but a part of it.
fn numbered(data_set: DataSet, tag: Tag, issuer: Tag, number: Option<&Identifier>) -> DataSet {
    let longest = if tag == tags::ACCESSION_NUMBER { SH } else { LO };
    let Some(number) = number.filter(|number| fits(number.value.text(), longest)) else {
        return data_set.text(tag, "");
    };
    let data_set = data_set.text(tag, number.value.text());
    let local = |name: &IdText| DataSet::new().text(tags::LOCAL_NAMESPACE_ENTITY_ID, line(name.text()));
    match (&number.assigner, number.system.as_deref()) {
        (None, None) => data_set,
        (Some(name), None) => data_set.item(issuer, local(name)),
        (None, Some(system)) => data_set.item(issuer, universal(DataSet::new(), system)),
        (Some(name), Some(system)) => data_set.item(issuer, universal(local(name), system)),
    }
}

/// The orders: those that the study is based on, and those that stand beside it.
fn requests<'s>(study: &'s ImagingStudy<'_>) -> impl Iterator<Item = &'s ServiceRequest> {
    let orders = study.based_on.iter().chain(&study.other_orders);
    orders.filter_map(|order| match order.resource.as_deref() {
        Some(Resource::ServiceRequest(request)) => Some(request),
        _ => None,
    })
}

/// Whether each order has an accession and a placer number, both with a system and as DICOM can write them, and there
/// is one.
pub fn has_order_numbers(study: &ImagingStudy<'_>) -> bool {
    let has = |request: &ServiceRequest, code, longest| {
        number_of(request, code).and_then(Identifier::token).is_some_and(|(_, value)| fits(value, longest))
    };
    let is_complete = |request: &ServiceRequest| has(request, "ACSN", SH) && has(request, "PLAC", LO);
    requests(study).next().is_some() && requests(study).all(is_complete)
}

fn number_of<'r>(request: &'r ServiceRequest, code: &str) -> Option<&'r Identifier> {
    request.identifier.iter().find(|number| number.kind.as_ref().is_some_and(|kind| kind.code == code))
}

/// Referenced Request Sequence: an item for each order, or an empty one if there is none (MADO 6.X.2.8.1).
fn orders(data_set: DataSet, study: &ImagingStudy<'_>, systems: &[SystemUri]) -> DataSet {
    let none = ServiceRequest::default();
    let mut all: Vec<&ServiceRequest> = requests(study).collect();
    if all.is_empty() {
        all.push(&none);
    }
    data_set.items(tags::REFERENCED_REQUEST_SEQUENCE, all.into_iter().map(|request| order(study, request, systems)))
}

fn order(study: &ImagingStudy<'_>, request: &ServiceRequest, systems: &[SystemUri]) -> DataSet {
    let (placer, filler) =
        (tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST, tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST);
    let words = request.code.as_ref().and_then(|code| code.label_in_words());
    let code = request.code.as_ref().and_then(|code| code_of(code, systems));
    let item = DataSet::new()
        .text(tags::STUDY_INSTANCE_UID, &study.uid)
        .items(tags::REFERENCED_STUDY_SEQUENCE, [])
        .text(tags::REQUESTED_PROCEDURE_DESCRIPTION, words.map(short).unwrap_or_default())
        .items(tags::REQUESTED_PROCEDURE_CODE_SEQUENCE, code)
        .text(tags::REQUESTED_PROCEDURE_ID, "");
    let item = accession(item, number_of(request, "ACSN"));
    let item = numbered(item, placer, tags::ORDER_PLACER_IDENTIFIER_SEQUENCE, number_of(request, "PLAC"));
    numbered(item, filler, tags::ORDER_FILLER_IDENTIFIER_SEQUENCE, number_of(request, "FILL"))
}

/// The General Equipment Module: this program, and the organization that runs it.
fn maker(data_set: DataSet, creator: Option<&Organization>) -> DataSet {
    let institution = creator.map(institution).unwrap_or_default();
    data_set.text(tags::MANUFACTURER, PROGRAM).text(tags::INSTITUTION_NAME, institution)
}

/// The organization as HL7 v2 writes it (XON), with its number where there is room for it.
fn institution(creator: &Organization) -> String {
    let name = line(creator.name.as_deref().unwrap_or_default());
    let number = creator.identifier.first().and_then(|number| {
        let (system, value) = number.token()?;
        let components = match (value.strip_prefix("urn:oid:"), system.strip_prefix("urn:oid:")) {
            (Some(oid), _) => format!("{name}^^^^^^^^^{oid}"),
            (None, Some(authority)) => format!("{name}^^^^^&{authority}&ISO^^^^{value}"),
            (None, None) => return None,
        };
        let is_plain = |text: &str| !text.contains(['^', '&', '~', '|', '\\']);
        (is_plain(&name) && is_plain(value) && components.chars().count() <= LO).then_some(components)
    });
    number.unwrap_or_else(|| short(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_has_its_number_where_hl7_can_say_it() {
        let long = "x".repeat(70);
        for (name, system, value, want) in [
            ("City", "urn:ietf:rfc:3986", "urn:oid:1.2.3", "City^^^^^^^^^1.2.3"),
            ("City", "urn:oid:1.9", "4711", "City^^^^^&1.9&ISO^^^^4711"),
            ("City", "https://registry.example", "4711", "City"),
            ("A & B", "urn:oid:1.9", "4711", "A & B"),
            ("A\\B", "urn:oid:1.9", "4711", "A/B^^^^^&1.9&ISO^^^^4711"),
            (&long, "urn:oid:1.9", "4711", &long[..64]),
        ] {
            let identifier =
                Identifier { system: Some(system.to_string().into()), value: value.into(), ..Identifier::default() };
            let creator = Organization { identifier: vec![identifier], name: Some(name.to_string()), is_creator: true };
            assert_eq!(institution(&creator), want);
        }
    }
}
