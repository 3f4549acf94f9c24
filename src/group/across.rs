//! Facts across studies, collected before any is written: numbers used by several patients, and contradictions about a
//! patient. Only hashes are kept, and the result does not depend on the order of the studies.

use std::sync::LazyLock;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::patients::rows;
use super::resolve::Study;
use crate::fhir::{Claim, Contested, Described, Fact, Reference, contradictions};
use crate::mapping::finish::distinct_orders;
use crate::mapping::{self, Options, Row, SERIES, STUDY, SeriesPart, StudyPart};

/// The facts across the studies of a run.
#[derive(Debug, Default)]
pub struct Across {
    /// The numbers that several patients have.
    pub contested: Contested,
    /// The studies that contradict an earlier one about a patient, by index.
    pub contradictions: Vec<(usize, Fact)>,
}

/// The rows of the subject and of resources that belong to it.
static OF_STUDY: LazyLock<Vec<Row<StudyPart>>> = LazyLock::new(|| rows(STUDY, &["subject", "encounter"]));
static OF_SERIES: LazyLock<Vec<Row<SeriesPart>>> = LazyLock::new(|| rows(SERIES, &["based_on", "part_of", "specimen"]));

/// Compares all studies.
pub fn look_across(studies: &mut [Study], options: &Options) -> Across {
    if studies.len() < 2 {
        return Across::default();
    }
    let said = studies.par_iter_mut().enumerate().map(|(place, study)| said(place, study, options));
    let (claims, described): (Vec<Vec<Claim>>, Vec<Option<Described>>) = said.unzip();
    Across::among(claims.into_iter().flatten().collect(), described.into_iter().flatten().collect())
}

impl Across {
    /// The facts of claims and descriptions.
    pub fn among(claims: Vec<Claim>, described: Vec<Described>) -> Across {
        Across { contested: Contested::among(claims), contradictions: contradictions(described) }
    }
}

/// The claims of a study, and the description of its patient; nothing if it has several patients.
pub fn said(place: usize, study: &mut Study, options: &Options) -> (Vec<Claim>, Option<Described>) {
    let of_study = study.parts.resolve(&OF_STUDY, |data_set| mapping::map(&OF_STUDY, data_set, options));
    let subject = &of_study.part.subject;
    if subject.resource.is_none() || study.mixes_patients(&of_study.part, &of_study.others, options) {
        return Default::default();
    }
    let described = Described::of(place, subject);
    if subject.identifier.is_none() {
        return (Vec::new(), described);
    }
    let mut claims: Vec<Claim> = of_study.part.encounter.iter().flat_map(|one| claims_of(one, subject)).collect();
    let (mut orders, mut others) = (Vec::new(), Vec::new());
    for (_, series) in &mut study.series {
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

/// The claims of a reference, one for each of its numbers, as a server can find it by any of them.
fn claims_of(of: &Reference, subject: &Reference) -> Vec<Claim> {
    let numbers = of.resource.iter().flat_map(|resource| resource.identifier());
    numbers.filter_map(|number| Claim::of(of.target, number, subject)).collect()
}
