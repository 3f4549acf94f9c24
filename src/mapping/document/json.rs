//! The document as JSON.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::line::{Line, content};
use super::{Computed, Section};
use crate::issue::keyword;
use crate::mapping::Attribute;

#[derive(Serialize)]
struct Document<'a> {
    rows: Vec<Row<'a>>,
    rules: Vec<FinishRule>,
}

#[derive(Serialize)]
struct Row<'a> {
    element: &'a str,
    releases: Releases<'a>,
    attributes: Vec<AttributeName>,
    #[serde(skip_serializing_if = "str::is_empty")]
    values: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    citation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct AttributeName {
    path: Vec<String>,
    keywords: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'static str>,
}

#[derive(Serialize)]
struct FinishRule {
    element: String,
    from: &'static str,
    rule: &'static str,
}

/// The element by release, in the order of the releases.
struct Releases<'a>(&'a [(&'static str, Option<Cow<'static, str>>)]);

impl Serialize for Releases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(release, element)| map.serialize_entry(release, element))?;
        map.end()
    }
}

/// The whole document.
pub fn document(sections: &[Section], rules: &[Computed]) -> String {
    let rows = sections.iter().flat_map(|section| &section.lines).map(row).collect();
    let rule = |computed: &Computed| {
        let element = computed.names().join(", ");
        FinishRule { element, from: computed.rule.from, rule: computed.rule.rule }
    };
    let document = Document { rows, rules: rules.iter().map(rule).collect() };
    serde_json::to_string_pretty(&document).expect("text and lists are JSON") + "\n"
}

fn row(line: &Line) -> Row<'_> {
    Row {
        element: line.element,
        releases: Releases(&line.releases),
        attributes: line.attributes.iter().map(|one| attribute(*one)).collect(),
        values: line.values,
        citation: line.citation,
        source: line.source.as_deref(),
    }
}

fn attribute(attribute: Attribute) -> AttributeName {
    let path = attribute.path();
    AttributeName {
        path: path.iter().map(ToString::to_string).collect(),
        keywords: path.iter().map(|tag| keyword(*tag).into_owned()).collect(),
        items: content(attribute),
    }
}
