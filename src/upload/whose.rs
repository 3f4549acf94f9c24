//! Whose the server's copy is: it must have the identifier that was searched for, and belong to the study's patient.
//! A Patient that contradicts ours is named.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What of ours the server's copy must agree with before anything refers to it, or why it is not referred to.
pub fn check(kind: &str, is_searched: bool, ours: &str, theirs: &str, base: &str) -> Result<(), &'static str> {
    let (Ok(ours), Ok(theirs)) = (serde_json::from_str(ours), serde_json::from_str(theirs)) else { return Ok(()) };
    if is_searched && !shares_identifier(&ours, &theirs) {
        return Err("the search by its identifier finds a resource that does not have it");
    }
    if has_subject(kind) && !is_of_one_subject(&ours, &theirs, base) {
        return Err("the server's copy belongs to another patient");
    }
    Ok(())
}

/// Whether resources of a type belong to a patient, whom all studies that refer to one have in common.
pub fn has_subject(kind: &str) -> bool {
    matches!(kind, "Encounter" | "ImagingSelection" | "Procedure" | "ServiceRequest" | "Specimen")
}

/// The subject of a resource as it stands there.
pub fn subject(text: &str) -> String {
    #[derive(Deserialize)]
    struct Resource<'a> {
        #[serde(borrow)]
        subject: Option<&'a RawValue>,
    }
    let resource = serde_json::from_str::<Resource<'_>>(text).ok();
    resource.and_then(|resource| resource.subject).map(|subject| subject.get().to_string()).unwrap_or_default()
}

/// What the server's Patient says otherwise than ours: of name, birth date and sex, those that both have.
pub fn contradictions(ours: &str, theirs: &str) -> Vec<&'static str> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (ours, theirs) = (parse(ours), parse(theirs));
    let differ = |member: &str| match (ours[member].as_str(), theirs[member].as_str()) {
        (Some(ours), Some(theirs)) => !ours.starts_with(theirs) && !theirs.starts_with(ours),
        _ => false,
    };
    let (our_names, their_names) = (names(&ours), names(&theirs));
    let no_name =
        !our_names.is_empty() && !their_names.is_empty() && our_names.iter().all(|name| !their_names.contains(name));
    let all = [("name", no_name), ("birth date", differ("birthDate")), ("sex", differ("gender"))];
    all.into_iter().filter(|(_, differs)| *differs).map(|(word, _)| word).collect()
}

/// Family and first given names, without their case; a name in words where it has no parts.
fn names(patient: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_lowercase();
    let one = |name: &Value| match (text(&name["family"]), text(&name["given"][0])) {
        (family, given) if family.is_empty() && given.is_empty() => text(&name["text"]),
        (family, given) => format!("{family}^{given}"),
    };
    let all = patient["name"].as_array().into_iter().flatten().map(one);
    all.filter(|name| !name.is_empty()).collect()
}

fn shares_identifier(ours: &Value, theirs: &Value) -> bool {
    let tokens = |resource: &Value| -> Vec<(Value, Value)> {
        let all = resource["identifier"].as_array().into_iter().flatten();
        let told = all.filter(|identifier| identifier["system"].is_string());
        told.map(|identifier| (identifier["system"].clone(), identifier["value"].clone())).collect()
    };
    let theirs = tokens(theirs);
    tokens(ours).iter().any(|token| theirs.contains(token))
}

/// Whether both have one subject: the same resource, else the same identifier. One that says none is nobody's.
fn is_of_one_subject(ours: &Value, theirs: &Value, base: &str) -> bool {
    let literal = |resource: &Value| {
        let reference = resource["subject"]["reference"].as_str()?;
        let relative = reference.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).unwrap_or(reference);
        // A version is one of the same resource.
        Some(relative.split_once("/_history/").map_or(relative, |(current, _)| current).to_string())
    };
    match (literal(ours), literal(theirs)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => {
            let token = |resource: &Value| {
                let identifier = &resource["subject"]["identifier"];
                Some((identifier["system"].as_str()?.to_string(), identifier["value"].as_str()?.to_string()))
            };
            match (token(ours), token(theirs)) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => ours["subject"].is_null() && theirs["subject"].is_null(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{"resourceType":"ServiceRequest","identifier":[{"system":"urn:a","value":"A1"}],
        "subject":{"reference":"Patient/1","identifier":{"system":"urn:p","value":"P1"}}}"#;

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
            let found = check("ServiceRequest", true, ORDER, &theirs, "http://h").err();
            assert_eq!(found.map(|why| why.contains(want.unwrap_or("-"))), want.map(|_| true), "{theirs}");
        }
        let bare = |number: &str| ORDER.replace(r#"[{"#, &format!(r#"[{{"value":"7"}},{{{number},"#));
        let (ours, theirs) = (bare(r#""use":"usual""#), bare(r#""use":"usual""#).replace("A1", "A2"));
        assert!(check("ServiceRequest", true, &ours, &theirs, "http://h").is_err(), "a bare number is nobody's");
        assert_eq!(check("ServiceRequest", false, ORDER, &ORDER.replace("A1", "a1"), "http://h"), Ok(()));
        assert_eq!(check("Device", false, ORDER, &ORDER.replace("Patient/1", "Patient/2"), "http://h"), Ok(()));
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
            (patient.replace("1970", "1971").replace("female", "male"), vec!["birth date", "sex"]),
        ] {
            assert_eq!(contradictions(patient, &theirs), want, "{theirs}");
        }
    }
}
