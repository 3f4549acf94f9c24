//! The layers of `docs/architecture.md`: which module may import which, without circles between files. Read from `use`
//! declarations and from every path that begins with `crate::` or `super::`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules from top to bottom, each with its imports. Arrows only point down.
const ARROWS: &[(&str, &str)] = &[
    (
        "cli",
        "dicom error explain fhir http index interrupt issue mapping numbers objects options output pipeline progress report source synth terminal upload",
    ),
    ("conversion", "error fhir interrupt mapping options output pipeline progress source"),
    (
        "pipeline",
        "dicom error explain fhir group http index interrupt issue kos mapping numbers options output progress report source terminal upload",
    ),
    ("index", "dicom error group issue mapping name options source"),
    ("upload", "error fhir http interrupt numbers options output progress report source terminal"),
    ("explain", "dicom fhir group issue mapping name numbers options source stamp"),
    ("report", "dicom error fhir issue mapping name numbers options output progress source terminal"),
    ("output", "dicom error fhir group kos mapping name objects options synth"),
    ("kos", "dicom fhir mapping options synth"),
    ("source", "dicom error http interrupt issue name objects options progress stamp"),
    ("http", "error interrupt"),
    ("objects", "error interrupt progress"),
    ("group", "dicom fhir issue mapping name options stamp"),
    ("mapping", "dicom error fhir issue name options"),
    ("dicom", "issue"),
    ("fhir", "error issue options"),
    ("terminal", "issue name numbers options progress"),
    ("progress", "issue name numbers"),
    ("synth", "options"),
    ("options", "error"),
    ("interrupt", "error"),
    ("issue", "name"),
    ("name", ""),
    ("stamp", ""),
    ("numbers", ""),
    ("error", ""),
];

/// Crates that only these modules may use.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("toml", &["cli"]),
    ("anstream", &["cli", "report", "terminal"]),
    ("indicatif", &["terminal"]),
    ("dicom_core", &["dicom", "explain", "group", "index", "issue", "mapping", "pipeline", "report", "synth"]),
    ("dicom_object", &["synth"]),
    ("ureq", &["http"]),
];

/// A file by its place among the modules: `["mapping", "series"]`.
type Place = Vec<String>;
/// A path as it stands in the code.
type Names = Vec<String>;

/// What a file says of others.
struct Source {
    /// The paths that it names.
    paths: Vec<Names>,
    /// What it brings into its scope, by the name there.
    imports: BTreeMap<String, Names>,
}

/// All files but tests, without what is only there for tests.
fn sources() -> BTreeMap<Place, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    for file in walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok) {
        let path = file.path().strip_prefix(&root).unwrap().with_extension("");
        let mut place: Place = path.iter().map(|name| name.to_str().unwrap().to_string()).collect();
        let is_test = place.iter().any(|name| ["tests", "sample"].contains(&name.as_str()));
        if is_test || file.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        place.retain(|name| name != "mod");
        if !["lib", "main", "internals"].contains(&place[0].as_str()) {
            sources.insert(place, read(&fs::read_to_string(file.path()).unwrap()));
        }
    }
    sources
}

fn read(text: &str) -> Source {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    // A group of options describes itself to the command line where there is one.
    let is_code = |line: &&str| !line.trim_start().starts_with("//") && !line.contains("feature = \"cli\"");
    let code: String = text[..end].lines().filter(is_code).flat_map(|line| [line, "\n"]).collect();
    let mut source = Source { paths: Vec::new(), imports: BTreeMap::new() };
    for statement in code.split("use ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(statement, _)| statement)
    {
        for (path, name) in leaves(statement, &[]) {
            source.imports.insert(name, path.clone());
            source.paths.push(path);
        }
    }
    for beginning in ["crate::", "super::"] {
        for (at, _) in code.match_indices(beginning) {
            let path: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            source.paths.push(names(&path));
        }
    }
    for (name, _) in CRATES {
        if code.contains(&format!("{name}::")) {
            source.paths.push(vec![(*name).to_string()]);
        }
    }
    source
}

fn names(path: &str) -> Names {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_string).collect()
}

/// The paths of a `use`, each with the name that it gives.
fn leaves(tree: &str, before: &[String]) -> Vec<(Names, String)> {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.strip_suffix('}').and_then(|tree| tree.split_once('{')) {
        let before = [before, &names(head)].concat();
        return branches(inner).into_iter().flat_map(|branch| leaves(branch, &before)).collect();
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = [before, &names(path)].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.to_string() };
    vec![(path, name)]
}

/// The parts of a list between commas that stand in no inner braces.
fn branches(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    branches.push(&list[start..]);
    branches.into_iter().filter(|branch| !branch.trim().is_empty()).collect()
}

/// The path from the crate's root; `None` for another crate's.
fn absolute(sources: &BTreeMap<Place, Source>, from: &[String], path: &[String]) -> Option<Place> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([from, &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|name| *name == "super").count();
            Some([&from[..from.len().checked_sub(up)?], &path[up..]].concat())
        }
        first => {
            let child = [from, &[first.to_string()]].concat();
            sources.contains_key(&child).then(|| [from, path].concat())
        }
    }
}

/// The file that a path leads to, past what is exported again.
fn target(sources: &BTreeMap<Place, Source>, path: &[String], depth: usize) -> Option<Place> {
    let length = (1..=path.len()).rev().find(|length| sources.contains_key(&path[..*length]))?;
    let (file, rest) = path.split_at(length);
    let import = rest.first().and_then(|name| sources[file].imports.get(name));
    match import.and_then(|import| absolute(sources, file, import)) {
        Some(further) if depth < 8 && further != path => {
            target(sources, &[further, rest[1..].to_vec()].concat(), depth + 1)
        }
        _ => Some(file.to_vec()),
    }
}

#[test]
fn every_arrow_is_listed_and_points_down() {
    let sources = sources();
    let (mut wrong, mut found) = (BTreeSet::new(), BTreeSet::new());
    for (place, source) in &sources {
        let own = ARROWS.iter().find(|(module, _)| *module == place[0]);
        let (module, known) = own.unwrap_or_else(|| panic!("{}: list the module", place.join("/")));
        for path in source.paths.iter().filter(|path| path.first().is_some_and(|first| first == "crate")) {
            let below = path.get(1).and_then(|name| ARROWS.iter().find(|(module, _)| module == name));
            let Some((below, _)) = below.filter(|(below, _)| below != module) else { continue };
            found.insert((*module, *below));
            if !known.split_whitespace().any(|known| known == *below) {
                wrong.insert(format!("{} knows {below}", place.join("/")));
            }
        }
    }
    for (at, (module, known)) in ARROWS.iter().enumerate() {
        for below in known.split_whitespace() {
            if !ARROWS.iter().skip(at + 1).any(|(other, _)| *other == below) {
                wrong.insert(format!("{module} -> {below} points up"));
            }
            if !found.contains(&(*module, below)) {
                wrong.insert(format!("{module} -> {below} is listed and not there"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_crate_is_used_where_it_belongs() {
    for (place, source) in sources() {
        for (name, modules) in CRATES {
            let uses = source.paths.iter().any(|path| path.first().is_some_and(|first| first == name));
            // Options and the words of the command line describe themselves to clap where there is one.
            let is_described = *name == "clap" && place.iter().any(|part| part == "options");
            assert!(!uses || is_described || modules.contains(&place[0].as_str()), "{}: {name}", place.join("/"));
        }
    }
}

/// A module and its own files may know each other, as an interface and what is behind it; others may not.
#[test]
fn no_files_know_each_other_in_a_circle() {
    let sources = sources();
    let mut graph: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (place, source) in &sources {
        for path in source.paths.iter().filter_map(|path| absolute(&sources, place, path)) {
            let known = target(&sources, &path, 0);
            graph
                .entry(place.clone())
                .or_default()
                .extend(known.filter(|known| !known.starts_with(place) && !place.starts_with(known)));
        }
    }
    for start in graph.keys() {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![start]);
        while let Some(place) = waiting.pop() {
            for next in graph.get(place).into_iter().flatten() {
                assert!(next != start, "{} -> … -> {} -> {}", start.join("/"), place.join("/"), next.join("/"));
                if seen.insert(next) {
                    waiting.push(next);
                }
            }
        }
    }
}

#[test]
fn the_pictures_show_every_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, first) in [("docs/architecture.md", "\ncli "), ("src/lib.rs", "\n//! cli\n")] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let (_, picture) = text.split_once(first).unwrap();
        let (picture, _) = picture.split_once("```").unwrap();
        let words: BTreeSet<&str> = picture.split(|c: char| !c.is_alphanumeric()).chain(["cli"]).collect();
        let missing: Vec<_> = ARROWS.iter().filter(|(module, _)| !words.contains(module)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}
