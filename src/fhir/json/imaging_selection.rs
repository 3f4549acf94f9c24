//! ImagingSelection, in the two shapes that it has had.

use serde::ser::SerializeMap;

use super::concept::Absent;
use super::object::{Element, Object};
use super::series::sop_class;
use crate::fhir::imaging_selection::{ImagingSelection, SelectedInstance};
use crate::fhir::imaging_study::SopClass;
use crate::fhir::profile::Role;
use crate::fhir::release::SelectionForm;

impl Element for ImagingSelection {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("resourceType", "ImagingSelection")?;
        object.value("id", &self.id)?;
        object.meta(Role::Other)?;
        object.value("status", "available")?;
        object.optional_element("subject", (!self.subject.is_empty()).then_some(&self.subject))?;
        if let Some(issued) = self.issued {
            object.shown("issued", issued)?;
        }
        object.list("basedOn", &self.based_on)?;
        match &self.code {
            Some(code) => object.element("code", code)?,
            None => object.element("code", Absent::UNKNOWN)?,
        }
        object.value("studyUid", &self.study_uid)?;
        match object.release.selection {
            SelectionForm::FrameNumbers => object.element("derivedFrom", &self.derived_from)?,
            SelectionForm::Subsets | SelectionForm::None => object.list("derivedFrom", [&self.derived_from])?,
        }
        object.value("seriesUid", &self.series_uid)?;
        object.list("instance", &self.instances)
    }
}

impl Element for SelectedInstance {
    fn write<M: SerializeMap>(&self, object: &mut Object<'_, M>) -> Result<(), M::Error> {
        object.value("uid", &self.uid)?;
        if let Some(uid) = &self.sop_class {
            sop_class(SopClass::Urn(&format!("urn:oid:{uid}")), object)?;
        }
        let form = object.release.selection;
        match form {
            SelectionForm::FrameNumbers => {
                let frames = (!self.frames.is_empty()).then_some(&self.frames);
                object.optional(form.frames(), frames)
            }
            SelectionForm::Subsets | SelectionForm::None => {
                let frames: Vec<String> = self.frames.iter().map(u32::to_string).collect();
                object.values(form.frames(), &frames)
            }
        }
    }
}
