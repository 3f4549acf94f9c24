//! A package for a server that assigns ids: the study is found by its Study Instance UID, resources with identifiers
//! are created, and those that only our id would identify are left out and referred to by identifier and display.

use super::head::{Head, Identifier};
use super::search::Search;
use super::{Entry, Target};
use crate::upload::json::{NewReferences, without_id};

/// The entries that can be sent, and the references that become logical. If the server accepts our ids, they are used
/// for companions that are private to a study.
pub fn adapt<'p, 't>(entries: &'p [Entry<'t>], takes_ids: bool) -> (Vec<Entry<'t>>, NewReferences<'p>) {
    let (mut kept, mut references) = (Vec::new(), NewReferences::new());
    for entry in entries {
        let Some(place) = entry.place.as_deref().filter(|_| entry.target == Target::Put) else {
            kept.push(entry.clone());
            continue;
        };
        let without_place = |target, search| {
            let text = without_id(&entry.text, place.split_once('/').map_or("", |(_, id)| id)).into();
            Entry { target, search, text, ..entry.clone() }
        };
        if entry.is_main() && entry.search.is_some() {
            kept.push(without_place(Target::Update, entry.search.clone()));
        } else if takes_ids {
            kept.push(entry.clone());
        } else if let Some(search) = by_number(entry) {
            kept.push(without_place(Target::Create, Some(search)));
        } else {
            references.insert(place, None);
            references.extend(entry.full_url.as_deref().map(|full_url| (full_url, None)));
        }
    }
    (kept, references)
}

/// The search for the first identifier that says whose it is.
fn by_number(entry: &Entry<'_>) -> Option<Search> {
    let head = serde_json::from_str::<Head>(&entry.text).ok()?;
    let (system, value) = head.identifier.iter().find_map(Identifier::token)?;
    Some(Search::by(&entry.kind, system, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::id::Ids;
    use crate::upload::json::one_line;
    use crate::upload::package::parse;

    #[test]
    fn a_study_is_found_by_its_uid_and_private_companions_are_left_out() {
        let text = one_line(
            r#"{"resourceType":"Bundle","entry":[
            {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"p"}},
            {"resource":{"resourceType":"ImagingStudy","id":"1.2",
             "identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}],"status":"available"}}]}"#,
        );
        let all = parse(&text, &Ids::new("")).unwrap();
        let (entries, references) = adapt(&all, false);
        assert_eq!(entries.len(), 1);
        let query = entries[0].search.as_ref().map(|search| &*search.query);
        let want = "ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2";
        assert_eq!((entries[0].target, query), (Target::Update, Some(want)));
        assert!(entries[0].text.starts_with(r#"{"resourceType":"ImagingStudy","identifier""#));
        let gone: Vec<&str> = references.keys().copied().collect();
        assert_eq!(gone, ["Patient/p", "urn:uuid:1"]);
        assert_eq!(adapt(&all, true).0.len(), 2);
    }
}
