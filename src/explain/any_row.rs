//! A row of any table, as the survey of many files applies it to each.

use std::fmt;

use super::values;
use crate::dicom::value::trim_uid;
use crate::dicom::{DataSet, Tag};
use crate::issue::Issue;
use crate::mapping::{self, Attribute, COMPANIONS, KIND, Listed, NUMBER, Options, Row, SELECTION, SERIES, STUDY, UIDS};

/// What one file has for one row.
pub struct Found {
    /// Whether the row fills its element.
    pub is_filled: bool,
    /// What was dropped or changed.
    pub issues: Vec<Issue>,
    /// For each path of the row.
    pub values: Vec<Vec<String>>,
}

/// A row of any table: what it is called and reads, and what it does with one file.
pub struct AnyRow {
    /// The element.
    pub element: &'static str,
    /// The element, as releases know it.
    pub name: &'static str,
    /// Where DICOM defines its attributes.
    pub citation: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
    /// The paths of the attributes, in the order of the attributes and of the tags.
    pub paths: Vec<Vec<Tag>>,
    /// Whether it is filled, and what was dropped; `None` where having an attribute is all there is to it.
    pub apply: Option<Apply>,
}

/// Applies a row to one file.
type Apply = Box<dyn Fn(DataSet<'_>, &Options) -> (bool, Vec<Issue>) + Send + Sync>;

impl fmt::Debug for AnyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.element)
    }
}

impl AnyRow {
    fn of<P: Default + PartialEq>(row: &'static Row<P>) -> AnyRow {
        let apply = |root: DataSet<'_>, options: &Options| {
            let mapped = mapping::map(std::slice::from_ref(row), root, options);
            (mapped.part != P::default(), mapped.issues)
        };
        AnyRow { name: row.name(), apply: Some(Box::new(apply)), ..AnyRow::listed(&row.listed()) }
    }

    fn listed(row: &Listed) -> AnyRow {
        let paths = |attribute: &Attribute| {
            let mut paths: Vec<Vec<Tag>> = attribute.wanted().collect();
            paths.sort_unstable();
            paths
        };
        let (element, attributes) = (row.element, row.attributes());
        let paths = attributes.iter().flat_map(paths).collect();
        AnyRow { element, name: element, citation: row.citation(), attributes, paths, apply: None }
    }

    /// The same for Key Object Selections alone.
    fn of_selections(self) -> AnyRow {
        let Some(apply) = self.apply else { return self };
        let only = move |root: DataSet<'_>, options: &Options| {
            if is_selection(root) { apply(root, options) } else { (false, Vec::new()) }
        };
        AnyRow { apply: Some(Box::new(only)), ..self }
    }

    /// What a file has for it.
    pub fn found(&self, root: DataSet<'_>, options: &Options) -> Found {
        let at = |path: &Vec<Tag>| {
            let mut values = values::values(root, path, options);
            values.retain(|value| !value.is_empty());
            values
        };
        let values: Vec<Vec<String>> = self.paths.iter().map(at).collect();
        let (is_filled, issues) = match &self.apply {
            Some(apply) => apply(root, options),
            None => (values.iter().any(|values| !values.is_empty()), Vec::new()),
        };
        Found { is_filled, issues, values }
    }
}

/// All rows, in the order of the explanation of one file.
pub fn rows() -> Vec<AnyRow> {
    let mut rows: Vec<AnyRow> = UIDS.iter().map(AnyRow::listed).collect();
    rows.extend(STUDY.iter().map(AnyRow::of));
    rows.extend(SERIES.iter().map(AnyRow::of));
    rows.extend(KIND.iter().map(AnyRow::of));
    rows.extend(NUMBER.iter().map(AnyRow::of));
    rows.extend(COMPANIONS.iter().map(AnyRow::listed));
    rows.extend(SELECTION.iter().map(|row| AnyRow::of(row).of_selections()));
    rows.retain(|row| !row.attributes.is_empty());
    rows
}

fn is_selection(root: DataSet<'_>) -> bool {
    let class = root.bytes(dicom_dictionary_std::tags::SOP_CLASS_UID).map(trim_uid);
    class.and_then(|uid| std::str::from_utf8(uid).ok()).is_some_and(mapping::is_key_object_selection)
}
