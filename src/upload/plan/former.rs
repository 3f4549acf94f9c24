//! What the server's study refers to of the patient it had before: where ours names another patient, none of it stays.

use super::whose::{is_of_one_subject, relative};
use crate::upload::json::Json;

/// Types of resources that belong to no patient.
const NOBODYS: [&str; 6] = ["Device", "Endpoint", "Location", "Organization", "Practitioner", "PractitionerRole"];

/// The server's study without references to what belongs to its former patient, and the names of the elements that lose
/// some; `None` where both studies have one patient.
pub fn without_former_patient(ours: &Json, theirs: &Json, base: &str) -> Option<(Json, Vec<String>)> {
    let has_subject = ours.get("subject").is_some() && theirs.get("subject").is_some();
    if !has_subject || is_of_one_subject(ours, theirs, base) {
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
            None => relative(reference, self.base).split('/').any(|segment| NOBODYS.contains(&segment)),
            Some(id) => {
                let found = self.contained.iter().find(|one| one.string("id") == Some(id));
                found.and_then(|one| one.string("resourceType")).is_some_and(|kind| NOBODYS.contains(&kind))
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
    fn where_the_patient_is_another_nothing_of_the_former_one_stays() {
        let theirs = "{'subject':{'reference':'Patient/1'},'basedOn':[{'reference':'ServiceRequest/1'}],\
            'encounter':{'reference':'http://h/Encounter/1'},'referrer':{'reference':'Practitioner/1'},\
            'procedure':[{'reference':{'reference':'Procedure/1'}},{'concept':{'text':'CT'}}],\
            'extension':[{'url':'u','valueReference':{'reference':'Condition/1'}}],\
            'series':[{'uid':'1','specimen':[{'reference':'Specimen/1'}],\
            'performer':[{'actor':{'reference':'http://h/Device/1'}}]}]}";
        let want = "{'subject':{'reference':'Patient/1'},'referrer':{'reference':'Practitioner/1'},\
            'procedure':[{'concept':{'text':'CT'}}],\
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
