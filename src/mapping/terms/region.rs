//! The regions of a body part, by its SNOMED CT code.

use std::sync::LazyLock;

use super::table;
use crate::fhir::region::Region;

static REGIONS: LazyLock<Vec<(&'static str, Vec<Region>)>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("data/region.tsv"));
    rows.map(|[code, regions, _]| (code, regions.split(' ').filter_map(Region::named).collect())).collect()
});

/// The regions that a body part lies in; none where the table does not say.
pub fn regions(code: &str) -> impl Iterator<Item = Region> {
    table::find(&REGIONS, code, |(code, _)| *code).into_iter().flat_map(|(_, regions)| regions.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::terms::body_part;

    #[test]
    fn a_body_part_lies_in_its_regions() {
        use Region::*;
        for (term, want) in [
            ("CHEST", vec![UpperTrunk]),
            ("ABDOMINALAORTA", vec![LowerTrunk, Cardiovascular]),
            ("CSPINE", vec![Spine]),
            ("EXTREMITY", vec![]),
        ] {
            let code = body_part(term).unwrap().code;
            assert_eq!(regions(&code).collect::<Vec<_>>(), want, "{term}");
        }
        assert_eq!(regions("774007").collect::<Vec<_>>(), [HeadAndNeck], "a region is its own");
        assert_eq!(regions("no code").count(), 0);
    }

    #[test]
    fn every_region_of_the_table_is_known() {
        for line in include_str!("data/region.tsv").lines().filter(|line| !line.starts_with('#')) {
            let named = line.split('\t').nth(1).unwrap();
            assert!(named.split(' ').all(|name| Region::named(name).is_some()), "{line}");
        }
    }
}
