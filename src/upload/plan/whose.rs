//! Checks the identity of the server's copy: it must have the searched identifier and belong to the study's patient. A
//! Patient that contradicts ours is reported.

use crate::upload::json::Json;
use crate::upload::lookup::ServerCopy;
use crate::upload::package::{Entry, Target};

/// Checks that the server's copy is the same as ours before anything refers to it, or returns why not.
pub fn check(entry: &Entry<'_>, ours: &Json, copy: &ServerCopy, base: &str) -> Result<(), &'static str> {
    let theirs = &copy.resource;
    let is_searched = matches!(entry.target, Target::Update | Target::Create);
    if is_searched && !shares_identifier(ours, theirs) {
        match entry.place.as_deref() == Some(&copy.reference) {
            false => return Err("the search by its identifier finds a resource that does not have it"),
            true if !is_recognized(entry, ours, theirs) => {
                return Err(
                    "the server's copy has lost its identifier, and says nothing else that shows that it is the same",
                );
            }
            true => {}
        }
    }
    if !has_unique_id(entry) && is_somebody_else(entry, ours, theirs) {
        return Err("the server has another resource under its id");
    }
    if entry.belongs_to_a_patient() && is_of_one_subject(ours, theirs, base) != Some(true) {
        return Err("the server's copy belongs to another patient");
    }
    Ok(())
}

/// Whether no other program gives its id to something else: it is a UUID, as those of `convert`.
fn has_unique_id(entry: &Entry<'_>) -> bool {
    let id = entry.place.as_deref().and_then(|place| place.split_once('/')).map_or("", |(_, id)| id);
    let is_right = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    id.len() == 36 && id.bytes().enumerate().all(is_right)
}

/// Whether a copy under an id that others can give out too, as `Patient/1`, is another resource: it has another number
/// of a system, or no number of ours and another content, of a Patient also where nothing shows that it is the same.
fn is_somebody_else(entry: &Entry<'_>, ours: &Json, theirs: &Json) -> bool {
    if shares_identifier(ours, theirs) {
        return false;
    }
    let numbers = |of: &Json| {
        of.list("identifier").iter().filter_map(told).map(|(system, _)| system.to_string()).collect::<Vec<_>>()
    };
    let (own, there) = (numbers(ours), numbers(theirs));
    let is_same = ours.members().iter().all(|(name, value)| name == "meta" || theirs.get(name) == Some(value));
    own.iter().any(|system| there.contains(system)) || !is_same && !is_recognized(entry, ours, theirs)
}

/// Whether a copy at our id without the identifier is still the same resource: a Patient must agree in name or birth
/// date, and must not contradict.
fn is_recognized(entry: &Entry<'_>, ours: &Json, theirs: &Json) -> bool {
    let has_date = ours.string("birthDate").is_some() && ours.string("birthDate") == theirs.string("birthDate");
    let (ours_named, theirs_named) = (names(ours), names(theirs));
    let has_name = ours_named.iter().any(|name| theirs_named.contains(name));
    entry.kind != "Patient" || (has_name || has_date) && contradictions(ours, theirs).is_empty()
}

/// The elements in which the server's Patient contradicts ours: name, birth date and sex, if both have them.
pub fn contradictions(ours: &Json, theirs: &Json) -> Vec<&'static str> {
    let differ = |member: &str| match (ours.string(member), theirs.string(member)) {
        (Some(ours), Some(theirs)) => !ours.starts_with(theirs) && !theirs.starts_with(ours),
        _ => false,
    };
    // Persons whose names are spelt alike in letters can differ in ideographs.
    let is_named_else = [None, Some("IDE"), Some("SYL")].iter().any(|script| {
        let (our_names, their_names) = (names_in(ours, *script), names_in(theirs, *script));
        !our_names.is_empty() && !their_names.is_empty() && our_names.iter().all(|name| !their_names.contains(name))
    });
    let all = [("name", is_named_else), ("birth date", differ("birthDate")), ("sex", differ("gender"))];
    all.into_iter().filter(|(_, differs)| *differs).map(|(word, _)| word).collect()
}

/// Family and first given names in lower case; the text of a name without parts.
fn names(patient: &Json) -> Vec<String> {
    names_in(patient, None)
}

/// The names that say that they are in a script (iso21090-EN-representation), or all.
fn names_in(patient: &Json, script: Option<&str>) -> Vec<String> {
    let text = |value: Option<&str>| value.unwrap_or_default().trim().to_lowercase();
    let one = |name: &Json| {
        let given = name.list("given").first().and_then(Json::text);
        match (text(name.string("family")), text(given)) {
            (family, given) if family.is_empty() && given.is_empty() => text(name.string("text")),
            (family, given) => format!("{family}^{given}"),
        }
    };
    let is_in = |name: &&Json| {
        let mut said = name.list("extension").iter().map(|extension| extension.string("valueCode"));
        script.is_none() || said.any(|code| code == script)
    };
    patient.list("name").iter().filter(is_in).map(one).filter(|name| !name.is_empty()).collect()
}

fn shares_identifier(ours: &Json, theirs: &Json) -> bool {
    let theirs: Vec<_> = theirs.list("identifier").iter().filter_map(told).collect();
    ours.list("identifier").iter().filter_map(told).any(|identifier| theirs.contains(&identifier))
}

/// System and value of an identifier that has a system.
fn told(identifier: &Json) -> Option<(&str, Option<&str>)> {
    Some((identifier.string("system")?, identifier.string("value")))
}

/// Whether a resource says anything of its subject.
pub fn says_who(resource: &Json) -> bool {
    match resource.get("subject") {
        Some(subject @ Json::Object(_)) => {
            ["reference", "identifier", "display"].iter().any(|name| subject.get(name).is_some())
        }
        Some(subject) => subject.other() != Some("null"),
        None => false,
    }
}

/// Whether both have the same subject, by reference or identifier; `None` if nothing shows it. A missing subject
/// matches no other; two of which nothing is said are one.
pub fn is_of_one_subject(ours: &Json, theirs: &Json, base: &str) -> Option<bool> {
    if !says_who(ours) && !says_who(theirs) {
        return Some(true);
    }
    let (Some(ours), Some(theirs)) = (ours.get("subject"), theirs.get("subject")) else { return Some(false) };
    if let (Some(ours), Some(theirs)) = (literal(ours, base), literal(theirs, base)) {
        return Some(ours == theirs);
    }
    if ours.string("reference").is_some() && ours.string("reference") == theirs.string("reference") {
        return Some(true);
    }
    let number = |subject: &Json| {
        let identifier = subject.get("identifier")?;
        Some((identifier.string("system")?.to_string(), identifier.string("value")?.to_string()))
    };
    Some(number(ours)? == number(theirs)?)
}

/// The resource on the server that a subject refers to. A versioned reference refers to the same resource.
pub fn literal<'s>(subject: &'s Json, base: &str) -> Option<&'s str> {
    let reference = relative(subject.string("reference")?, base);
    let current = reference.split_once("/_history/").map_or(reference, |(current, _)| current);
    (!current.starts_with('#')).then_some(current)
}

/// A reference relative to the server's base.
pub fn relative<'r>(reference: &'r str, base: &str) -> &'r str {
    reference.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{"resourceType":"ServiceRequest","identifier":[{"system":"urn:a","value":"A1"}],
        "subject":{"reference":"Patient/1","identifier":{"system":"urn:p","value":"P1"}}}"#;

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    fn check(kind: &str, is_searched: bool, ours: &str, theirs: &str) -> Result<(), &'static str> {
        let target = if is_searched { Target::Create } else { Target::Put };
        let place = Some("ServiceRequest/11111111-2222-5333-8444-555555555555".to_string());
        let entry = Entry { kind: kind.into(), target, place, ..Entry::default() };
        let copy = ServerCopy { reference: "x".to_string(), etag: None, resource: json(theirs), is_corrected: false };
        super::check(&entry, &json(ours), &copy, "http://h")
    }

    #[test]
    fn a_copy_of_another_patient_or_without_the_number_is_not_ours() {
        for (theirs, want) in [
            (ORDER.to_string(), None),
            (ORDER.replace("Patient/1", "http://h/Patient/1"), None),
            (ORDER.replace("Patient/1", "Patient/1/_history/3"), None),
            (ORDER.replace("Patient/1", "Patient/2"), Some("another patient")),
            (ORDER.replace(r#""reference":"Patient/1","#, ""), None),
            (ORDER.replace(r#""reference":"Patient/1","#, "").replace("P1", "P2"), Some("another patient")),
            (ORDER.replace("subject", "x"), Some("another patient")),
            (ORDER.replace("A1", "a1"), Some("does not have it")),
        ] {
            let found = check("ServiceRequest", true, ORDER, &theirs).err();
            assert_eq!(found.map(|why| why.contains(want.unwrap_or("-"))), want.map(|_| true), "{theirs}");
        }
        let bare = |number: &str| ORDER.replace(r#"[{"#, &format!(r#"[{{"value":"7"}},{{{number},"#));
        let (ours, theirs) = (bare(r#""use":"usual""#), bare(r#""use":"usual""#).replace("A1", "A2"));
        assert!(check("ServiceRequest", true, &ours, &theirs).is_err(), "a bare number is nobody's");
        assert_eq!(check("ServiceRequest", false, ORDER, &ORDER.replace("A1", "a1")), Ok(()));
        assert_eq!(check("Device", false, ORDER, &ORDER.replace("Patient/1", "Patient/2")), Ok(()));
    }

    #[test]
    fn an_id_is_unique_if_it_is_a_uuid() {
        for (place, is_unique) in [
            ("Patient/11111111-2222-5333-8444-55555555aBcD", true),
            ("Patient/11111111-2222-5333-8444-5555555555555", false),
            ("Patient/11111111-2222-5333-8444-55555555555g", false),
            ("Patient/11111111a2222-5333-8444-555555555555", false),
            ("Patient/1", false),
            ("Patient/", false),
        ] {
            let entry = Entry { kind: "Patient".into(), place: Some(place.to_string()), ..Entry::default() };
            assert_eq!(has_unique_id(&entry), is_unique, "{place}");
        }
    }

    #[test]
    fn a_patient_contradicts_ours_in_what_both_say() {
        let patient = r#"{"name":[{"family":"Doe","given":["Jane"]}],"birthDate":"1970-01-02","gender":"female"}"#;
        for (theirs, want) in [
            (patient.to_string(), vec![]),
            ("{}".to_string(), vec![]),
            (patient.replace("Doe", "DOE"), vec![]),
            (patient.replace("1970-01-02", "1970"), vec![]),
            (patient.replace("Jane", "Joan"), vec!["name"]),
            (patient.replace(r#"{"family":"Doe","given":["Jane"]}"#, r#"{"text":"Jane Doe"}"#), vec!["name"]),
            (patient.replace(r#"{"family":"Doe","given":["Jane"]}"#, r#"{"text":" "}"#), vec![]),
            (patient.replace("1970", "1971").replace("female", "male"), vec!["birth date", "sex"]),
        ] {
            assert_eq!(contradictions(&json(patient), &json(&theirs)), want, "{theirs}");
        }
        let written = |ideographs: &str| {
            let extension = r#""extension":[{"url":"http://x/iso21090-EN-representation","valueCode":"IDE"}]"#;
            let name = format!(r#"{{{extension},"family":"{ideographs}","given":["{ideographs}"]}}"#);
            json(&format!(r#"{{"name":[{{"family":"Yamada","given":["Tarou"]}},{name}]}}"#))
        };
        assert_eq!(contradictions(&written("山田"), &written("山本")), ["name"]);
        assert_eq!(contradictions(&written("山田"), &written("山田")), [""; 0]);
        let and_in_letters = |ideographs: &str| {
            let name = |code: &str, word: &str| {
                let extension = format!(r#""extension":[{{"url":"http://x/iso21090","valueCode":"{code}"}}]"#);
                format!(r#"{{{extension},"family":"{word}","given":["{word}"]}}"#)
            };
            json(&format!(r#"{{"name":[{},{}]}}"#, name("ABC", "yamada"), name("IDE", ideographs)))
        };
        assert_eq!(contradictions(&and_in_letters("山田"), &and_in_letters("山本")), ["name"]);
        let in_letters = json(r#"{"name":[{"family":"yamada","given":["Tarou"]}]}"#);
        assert_eq!(contradictions(&written("山田"), &in_letters), [""; 0]);
    }
}
