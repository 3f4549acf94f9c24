//! Titles of Key Object Selection documents, PS3.16 CID 7010.

use std::sync::LazyLock;

use super::table;

static TITLES: LazyLock<Vec<KosTitle>> = LazyLock::new(|| {
    table::rows(include_str!("data/kos_title.tsv"))
        .map(|[code, display, role]| KosTitle { code, display, rejection: role == "rejection" })
        .collect()
});

/// A document title, a code of system [`DCM`](super::system::DCM).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KosTitle {
    /// The code.
    pub code: &'static str,
    /// The code meaning.
    pub display: &'static str,
    /// Whether the document rejects what it refers to, by IHE Imaging Object Change Management.
    pub rejection: bool,
}

/// The document title with this DCM code.
pub fn kos_title(code: &str) -> Option<&'static KosTitle> {
    table::find(&TITLES, code, |title| title.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_titles_reject_and_the_others_do_not() {
        for (code, display, rejection) in [
            ("113000", "Of Interest", false),
            ("113001", "Rejected for Quality Reasons", true),
            ("113010", "Quality Issue", false),
            ("113030", "Manifest", false),
            ("113037", "Rejected for Patient Safety Reasons", true),
            ("113038", "Incorrect Modality Worklist Entry", true),
            ("113039", "Data Retention Policy Expired", true),
            ("131360", "Rejection Withdrawn", false),
        ] {
            assert_eq!(kos_title(code), Some(&KosTitle { code, display, rejection }));
        }
        assert_eq!(TITLES.iter().filter(|title| title.rejection).count(), 4);
        assert_eq!(kos_title("113014"), None);
    }
}
