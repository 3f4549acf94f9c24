//! What the server's study refers to of the patient it had before: where ours names another patient, none of it stays.

use super::whose::{is_of_one_subject, literal, relative};
use crate::upload::json::Json;
use crate::upload::package::is_nobodys;

/// Whose a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of one patient, on the server and here.
    OfOne,
    /// Of another patient on the server.
    OfAnother,
    /// The server refers to a Patient, and ours does not say whether it is that one.
    Unknown,
}

fn whose(ours: &Json, theirs: &Json, base: &str) -> Whose {
    let (Some(own), Some(there)) = (ours.get("subject"), theirs.get("subject")) else { return Whose::OfOne };
    // A number without an assigner is nobody's elsewhere, but both are of one study here.
    let bare = |subject: &Json| Some(subject.get("identifier")?.string("value")?.to_string());
    let is_bare = |subject: &Json| subject.get("identifier").is_some_and(|number| number.get("system").is_none());
    let by_bare = || if is_bare(own) && is_bare(there) { Some(bare(own)? == bare(there)?) } else { None };
    match is_of_one_subject(ours, theirs, base).or_else(by_bare) {
        Some(true) => Whose::OfOne,
        None if literal(there, base).is_some() && literal(own, base).is_none() => Whose::Unknown,
        _ => Whose::OfAnother,
    }
}

/// Whether the server's study refers to a Patient of whom ours does not say whether it is the same.
pub fn is_of_unknown_patient(ours: &Json, theirs: &Json, base: &str) -> bool {
    whose(ours, theirs, base) == Whose::Unknown
}

/// The server's study without references to what belongs to its former patient, and the names of the elements that lose
/// some; `None` where both studies have one patient.
pub fn without_former_patient(ours: &Json, theirs: &Json, base: &str) -> Option<(Json, Vec<String>)> {
    if whose(ours, theirs, base) == Whose::OfOne {
        return None;
    }
    let scope = Scope { contained: theirs.list("contained"), base };
    let (mut members, mut changed) = (Vec::new(), Vec::new());
    for (name, value) in theirs.members() {
        let after = if name == "subject" { Some(value.clone()) } else { scope.without_references(value) };
        if after.as_ref() != Some(value) {
            changed.push(name.clone());
        }
        members.extend(after.map(|after| (name.clone(), after)));
    }
    Some((Json::Object(members), changed))
}

/// What references are relative to.
struct Scope<'s> {
    contained: &'s [Json],
    base: &'s str,
}

impl Scope<'_> {
    /// A value without its references to what a patient can own, and without what is left empty by that. An extension
    /// whose value goes is none.
    fn without_references(&self, value: &Json) -> Option<Json> {
        match value {
            Json::Object(members) => {
                if value.string("reference").is_some_and(|reference| !self.is_nobodys(reference)) {
                    return None;
                }
                let kept = members.iter().filter_map(|(name, one)| Some((name.clone(), self.without_references(one)?)));
                let kept: Vec<(String, Json)> = kept.collect();
                let is_broken = kept.len() < members.len() && (kept.is_empty() || value.get("url").is_some());
                (!is_broken).then_some(Json::Object(kept))
            }
            Json::List(items) => {
                let kept: Vec<Json> = items.iter().filter_map(|item| self.without_references(item)).collect();
                (!kept.is_empty() || items.is_empty()).then_some(Json::List(kept))
            }
            other => Some(other.clone()),
        }
    }

    fn is_nobodys(&self, reference: &str) -> bool {
        match reference.strip_prefix('#') {
            None => relative(reference, self.base).split('/').any(is_nobodys),
            Some(id) => {
                let found = self.contained.iter().find(|one| one.string("id") == Some(id));
                found.and_then(|one| one.string("resourceType")).is_some_and(is_nobodys)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(&text.replace('\'', "\"")).unwrap()
    }

    #[test]
    fn bare_numbers_of_one_study_are_compared() {
        let of = |value: &str| json(&format!("{{'subject':{{'identifier':{{'value':'{value}'}}}},'basedOn':[]}}"));
        for (theirs, is_of_one) in [("7", true), ("8", false)] {
            assert_eq!(without_former_patient(&of("7"), &of(theirs), "http://h").is_none(), is_of_one, "{theirs}");
        }
    }

    #[test]
    fn where_the_patient_is_another_nothing_of_the_former_one_stays() {
        let theirs = "{'subject':{'reference':'Patient/1'},'basedOn':[{'reference':'ServiceRequest/1'}],\
            'encounter':{'reference':'http://h/Encounter/1'},'referrer':{'reference':'Practitioner/1'},\
            'procedure':[{'reference':{'reference':'Procedure/1'}},{'concept':{'text':'CT'}}],\
            'extension':[{'url':'u','valueReference':{'reference':'Condition/1'}},{'url':'v','valueCode':'c'}],\
            'series':[{'uid':'1','specimen':[{'reference':'Specimen/1'}],\
            'performer':[{'actor':{'reference':'http://h/Device/1'}}]}]}";
        let want = "{'subject':{'reference':'Patient/1'},'referrer':{'reference':'Practitioner/1'},\
            'procedure':[{'concept':{'text':'CT'}}],'extension':[{'url':'v','valueCode':'c'}],\
            'series':[{'uid':'1','performer':[{'actor':{'reference':'http://h/Device/1'}}]}]}";
        let changed = ["basedOn", "encounter", "procedure", "extension", "series"];
        for (ours, is_another) in [
            ("{'subject':{'reference':'Patient/2'}}", true),
            ("{'subject':{'display':'Jane Doe'}}", true),
            ("{'subject':{'reference':'http://h/Patient/1'}}", false),
            ("{'subject':{'reference':'Patient/1/_history/2','display':'Jane Doe'}}", false),
            ("{}", false),
        ] {
            let found = without_former_patient(&json(ours), &json(theirs), "http://h");
            let (kept, names) = found.unzip();
            assert_eq!(
                kept.map(|kept| kept.to_string().replace('"', "'")),
                is_another.then(|| want.to_string()),
                "{ours}"
            );
            assert_eq!(names.unwrap_or_default(), if is_another { &changed[..] } else { &[] }, "{ours}");
        }
    }
}
