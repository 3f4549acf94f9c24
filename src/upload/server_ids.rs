//! A package for a server that gives the ids: the study is found by its Study Instance UID, what an identifier names is
//! created, and what only an id of ours would name is left out and referred to by identifier and display.

use super::identified::uid_search;
use super::json::References;
use super::package::{Entry, Target};

/// The entries that can be sent, and the references that become logical. A server that takes ids keeps those of
/// companions that are private to their study.
pub fn adapt<'p, 't>(entries: &'p [Entry<'t>], takes_ids: bool) -> (Vec<Entry<'t>>, References<'p>) {
    let (mut kept, mut references) = (Vec::new(), References::new());
    for entry in entries {
        let Target::Id(id) = &entry.target else {
            kept.push(entry.clone());
            continue;
        };
        match uid_search(entry) {
            Some(search) if entry.is_main() => kept.push(without_id(entry, search)),
            _ if takes_ids => kept.push(entry.clone()),
            _ => {
                references.insert(&**id, None);
                references.extend(entry.full_url.as_deref().map(|full_url| (full_url, None)));
            }
        }
    }
    (kept, references)
}

fn without_id<'t>(entry: &Entry<'t>, search: String) -> Entry<'t> {
    let id = entry.key.split_once('/').map(|(_, id)| format!("\"id\":\"{id}\"")).unwrap_or_default();
    // The resource's own id stands before any other.
    let text = match entry.text.find(&id) {
        Some(start) => {
            let (before, after) = (&entry.text[..start], &entry.text[start + id.len()..]);
            match after.strip_prefix(',') {
                Some(rest) => format!("{before}{rest}"),
                None => format!("{}{after}", before.trim_end_matches(',')),
            }
        }
        None => entry.text.to_string(),
    };
    Entry { target: Target::Update(search), text: text.into(), ..entry.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::json::compact;
    use crate::upload::package::Package;

    #[test]
    fn a_study_is_found_by_its_uid_and_private_companions_are_left_out() {
        let text = compact(
            r#"{"resourceType":"Bundle","entry":[
            {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"p"}},
            {"resource":{"resourceType":"ImagingStudy","id":"1.2",
             "identifier":[{"system":"urn:dicom:uid","value":"urn:oid:1.2"}],"status":"available"}}]}"#,
        );
        let package = Package::parse(&text).unwrap().unwrap();
        let (entries, references) = adapt(&package.entries, false);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].target, Target::Update("ImagingStudy?identifier=urn:dicom:uid%7Curn:oid:1.2".into()));
        assert!(entries[0].text.starts_with(r#"{"resourceType":"ImagingStudy","identifier""#));
        let gone: Vec<&str> = references.keys().copied().collect();
        assert_eq!(gone, ["Patient/p", "urn:uuid:1"]);
        assert_eq!(adapt(&package.entries, true).0.len(), 2);
    }
}
