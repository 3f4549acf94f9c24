//! Compares studies with each other before any is written: finds numbers that several patients have, and patients that
//! studies describe differently. Only hashes are kept, and the order of the studies does not matter.

use std::collections::HashSet;
use std::sync::LazyLock;

use dicom_dictionary_std::tags;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::patients::rows;
use super::resolve::Study;
use crate::dicom::{StoredValues, Tag, TagPath};
use crate::fhir::{Claim, Contested, Described, Fact, Reference, contradictions};
use crate::mapping::attribute::CODING_SCHEMES;
use crate::mapping::finish::distinct_orders;
use crate::mapping::{self, Options, Row, SERIES, STUDY, SeriesPart, StudyPart};

/// Studies that are compared in parallel at a time, which limits memory. Few in tests, so that several rounds are
/// tested.
const AT_ONCE: usize = if cfg!(test) { 2 } else { 4096 };

/// What holds across the studies of a run.
#[derive(Debug, Default)]
pub struct Across {
    /// The numbers that several patients have.
    pub contested: Contested,
    /// The studies, by their places, that contradict an earlier one in what they say of one patient.
    pub contradictions: Vec<(usize, Fact)>,
}

/// The rows of the study's subject, and of what else it refers to that belongs to a patient.
static OF_STUDY: LazyLock<Vec<Row<StudyPart>>> = LazyLock::new(|| rows(STUDY, &["subject", "encounter"]));
static OF_SERIES: LazyLock<Vec<Row<SeriesPart>>> = LazyLock::new(|| rows(SERIES, &["based_on", "part_of", "specimen"]));

/// All root attributes that these rows of a series see.
static OF_SERIES_TAGS: LazyLock<Vec<Tag>> = LazyLock::new(|| {
    let of_rows = OF_SERIES.iter().flat_map(|row| row.attributes).map(|attribute| attribute.path());
    let of_all = CODING_SCHEMES.iter().copied().chain([&[tags::SPECIFIC_CHARACTER_SET] as TagPath]);
    of_rows.chain(of_all).filter_map(|path| path.first().copied()).collect()
});

/// Compares all studies.
pub fn look_across(studies: &mut [Study], options: &Options) -> Across {
    if studies.len() < 2 {
        return Across::default();
    }
    let (mut claims, mut described) = (Vec::new(), Vec::new());
    for (number, some) in studies.chunks_mut(AT_ONCE).enumerate() {
        let first = number * AT_ONCE;
        let said = some.par_iter_mut().enumerate().map(|(place, study)| said(first + place, study, options));
        for (of_one, is_of) in said.collect::<Vec<_>>() {
            claims.extend(of_one);
            described.extend(is_of);
        }
    }
    Across::among(claims, described)
}

impl Across {
    /// What holds across studies that claim and say this.
    pub fn among(claims: Vec<Claim>, described: Vec<Described>) -> Across {
        Across { contested: Contested::among(claims), contradictions: contradictions(described) }
    }
}

/// The claims of the study at a place, and its description of the patient; nothing for a study with several patients.
pub fn said(place: usize, study: &mut Study, options: &Options) -> (Vec<Claim>, Option<Described>) {
    let of_study = study.parts.resolve(&OF_STUDY, |data_set| mapping::map(&OF_STUDY, data_set, options));
    let subject = &of_study.part.subject;
    if subject.resource.is_none() || study.mixes_patients(&of_study.part, &of_study.each, options) {
        return Default::default();
    }
    let described = Described::of(place, subject);
    if subject.identifier.is_none() {
        return (Vec::new(), described);
    }
    let mut claims: Vec<Claim> = of_study.part.encounter.iter().flat_map(|one| claims_of(one, subject)).collect();
    let (mut orders, mut others, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (_, series) in &mut study.series {
        // Most series of a study are of one order, and say so in the same words.
        let of_series: Vec<StoredValues> =
            series.parts.stored_values().map(|part| part.only(&OF_SERIES_TAGS)).collect();
        if !seen.insert(of_series) {
            continue;
        }
        let part = series.parts.resolve(&OF_SERIES, |data_set| mapping::map(&OF_SERIES, data_set, options)).part;
        orders.extend(part.based_on);
        others.extend(part.part_of);
        others.extend(distinct_orders(part.specimen));
    }
    orders.extend(study.selections.iter().flat_map(|selection| selection.part.based_on.iter().cloned()));
    let all = distinct_orders(orders).into_iter().chain(others);
    claims.extend(all.flat_map(|one| claims_of(&one, subject)));
    (claims, described)
}

/// The claims of a reference's resource, one for each of its numbers: a server finds it by any of them.
fn claims_of(of: &Reference, subject: &Reference) -> Vec<Claim> {
    let numbers = of.resource.iter().flat_map(|resource| resource.identifier());
    numbers.filter_map(|number| Claim::of(of.target, number, subject)).collect()
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;
    use crate::fhir::ResourceType;
    use crate::group::sample::{CT, instance, of_study, studies};
    use crate::mapping::sample::{self, text};

    /// What holds across studies, each of images with Patient ID, birth date and accession number.
    fn across(all: &[&[[&str; 3]]]) -> (Across, bool) {
        let image = |study: usize, place: usize, [id, born, number]: [&str; 3]| {
            let more = [(tags::PATIENT_ID, id), (tags::PATIENT_BIRTH_DATE, born), (tags::ACCESSION_NUMBER, number)];
            let more = more.map(|(tag, value)| text(tag, value));
            of_study(&format!("1.{study}"), instance(&format!("1.{study}.1"), &format!("1.{place}"), CT, &more))
        };
        let images =
            (1..).zip(all).flat_map(|(study, some)| (1..).zip(*some).map(move |(place, one)| (study, place, *one)));
        let images: Vec<_> = images.map(|(study, place, one)| image(study, place, one)).collect();
        let options = sample::options(&["patient=urn:p", "accession=urn:a"], &[]);
        let across = look_across(&mut studies(&images), &options);
        let number = crate::fhir::Identifier {
            system: Some("urn:a".into()),
            value: "ACC7".into(),
            ..crate::fhir::Identifier::default()
        };
        let is_contested = across.contested.has(ResourceType::ServiceRequest, &number);
        (across, is_contested)
    }

    #[test]
    fn a_study_that_contradicts_another_is_found_in_every_round() {
        let (one, other) = (["PID1", "19700101", ""], ["PID1", "19700102", ""]);
        for (all, want) in [
            (&[&[one] as &[[&str; 3]], &[other]] as &[&[[&str; 3]]], vec![1]),
            (&[&[one], &[one], &[one], &[one], &[other]], vec![4]),
            (&[&[one], &[other], &[one], &[other], &[one], &[other]], vec![1, 3, 5]),
            (&[&[one]], vec![]),
        ] {
            let places: Vec<usize> = across(all).0.contradictions.into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, want, "{all:?}");
        }
    }

    #[test]
    fn a_number_is_claimed_by_the_patient_of_its_study_and_not_by_a_study_of_several() {
        let of = |id| [id, "", "ACC7"];
        for (all, want) in [
            (&[&[of("PID1")] as &[[&str; 3]], &[of("PID2")]] as &[&[[&str; 3]]], true),
            (&[&[of("PID1")], &[of("PID1")], &[of("PID1")]], false),
            (&[&[of("PID1")], &[of("PID1")], &[of("PID2")]], true),
            (&[&[of("PID1"), of("PID2")], &[of("PID3")]], false),
        ] {
            assert_eq!(across(all).1, want, "{all:?}");
        }
    }
}
