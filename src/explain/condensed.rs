//! Condenses written values to a few lines: a coding is one line, and what all releases have in common is shown once.

use super::{Explained, Leaf, Written};

/// The members of a Coding, in the order in which they are read.
const CODING: [&str; 4] = ["code", "display", "system", "version"];

/// The lines of a row: what all releases that have the element write, and then what single ones do.
pub fn lines(row: &Explained) -> Vec<String> {
    let (groups, without): (Vec<&Written>, Vec<&Written>) =
        row.written.iter().partition(|group| !group.values.is_empty());
    let groups: Vec<(&Written, Vec<String>)> =
        groups.into_iter().map(|group| (group, condensed(&group.values))).collect();
    let in_all = |line: &&String| groups.iter().all(|(_, lines)| lines.contains(line));
    let common: Vec<String> =
        groups.iter().take(1).flat_map(|(_, lines)| lines.iter().filter(in_all)).cloned().collect();
    let mut all = common.clone();
    for (group, lines) in &groups {
        let own: Vec<&String> = lines.iter().filter(|line| !common.contains(line)).collect();
        all.extend((!own.is_empty()).then(|| format!("{}:", group.releases.join(", "))));
        all.extend(own.into_iter().cloned());
    }
    for group in without {
        let (has, lacks): (Vec<&str>, Vec<&str>) = group.releases.iter().partition(|name| !row.lacks.contains(name));
        let of =
            |releases: Vec<&str>, words| (!releases.is_empty()).then(|| format!("{}: {words}", releases.join(", ")));
        all.extend(of(has, "nothing").into_iter().chain(of(lacks, "no such element")));
    }
    all
}

/// The values of one release, a line each.
fn condensed(values: &[Leaf]) -> Vec<String> {
    let values: Vec<&Leaf> = values.iter().collect();
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(leaf) = values.get(at) {
        let coding = coding(&values[at..]);
        match coding.as_slice() {
            [] | [_] => lines.push(format!("{} = {}", leaf.element, leaf.value)),
            parts => lines.push(coded(parts)),
        }
        at += coding.len().max(1);
    }
    lines
}

/// The members of a Coding that begin here.
fn coding<'l>(values: &[&'l Leaf]) -> Vec<&'l Leaf> {
    let Some((parent, "code" | "display")) = values.first().and_then(|leaf| leaf.element.rsplit_once('.')) else {
        return Vec::new();
    };
    let mut parts: Vec<&Leaf> = Vec::new();
    for leaf in values {
        match leaf.element.rsplit_once('.') {
            Some((of, name))
                if of == parent && CODING.contains(&name) && !parts.iter().any(|p| p.element == leaf.element) =>
            {
                parts.push(leaf);
            }
            _ => break,
        }
    }
    parts
}

/// `modality.coding = CT "Computed Tomography" in http://…`.
fn coded(parts: &[&Leaf]) -> String {
    let part = |name| {
        let is_it = |leaf: &&&Leaf| leaf.element.rsplit('.').next() == Some(name);
        parts.iter().find(is_it).map(|leaf| leaf.value.as_str())
    };
    let element = parts.first().and_then(|leaf| leaf.element.rsplit_once('.')).map_or("", |(parent, _)| parent);
    let mut line = format!("{element} =");
    line.extend(part("code").map(|code| format!(" {code}")));
    line.extend(part("display").map(|display| format!(" \"{display}\"")));
    line.extend(part("system").map(|system| format!(" in {system}")));
    line.extend(part("version").map(|version| format!(" version {version}")));
    line
}
