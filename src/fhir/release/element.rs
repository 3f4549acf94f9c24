//! The names that the model's elements have in a release.

use std::borrow::Cow;

use super::{CompanionForms, Datatype, Release, SelectionForm};

/// What a release has of an element that others call otherwise, or do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Has {
    /// The element, or none.
    It(bool),
    /// Another last name for it.
    Named(&'static str),
    /// Another place for it.
    At(&'static str),
}

impl Release {
    /// Where the release has what the model calls by this element, as the writer writes it; `None` where it has no such
    /// element. Elements of ImagingStudy have no resource type in front.
    pub fn element(&self, element: &'static str) -> Option<Cow<'static, str>> {
        let CompanionForms { device, order_reason, endpoint, encounter_class, .. } = self.companions;
        let has_procedures = self.procedure.datatype == Datatype::Reference;
        let has = match element {
            "identifier (accession number)" if self.accession => Has::At("identifier"),
            "identifier (accession number)" => Has::It(false),
            "partOf" | "Procedure.identifier" => Has::It(self.part_of),
            "Procedure.code" => Has::It(has_procedures),
            "Procedure.status" | "Procedure.subject" => Has::It(self.part_of || has_procedures),
            "interpreter" => Has::It(self.interpreter),
            "procedure" => Has::Named(self.procedure.name),
            "reason" => Has::Named(self.reason.name),
            "series.laterality" if self.laterality.is_none() => Has::At("series.bodySite"),
            "series.instance.numberOfFrames" => Has::It(self.number_of_frames),
            "Device.name" => Has::Named(device.name),
            "Device.version" => Has::Named(device.version),
            "ServiceRequest.reason" => Has::Named(order_reason.name),
            "Endpoint.payload" => Has::Named(endpoint.payload()),
            "Encounter.class" => Has::It(encounter_class),
            selected if selected.starts_with("ImagingSelection") && self.selection == SelectionForm::None => {
                Has::It(false)
            }
            "ImagingSelection.instance.subset" => Has::Named(self.selection.frames()),
            _ => Has::It(true),
        };
        match has {
            Has::It(exists) => exists.then_some(Cow::Borrowed(element)),
            Has::At(place) => Some(Cow::Borrowed(place)),
            Has::Named(name) => match element.rsplit_once('.') {
                Some((parent, _)) => Some(Cow::Owned(format!("{parent}.{name}"))),
                None => Some(Cow::Borrowed(name)),
            },
        }
    }
}
