//! URIs of the code and identifier systems that the output names.

/// The DICOM Controlled Terminology, PS3.16 Annex D.
pub const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
/// SNOMED CT.
pub const SCT: &str = "http://snomed.info/sct";
/// Identifier types, HL7 table 0203.
pub const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
/// What a performer did, HL7 v3 ParticipationType.
pub const PARTICIPATION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// How an Endpoint is spoken to.
pub const ENDPOINT_CONNECTION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type";
/// Identifiers that are DICOM UIDs.
pub const DICOM_UID: &str = "urn:dicom:uid";
/// Codes and identifiers that are URIs themselves.
pub const URI: &str = "urn:ietf:rfc:3986";
/// HL7: whether an animal was neutered.
pub const ANIMAL_GENDER_STATUS: &str = "http://hl7.org/fhir/animal-genderstatus";
