//! The document as `docs/mapping.md`: a table for each level.

use super::line::{CONTENTS, Line, attribute};
use super::{Computed, Section};

const HEAD: &str = "\
# How DICOM attributes become ImagingStudy

`dcm2fhir mapping` prints these tables from the program's own; a test keeps this page equal to them.

Each row fills one element from the attributes that it names, first of one instance. Where instances of a study or series
differ, an element with *one* value has that of the first instance in order: images before other objects, then by SOP
Instance UID. An element with *many* is the sorted union over all of them. Elements are those of ImagingStudy, without
its name in front; where releases differ, they are named. Attributes stand at the root of the data set (*here*) or in the
items of a sequence. What a header says badly is left out and reported.

";

/// The whole document.
pub fn document(sections: &[Section], rules: &[Computed]) -> String {
    let mut text = HEAD.to_string();
    text += "In brackets stands what the items of a sequence hold:\n\n";
    for (content, meaning) in CONTENTS {
        text += &format!("- `[{content}]`: {meaning}\n");
    }
    for Section { title, lines } in sections {
        text += &format!("\n## {title}\n\n| element | attributes | values | defined in |\n|---|---|---|---|\n");
        lines.iter().for_each(|line| text += &row(line));
    }
    if !rules.is_empty() {
        text +=
            "\n## Finish rules: what is computed over a study or series\n\n| element | from | rule |\n|---|---|---|\n";
    }
    for computed in rules {
        let names = computed.names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        text += &format!("| {names} | {} | {} |\n", computed.rule.from, computed.rule.rule);
    }
    text
}

fn row(line: &Line) -> String {
    let names = line.names().into_iter().map(|(name, releases)| match releases.as_slice() {
        [] => format!("`{name}`"),
        releases => format!("`{name}` ({})", releases.join(", ")),
    });
    let groups = line.groups().into_iter().map(|group| {
        let attributes = group.attributes.iter().copied().map(attribute).collect::<Vec<_>>().join(", ");
        group.place().map(|place| format!("{place}: ")).unwrap_or_default() + &attributes
    });
    let groups = line.source.clone().into_iter().chain(groups);
    let [names, groups] = [names.collect::<Vec<_>>(), groups.collect()].map(|cells| cells.join("<br>"));
    format!("| {names} | {groups} | {} | {} |\n", line.values, line.citation)
}
