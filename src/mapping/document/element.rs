//! What each release calls the element of a row.

use crate::fhir::Release;
use crate::fhir::release::{AccessionForm, BodySiteForm, ProcedureForm, ReasonForm, SelectionForm};
use crate::mapping::Row;

/// The element of a row in a release; `None` where the release has no such element.
pub fn in_release<P>(row: &Row<P>, release: &Release) -> Option<&'static str> {
    if row.element.starts_with("ImagingSelection.") {
        return selection(row, release.selection);
    }
    let where_it_is = |exists: bool| exists.then_some(row.element);
    if row.element.starts_with("ImagingSelection") {
        return match release.selection {
            SelectionForm::None => None,
            SelectionForm::FrameNumbers if row.field == "frames" => Some("ImagingSelection.instance.frameNumber"),
            SelectionForm::Subsets | SelectionForm::FrameNumbers => Some(row.element),
        };
    }
    match row.field {
        "accession" => where_it_is(release.accession == AccessionForm::Identifier),
        "part_of" => where_it_is(release.part_of),
        "interpreter" => where_it_is(release.interpreter),
        "number_of_frames" => where_it_is(release.number_of_frames),
        "procedure" => Some(match release.procedure {
            ProcedureForm::Code => "procedureCode",
            ProcedureForm::Concept => "procedure.concept",
            ProcedureForm::Reference => "procedure",
        }),
        "reason" => Some(match release.reason {
            ReasonForm::Code => "reasonCode",
            ReasonForm::Concept => "reason.concept",
        }),
        "body_site" => Some(match release.body_site {
            BodySiteForm::Coding => "series.bodySite",
            BodySiteForm::CodeableReference | BodySiteForm::CodeableReferences => "series.bodySite.concept",
        }),
        "laterality" if !release.laterality => Some("series.bodySite.concept.text"),
        _ => Some(row.element),
    }
}

fn selection<P>(row: &Row<P>, form: SelectionForm) -> Option<&'static str> {
    match (form, row.field) {
        (SelectionForm::None, _) => None,
        (SelectionForm::FrameNumbers, "frames") => Some("ImagingSelection.instance.frameNumber"),
        (SelectionForm::Subsets | SelectionForm::FrameNumbers, _) => Some(row.element),
    }
}
