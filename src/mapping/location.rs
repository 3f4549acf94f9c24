//! Where the study was made, as a Location (PS3.3 C.7.5.1, C.4.14).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attribute::attributes;
use super::attributes::Attributes;
use super::listed::{CompanionRow, Listed, companion, filled, listed};
use crate::fhir::Reference;
use crate::fhir::resource::{Location, Resource};

/// The reference.
pub const PLACE: Listed =
    listed!("location", [INSTITUTIONAL_DEPARTMENT_NAME, PERFORMED_LOCATION], "PS3.3 C.7.5.1, C.4.14");

/// The rows of a Location.
#[rustfmt::skip]
pub const LOCATION: &[CompanionRow<Location>] = &[
    filled!("Location.name", name, [
        INSTITUTIONAL_DEPARTMENT_NAME, PERFORMED_LOCATION
    ], "PS3.3 C.7.5.1, C.4.14", |attributes| Some(place(attributes)?.1)),
];

/// A reference to the place, by its name.
pub fn location(attributes: &Attributes<'_>) -> Option<Reference> {
    let (tag, name) = place(attributes)?;
    let lost = attributes.lost(tag, &name).map(Box::from);
    let location = Resource::Location(companion(LOCATION, attributes));
    Some(Reference::with(location, None, Some(name)).losing(lost))
}

/// The department, else the location of the step, with its attribute.
fn place(attributes: &Attributes<'_>) -> Option<(Tag, String)> {
    let places = [tags::INSTITUTIONAL_DEPARTMENT_NAME, tags::PERFORMED_LOCATION];
    places.into_iter().find_map(|tag| Some((tag, attributes.text(tag)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::STUDY;
    use crate::mapping::sample::{mapped, reference, text};

    #[test]
    fn a_location_is_the_department_else_where_the_step_was_performed() {
        let department = text(tags::INSTITUTIONAL_DEPARTMENT_NAME, "Radiology");
        let performed = text(tags::PERFORMED_LOCATION, "Room 1");
        for (data_set, want) in [
            (vec![department.clone(), performed.clone()], Some("Radiology")),
            (vec![performed.clone()], Some("Room 1")),
            (vec![text(tags::INSTITUTIONAL_DEPARTMENT_NAME, " "), performed], Some("Room 1")),
            (vec![], None),
        ] {
            let location = mapped(STUDY, &data_set).part.location;
            assert_eq!(location.as_ref().map(reference).as_deref(), want, "{data_set:?}");
        }
    }
}
