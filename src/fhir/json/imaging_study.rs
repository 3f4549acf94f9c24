//! ImagingStudy down to its series.

use serde::ser::SerializeMap;

use super::companion::Contained;
use super::concept::CONCEPT;
use super::object::{Element, Member, Object, Value, extension};
use crate::fhir::imaging_study::ImagingStudy;
use crate::fhir::profile::Role;
use crate::fhir::references::{Companion, Linked};
use crate::fhir::region::Region;
use crate::fhir::release::{Agreement, Datatype, Release};

/// An ImagingStudy with the resources that it contains.
pub struct StudyElement<'a> {
    /// The id; `None` where the server finds the resource by its identifier.
    pub id: Option<&'a str>,
    /// The resource.
    pub study: &'a ImagingStudy<'a>,
    /// The resources inside it.
    pub contained: &'a [Companion],
}

impl<'a> StudyElement<'a> {
    /// The study with its id and all that it contains.
    pub fn of(linked: &'a Linked<'a>) -> StudyElement<'a> {
        StudyElement { id: Some(&linked.study.id), study: &linked.study, contained: &linked.contained }
    }
}

impl Element for Linked<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        StudyElement::of(self).write(object)
    }
}

impl Element for StudyElement<'_> {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", "ImagingStudy")?;
        object.optional("id", self.id)?;
        object.meta(Role::Study)?;
        object.list("contained", self.contained.iter().map(Contained))?;
        regions(self.study, object)?;
        who_and_when(self.study, object)?;
        what_and_why(self.study, object)?;
        object.list("series", self.study.series.as_deref().unwrap_or_default())
    }
}

/// The extensions with the anatomical regions, where the profile has one.
fn regions<M: SerializeMap>(study: &ImagingStudy<'_>, object: &mut Object<'_, M>) -> Result<(), M::Error> {
    let Some(profile) = &object.dialect.profile.regions else { return Ok(()) };
    let region = |region: &Region| extension(profile.extension, Member(CONCEPT, region.concept(profile.spine)));
    object.list("extension", study.regions.iter().map(region))
}

/// From `identifier` to `interpreter`.
fn who_and_when<M: SerializeMap>(study: &ImagingStudy<'_>, object: &mut Object<'_, M>) -> Result<(), M::Error> {
    let accession = study.accession.iter().filter(|_| object.release.accession);
    let identifiers = study.study_uid.iter().chain(accession).chain(&study.study_id);
    object.list("identifier", identifiers)?;
    object.value("status", &*study.status)?;
    object.coded(object.release.modality, &study.modality)?;
    object.element("subject", &study.subject)?;
    object.optional_element("encounter", study.encounter.as_ref())?;
    if let Some(started) = study.started {
        object.shown("started", started)?;
    }
    object.list("basedOn", &study.based_on)?;
    if object.release.part_of {
        object.list("partOf", &study.part_of)?;
    }
    object.optional_element("referrer", study.referrer.as_ref())?;
    if object.release.interpreter {
        object.list("interpreter", &study.interpreter)?;
    }
    Ok(())
}

/// From `endpoint` to `description`.
fn what_and_why<M: SerializeMap>(study: &ImagingStudy<'_>, object: &mut Object<'_, M>) -> Result<(), M::Error> {
    object.list("endpoint", &study.endpoint)?;
    object.value("numberOfSeries", study.number_of_series)?;
    if may_count_instances(study, object.release) {
        object.value("numberOfInstances", study.number_of_instances)?;
    }
    let procedure = object.release.procedure;
    match procedure.datatype {
        Datatype::Reference => object.list(procedure.name, study.procedure.iter().map(|done| &done.reference))?,
        _ => object.coded(procedure, study.procedure.iter().map(|done| &done.concept))?,
    }
    object.optional_element("location", study.location.as_ref())?;
    object.coded(object.release.reason, &study.reason)?;
    object.list("note", study.note.as_deref().map(|text| Value("text", text)).iter())?;
    object.optional("description", study.description.as_deref())
}

/// ist-4 (r6-ballot5): a study that lists series must list as many instances as it counts.
fn may_count_instances(study: &ImagingStudy<'_>, release: &Release) -> bool {
    let all_listed = |series: &Vec<_>| series.iter().all(|series: &super::series::Series| series.instances.is_some());
    release.study_and_series == Agreement::Free || study.series.as_ref().is_none_or(all_listed)
}
