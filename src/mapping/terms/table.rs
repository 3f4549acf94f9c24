//! Reads and searches the tab-separated tables in `data/`.
//!
//! A line that starts with `#` is a comment; every other line is a row. Tables are sorted by their first column,
//! as bytes.

/// The rows of a table, each split into its `N` columns.
pub(super) fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t');
        std::array::from_fn(|_| columns.next().unwrap_or_default())
    })
}

/// The row of a sorted table whose key is `key`.
pub(super) fn find<'t, T>(table: &'t [T], key: &str, key_of: impl Fn(&T) -> &'static str) -> Option<&'t T> {
    let position = table.binary_search_by(|row| key_of(row).cmp(key)).ok()?;
    table.get(position)
}

/// A column that may be empty.
pub(super) fn optional(column: &'static str) -> Option<&'static str> {
    (!column.is_empty()).then_some(column)
}

#[cfg(test)]
mod tests {
    const TABLES: [(&str, &str, usize); 9] = [
        ("body_part", include_str!("data/body_part.tsv"), 3),
        ("coding_scheme", include_str!("data/coding_scheme.tsv"), 3),
        ("identifier_type", include_str!("data/identifier_type.tsv"), 2),
        ("kos_title", include_str!("data/kos_title.tsv"), 3),
        ("modality", include_str!("data/modality.tsv"), 4),
        ("region", include_str!("data/region.tsv"), 3),
        ("snomed_legacy", include_str!("data/snomed_legacy.tsv"), 3),
        ("sop_class", include_str!("data/sop_class.tsv"), 4),
        ("sorted", "# comment\na\nb", 1),
    ];

    fn lines(text: &'static str) -> Vec<&'static str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn every_row_has_all_its_columns_and_a_key() {
        for (name, text, columns) in TABLES {
            for line in lines(text) {
                assert_eq!(line.split('\t').count(), columns, "{name}: {line:?}");
                assert!(line.split('\t').all(|column| column.trim() == column), "{name}: {line:?}");
                assert!(!line.starts_with('\t'), "{name}: {line:?}");
            }
        }
    }

    #[test]
    fn every_table_is_sorted_without_duplicates() {
        for (name, text, _) in TABLES {
            let keys: Vec<_> = lines(text).iter().map(|line| line.split('\t').next().unwrap()).collect();
            assert!(keys.len() > 1, "{name}");
            for pair in keys.windows(2) {
                assert!(pair[0] < pair[1], "{name}: {pair:?}");
            }
        }
    }

    #[test]
    fn every_table_names_its_source() {
        for (name, text, columns) in TABLES {
            let comments: String = text.lines().take_while(|line| line.starts_with('#')).collect();
            assert!(columns == 1 || comments.contains("Source"), "{name}");
        }
    }
}
