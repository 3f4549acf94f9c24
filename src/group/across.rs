//! What studies say across each other, found before any is written: numbers that several patients have, and patients of
//! whom studies say different things. Only hashes are kept, and nothing depends on the order of the studies' arrival.

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

/// Studies that are looked at side by side before what they say is joined: it takes little more room then.
const AT_ONCE: usize = 4096;

/// What holds across the studies of a run.
#[derive(Debug, Default)]
pub struct Across {
    /// The numbers that several patients have.
    pub contested: Contested,
    /// The studies, by their places, that contradict an earlier one in what they say of one patient.
    pub contradictions: Vec<(usize, Fact)>,
}

/// The rows that say whose a study is, and what else of a patient it refers to.
static OF_STUDY: LazyLock<Vec<Row<StudyPart>>> = LazyLock::new(|| rows(STUDY, &["subject", "encounter"]));
static OF_SERIES: LazyLock<Vec<Row<SeriesPart>>> = LazyLock::new(|| rows(SERIES, &["based_on", "part_of", "specimen"]));

/// All root attributes that these rows of a series see.
static OF_SERIES_TAGS: LazyLock<Vec<Tag>> = LazyLock::new(|| {
    let of_rows = OF_SERIES.iter().flat_map(|row| row.attributes).map(|attribute| attribute.path());
    let of_all = CODING_SCHEMES.iter().copied().chain([&[tags::SPECIFIC_CHARACTER_SET] as TagPath]);
    of_rows.chain(of_all).filter_map(|path| path.first().copied()).collect()
});

/// Looks across all studies. One alone contradicts nobody.
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

/// What the study at a place claims, and what it says of its patient; nothing where it has several.
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

/// The claims of what a reference names, by each of its numbers: a server finds it by any of them.
fn claims_of(of: &Reference, subject: &Reference) -> Vec<Claim> {
    let numbers = of.resource.iter().flat_map(|resource| resource.identifier());
    numbers.filter_map(|number| Claim::of(of.target, number, subject)).collect()
}
