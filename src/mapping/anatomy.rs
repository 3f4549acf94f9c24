//! Where in the body: anatomic regions, body part terms and laterality, of images, frames and series.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::attributes::Attributes;
use super::code::concept;
use super::terms;
use crate::fhir::{CodeableConcept, Coding};
use crate::issue::Reason;

/// The body part of one image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodySite {
    /// The anatomic regions (0008,2218); empty where the image has none.
    pub regions: Vec<CodeableConcept>,
    /// Body Part Examined (0018,0015), by PS3.16 Annex L, or as text.
    pub body_part: Option<CodeableConcept>,
}

impl BodySite {
    /// The regions, else the body part.
    pub fn concepts(&self) -> impl Iterator<Item = &CodeableConcept> {
        let stand_in = self.body_part.iter().filter(|_| self.regions.is_empty());
        self.regions.iter().chain(stand_in)
    }
}

/// The side of the body in one image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A concept of CID 244.
    Sided(Coding),
    /// `U`: the body part is not one of a pair.
    Unpaired,
}

/// The body site of an image, if any.
pub fn body_site(attributes: &Attributes<'_>) -> Vec<BodySite> {
    let mut regions: Vec<CodeableConcept> = regions(attributes).iter().filter_map(concept).collect();
    regions.sort();
    regions.dedup();
    let body_part = body_part(attributes);
    if regions.is_empty() && body_part.is_none() { Vec::new() } else { vec![BodySite { regions, body_part }] }
}

/// The sides in an image's header, of which there should be one.
pub fn sides(attributes: &Attributes<'_>) -> Vec<Side> {
    let own = [tags::LATERALITY, tags::IMAGE_LATERALITY].into_iter().filter_map(|tag| side(attributes, tag));
    let frames = frame_anatomies(attributes);
    let framed = frames.iter().filter_map(|frame| side(frame, tags::FRAME_LATERALITY));
    let regions = regions(attributes);
    let mut sides: Vec<Side> = own.chain(framed).chain(regions.iter().flat_map(modifiers)).collect();
    sides.sort();
    sides.dedup();
    sides
}

fn side(attributes: &Attributes<'_>, tag: Tag) -> Option<Side> {
    let value = attributes.line(tag)?;
    if value == "U" {
        return Some(Side::Unpaired);
    }
    match terms::laterality(&value) {
        Some(coding) => Some(Side::Sided(coding)),
        None => attributes.drop(tag, Reason::UnusableTerm, &value),
    }
}

/// The modifiers of a region that are a laterality; most are not.
fn modifiers(region: &Attributes<'_>) -> Vec<Side> {
    let concepts = region.items(tags::ANATOMIC_REGION_MODIFIER_SEQUENCE).into_iter().filter_map(|item| concept(&item));
    let codings = concepts
        .flat_map(|concept| concept.coding)
        .filter(|coding| coding.system.as_deref() == Some(terms::system::SCT));
    codings.filter_map(|coding| terms::laterality_code(&coding.code)).map(Side::Sided).collect()
}

fn body_part(attributes: &Attributes<'_>) -> Option<CodeableConcept> {
    let term = attributes.line(tags::BODY_PART_EXAMINED)?;
    let Some(coding) = terms::body_part(&term) else {
        attributes.note(tags::BODY_PART_EXAMINED, Reason::UnknownTerm, &term);
        return Some(CodeableConcept::text(term));
    };
    Some(coding.into())
}

/// The items of Anatomic Region Sequence, of the image and of the anatomy that all of its frames share.
fn regions<'a>(attributes: &Attributes<'a>) -> Vec<Attributes<'a>> {
    let frames = frame_anatomies(attributes);
    let shared = frames.iter().flat_map(|frame| frame.items(tags::ANATOMIC_REGION_SEQUENCE));
    attributes.items(tags::ANATOMIC_REGION_SEQUENCE).into_iter().chain(shared).collect()
}

fn frame_anatomies<'a>(attributes: &Attributes<'a>) -> Vec<Attributes<'a>> {
    let groups = attributes.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    groups.iter().flat_map(|group| group.items(tags::FRAME_ANATOMY_SEQUENCE)).collect()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::mapping::SERIES;
    use crate::mapping::sample::{self, Sample, code, items, mapped, reasons, text};

    fn region(value: &str, modifiers: &[&str]) -> Sample {
        let modifiers = modifiers.iter().map(|modifier| code(modifier, "SCT", "")).collect();
        let modifiers = (tags::ANATOMIC_REGION_MODIFIER_SEQUENCE, sample::Value::Items(modifiers));
        let item = [code(value, "SCT", "Region"), vec![modifiers]].concat();
        items(tags::ANATOMIC_REGION_SEQUENCE, [item])
    }

    /// The same in the anatomy that all frames of an enhanced image share.
    fn shared(anatomy: Vec<Sample>) -> Sample {
        let frame = items(tags::FRAME_ANATOMY_SEQUENCE, [anatomy]);
        items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, [vec![frame]])
    }

    #[test]
    fn a_body_site_is_the_regions_of_image_and_frames_else_the_body_part() {
        const HEAD: &str = "http://snomed.info/sct|69536005 Region";
        const KNEE: &str = "http://snomed.info/sct|72696002 Region";
        for (data_set, want) in [
            (vec![region("69536005", &[])], vec![HEAD]),
            (vec![region("69536005", &[]), text(tags::BODY_PART_EXAMINED, "KNEE")], vec![HEAD]),
            (vec![shared(vec![region("72696002", &[])])], vec![KNEE]),
            (vec![region("69536005", &[]), shared(vec![region("72696002", &[])])], vec![HEAD, KNEE]),
            (vec![region("69536005", &[]), shared(vec![region("69536005", &[])])], vec![HEAD]),
            (vec![text(tags::BODY_PART_EXAMINED, "KNEE")], vec!["http://snomed.info/sct|72696002 Knee"]),
            (vec![text(tags::BODY_PART_EXAMINED, "Thx ap")], vec![": Thx ap"]),
            (vec![text(tags::BODY_PART_EXAMINED, " ")], vec![]),
            (vec![], vec![]),
        ] {
            let sites = mapped(SERIES, &data_set).part.body_site;
            let shown: Vec<String> = sites.iter().flat_map(BodySite::concepts).map(sample::concept).collect();
            assert_eq!(shown, want, "{data_set:?}");
        }
    }

    #[test]
    fn sides_are_those_of_series_image_frames_and_the_regions_modifiers() {
        let modified = |code: &str| region("72696002", &[code]);
        for (data_set, want) in [
            (vec![text(tags::LATERALITY, "L")], vec!["Left"]),
            (vec![text(tags::IMAGE_LATERALITY, "R ")], vec!["Right"]),
            (vec![text(tags::IMAGE_LATERALITY, "B")], vec!["Bilateral"]),
            (vec![text(tags::IMAGE_LATERALITY, "U")], vec!["unpaired"]),
            (vec![shared(vec![text(tags::FRAME_LATERALITY, "L")])], vec!["Left"]),
            (vec![text(tags::LATERALITY, "L"), text(tags::IMAGE_LATERALITY, "R")], vec!["Right", "Left"]),
            (vec![modified("7771000")], vec!["Left"]),
            (vec![modified("G-A100")], vec!["Right"]),
            (vec![modified("38266002")], vec![]),
            (vec![text(tags::LATERALITY, "R"), modified("7771000")], vec!["Right", "Left"]),
            (vec![text(tags::LATERALITY, "R"), modified("24028007")], vec!["Right"]),
            (vec![shared(vec![modified("51440002")])], vec!["Bilateral"]),
            (vec![], vec![]),
        ] {
            let sides = mapped(SERIES, &data_set).part.laterality;
            let shown: Vec<_> = sides.iter().map(shown).collect();
            assert_eq!(shown, want, "{data_set:?}");
        }
    }

    fn shown(side: &Side) -> &str {
        match side {
            Side::Sided(coding) => coding.display.as_deref().unwrap(),
            Side::Unpaired => "unpaired",
        }
    }

    #[test]
    fn a_side_that_is_none_is_left_out_and_reported_and_so_is_a_body_part_that_stays_as_text() {
        let mapped = mapped(SERIES, &[text(tags::LATERALITY, "LEFT"), text(tags::BODY_PART_EXAMINED, "L\\R")]);
        assert_eq!(mapped.part.laterality, []);
        let want = [(tags::BODY_PART_EXAMINED, Reason::UnknownTerm), (tags::LATERALITY, Reason::UnusableTerm)];
        assert_eq!(reasons(&mapped.issues)[..2], want);
    }
}
