//! Condenses written values to a few lines: a coding is one line, and what all releases have in common is shown once.

use super::{Explained, Leaf, Written};

/// The members of a Coding, in the order in which they are read.
const CODING: [&str; 4] = ["code", "display", "system", "version"];

/// The lines of a row: what all releases that have the element write, and then what single ones do.
pub fn lines(row: &Explained) -> Vec<String> {
    let (with, without): (Vec<&Written>, Vec<&Written>) =
        row.written.iter().partition(|group| !group.values.is_empty());
    let groups: Vec<(&Written, Vec<String>)> =
        with.into_iter().map(|group| (group, condensed(&group.values))).collect();
    let is_common = |line: &&String| groups.iter().all(|(_, lines)| lines.contains(line));
    let mut all: Vec<String> = groups.iter().take(1).flat_map(|(_, lines)| lines).filter(is_common).cloned().collect();
    for (group, lines) in &groups {
        let mut own = lines.iter().filter(|line| !is_common(line)).peekable();
        all.extend(own.peek().map(|_| format!("{}:", group.releases.join(", "))));
        all.extend(own.cloned());
    }
    for group in without {
        let (has, lacks): (Vec<&str>, Vec<&str>) = group.releases.iter().partition(|name| !row.lacks.contains(name));
        for (releases, words) in [(has, "nothing"), (lacks, "no such element")] {
            all.extend((!releases.is_empty()).then(|| format!("{}: {words}", releases.join(", "))));
        }
    }
    all
}

/// The values of one release, a line each.
fn condensed(mut values: &[Leaf]) -> Vec<String> {
    let mut lines = Vec::new();
    while let [leaf, ..] = values {
        let (coding, rest) = values.split_at(coding_members(values).max(1));
        lines.push(if coding.len() > 1 { coded(coding) } else { format!("{} = {}", leaf.element, leaf.value) });
        values = rest;
    }
    lines
}

/// How many members of one Coding begin here.
fn coding_members(values: &[Leaf]) -> usize {
    let Some((parent, "code" | "display")) = values.first().and_then(|leaf| leaf.element.rsplit_once('.')) else {
        return 0;
    };
    let mut members = CODING.to_vec();
    let is_member = |leaf: &&Leaf| {
        let name = leaf.element.rsplit_once('.').filter(|(of, _)| *of == parent).map(|(_, name)| name);
        members.iter().position(|member| Some(*member) == name).map(|at| members.remove(at)).is_some()
    };
    values.iter().take_while(is_member).count()
}

/// `modality.coding = CT "Computed Tomography" in http://…`.
fn coded(parts: &[Leaf]) -> String {
    let part = |name| {
        let is_it = |leaf: &&Leaf| leaf.element.rsplit('.').next() == Some(name);
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
