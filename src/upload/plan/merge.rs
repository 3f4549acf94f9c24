//! Merges our elements into the server's copy, and changes nothing else of it. Pure.
//!
//! Elements that we do not write are kept, and so are list items that we do not have: notes, reasons, labels,
//! extensions of others. Items of earlier uploads cannot be distinguished from those that others added, so they are
//! kept too. Series and instances are matched by UID; counts and modalities follow from them and are replaced.

use std::collections::{HashMap, HashSet};

use super::compare::{covers, is_absent, key};
use super::former::without_former_patient;
use crate::upload::json::Json;

/// How lists are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// Items of others are kept.
    Joined,
    /// Lists are replaced (`--overwrite-companions`), except identifiers.
    Replaced,
}

/// An element that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path, with the UIDs of series and instances.
    pub path: String,
    /// The value on the server.
    pub before: Option<Json>,
    /// The new value.
    pub after: Option<Json>,
}

/// A merged resource, and how it differs from the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The resource.
    pub resource: Json,
    /// The changes; empty if the server's copy has everything.
    pub changes: Vec<Change>,
}

/// Lists whose items are matched by UID.
const BY_UID: [&str; 2] = ["series", "instance"];
/// Lists that are computed from series and instances, and so are replaced.
const COMPUTED: [&str; 2] = ["modality", "bodySite"];
/// Elements that the server sets.
const OF_THE_SERVER: [&str; 2] = ["versionId", "lastUpdated"];

/// Merges our elements into theirs; `base` is the prefix of the server's absolute references.
pub fn merge(ours: &Json, theirs: &Json, lists: Lists, base: &str) -> Merged {
    let former = without_former_patient(ours, theirs, base);
    let (kept, changed) = former.as_ref().map_or((theirs, &[][..]), |(kept, changed)| (kept, changed));
    let mut work = Work { lists, base, changes: Vec::new() };
    changed.iter().for_each(|name| work.change(name, theirs.get(name), kept.get(name)));
    let theirs = kept;
    let own = ours.members().iter().filter(|(name, _)| !["resourceType", "id", "text"].contains(&name.as_str()));
    let mut members = work.object(own, theirs, "");
    members.retain(|(name, _)| name != "text");
    if let Some(text) = narrative(ours, theirs, !work.changes.is_empty()) {
        members.push(("text".to_string(), text.clone()));
    }
    if let Some((_, Json::Object(meta))) = members.iter_mut().find(|(name, _)| name == "meta") {
        meta.retain(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()));
    }
    members.retain(|(name, value)| name != "meta" || !value.members().is_empty());
    keep_contained(&mut members);
    Merged { resource: Json::Object(members), changes: work.changes }
}

/// The narrative: one that was generated from other content is outdated.
fn narrative<'j>(ours: &'j Json, theirs: &'j Json, is_changed: bool) -> Option<&'j Json> {
    let is_stale = |text: &&Json| is_changed && text.string("status") == Some("generated");
    ours.get("text").filter(|_| is_changed).or_else(|| theirs.get("text").filter(|text| !is_stale(text)))
}

/// dom-3: contained resources must be referenced, so unreferenced ones are removed.
fn keep_contained(members: &mut Vec<(String, Json)>) {
    let Some(place) = members.iter().position(|(name, _)| name == "contained") else { return };
    let all = Json::Object(members.clone()).to_string();
    if let (_, Json::List(items)) = &mut members[place] {
        items.retain(|item| item.string("id").is_some_and(|id| all.contains(&format!("\"#{id}\""))));
    }
    members.retain(|(name, value)| name != "contained" || !value.items().is_empty());
}

struct Work<'b> {
    lists: Lists,
    base: &'b str,
    changes: Vec<Change>,
}

impl Work<'_> {
    /// Merges members of objects.
    fn object<'j>(
        &mut self,
        ours: impl Iterator<Item = &'j (String, Json)> + Clone,
        theirs: &Json,
        path: &str,
    ) -> Vec<(String, Json)> {
        let mut members = theirs.members().to_vec();
        for (name, value) in ours.clone() {
            // Theirs has a value where ours has only an absent reason.
            if name.strip_prefix('_').is_some_and(|plain| theirs.get(plain).is_some()) && is_absent(value) {
                continue;
            }
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match members.iter().position(|(of, _)| of == name) {
                Some(place) => members[place].1 = self.member(name, value, &members[place].1, &at),
                None => {
                    self.change(&at, None, Some(value));
                    members.push((name.clone(), value.clone()));
                }
            }
        }
        let has_value = |name: &str| ours.clone().any(|(of, _)| Some(of.as_str()) == name.strip_prefix('_'));
        members.retain(|(name, value)| !(has_value(name) && is_absent(value)));
        members
    }

    fn member(&mut self, name: &str, ours: &Json, theirs: &Json, path: &str) -> Json {
        match (ours, theirs) {
            (Json::Object(meta), Json::Object(_)) if path == "meta" => {
                let told = meta.iter().filter(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()) && name != "source");
                Json::Object(self.object(told, theirs, path))
            }
            (Json::List(own), Json::List(_)) if BY_UID.contains(&name) => self.by_uid(own, theirs, path),
            (Json::List(own), Json::List(there)) if path == "contained" => self.by_id(own, there, path),
            (Json::List(own), Json::List(there)) if self.is_joined(name) => self.joined(own, there, path),
            _ if covers(theirs, ours, self.base) && ours.items().len() == theirs.items().len() => theirs.clone(),
            _ if is_absent(ours) => theirs.clone(),
            _ => {
                let after = replaced(ours, theirs);
                self.change(path, Some(theirs), Some(&after));
                after
            }
        }
    }

    fn is_joined(&self, name: &str) -> bool {
        let is_replaced = self.lists == Lists::Replaced && !["identifier", "extension", "meta"].contains(&name);
        !COMPUTED.contains(&name) && !is_replaced
    }

    /// Series and instances in our order; those that we lack are removed, which the caller has allowed.
    fn by_uid(&mut self, ours: &[Json], theirs: &Json, path: &str) -> Json {
        let uid = |item: &Json| item.string("uid").unwrap_or_default().to_string();
        let there: HashMap<String, &Json> = theirs.items().iter().map(|item| (uid(item), item)).collect();
        let (changes, mut all, mut kept) = (self.changes.len(), Vec::with_capacity(ours.len()), HashSet::new());
        for item in ours {
            let at = format!("{path}[{}]", uid(item));
            match there.get(&uid(item)) {
                Some(there) => all.push(Json::Object(self.object(item.members().iter(), there, &at))),
                None => {
                    self.change(&at, None, Some(item));
                    all.push(item.clone());
                }
            }
            kept.insert(uid(item));
        }
        for gone in theirs.items().iter().filter(|item| !kept.contains(&uid(item))) {
            self.change(&format!("{path}[{}]", uid(gone)), Some(gone), None);
        }
        // Order is not significant: theirs is kept if nothing else differs.
        if self.changes.len() == changes { theirs.clone() } else { Json::List(all) }
    }

    /// Contained resources are matched by id.
    fn by_id(&mut self, ours: &[Json], theirs: &[Json], path: &str) -> Json {
        let mut all = theirs.to_vec();
        for item in ours {
            match all.iter().position(|there| there.get("id") == item.get("id")) {
                Some(place) if covers(&all[place], item, self.base) => {}
                place => self.put(&mut all, place, item, path),
            }
        }
        Json::List(all)
    }

    /// Joins both lists; an item of theirs with the same key is replaced by ours.
    fn joined(&mut self, ours: &[Json], theirs: &[Json], path: &str) -> Json {
        let mut all = theirs.to_vec();
        for item in ours.iter().filter(|item| !is_absent(item)) {
            if all.iter().any(|there| covers(there, item, self.base)) {
                continue;
            }
            let place = all
                .iter()
                .position(|there| covers(item, there, self.base) || (key(item).is_some() && key(there) == key(item)));
            self.put(&mut all, place, item, path);
        }
        Json::List(all)
    }

    fn put(&mut self, all: &mut Vec<Json>, place: Option<usize>, item: &Json, path: &str) {
        match place {
            Some(place) => {
                let after = replaced(item, &all[place]);
                self.change(path, Some(&all[place]), Some(&after));
                all[place] = after;
            }
            None => {
                self.change(path, None, Some(item));
                all.push(item.clone());
            }
        }
    }

    fn change(&mut self, path: &str, before: Option<&Json>, after: Option<&Json>) {
        self.changes.push(Change { path: path.to_string(), before: before.cloned(), after: after.cloned() });
    }
}

/// Our item with their extensions.
fn replaced(ours: &Json, theirs: &Json) -> Json {
    let Json::Object(members) = ours else { return ours.clone() };
    let mut members = members.clone();
    for (name, value) in theirs.members() {
        let is_theirs = (name == "id" || name == "extension") && !is_absent(theirs);
        if is_theirs && ours.get(name).is_none() {
            members.push((name.clone(), value.clone()));
        }
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::plan::compare::DATA_ABSENT;

    fn json(text: &str) -> Json {
        Json::parse(&text.replace('\'', "\"")).unwrap()
    }

    fn merged(ours: &str, theirs: &str, lists: Lists) -> (String, Vec<String>) {
        let Merged { resource, changes } = merge(&json(ours), &json(theirs), lists, "http://h");
        (resource.to_string().replace('"', "'"), changes.into_iter().map(|change| change.path).collect())
    }

    #[test]
    fn what_others_wrote_stays() {
        for (ours, theirs, want, changed) in [
            (
                "{'description':'b'}",
                "{'description':'a','note':[{'text':'n'}]}",
                "{'description':'b','note':[{'text':'n'}]}",
                &["description"][..],
            ),
            ("{'note':[{'text':'o'}]}", "{'note':[{'text':'n'}]}", "{'note':[{'text':'n'},{'text':'o'}]}", &["note"]),
            (
                "{'note':[{'text':'o'}]}",
                "{'note':[{'text':'o','time':'2020'}]}",
                "{'note':[{'text':'o','time':'2020'}]}",
                &[],
            ),
            (
                "{'status':'available'}",
                "{'meta':{'versionId':'3','tag':[{'code':'t'}]},'status':'available'}",
                "{'meta':{'tag':[{'code':'t'}]},'status':'available'}",
                &[],
            ),
            (
                "{'started':'2020'}",
                "{'_started':{'extension':[{'url':'u'}]},'started':'2019'}",
                "{'_started':{'extension':[{'url':'u'}]},'started':'2020'}",
                &["started"],
            ),
            (
                "{'modality':[{'code':'CT'}]}",
                "{'modality':[{'code':'MR'}]}",
                "{'modality':[{'code':'CT'}]}",
                &["modality"],
            ),
            (
                "{'subject':{'reference':'Patient/1'}}",
                "{'subject':{'reference':'http://h/Patient/1','display':'d'}}",
                "{'subject':{'reference':'http://h/Patient/1','display':'d'}}",
                &[],
            ),
            (
                "{'subject':{'reference':'Patient/1'}}",
                "{'subject':{'reference':'Patient/2','extension':[{'url':'u'}]}}",
                "{'subject':{'reference':'Patient/1','extension':[{'url':'u'}]}}",
                &["subject"],
            ),
            (
                "{'meta':{'source':'s','versionId':'1','tag':[{'code':'u'}]}}",
                "{'meta':{'source':'x','tag':[{'code':'t'}]}}",
                "{'meta':{'source':'x','tag':[{'code':'t'},{'code':'u'}]}}",
                &["meta.tag"],
            ),
            (
                "{'_started':{'extension':[{'url':'u'}]}}",
                "{'started':'2019'}",
                "{'started':'2019','_started':{'extension':[{'url':'u'}]}}",
                &["_started"],
            ),
            ("{'a':1}", "{'text':{'status':'generated'},'a':2}", "{'a':1}", &["a"]),
            (
                "{'status':'available'}",
                "{'contained':[{'id':'a'},{'id':'b'}],'x':{'reference':'#a'},'status':'registered'}",
                "{'contained':[{'id':'a'}],'x':{'reference':'#a'},'status':'available'}",
                &["status"],
            ),
            ("{'a':1}", "{'text':{'status':'additional'},'a':2}", "{'a':1,'text':{'status':'additional'}}", &["a"]),
        ] {
            let got = merged(ours, theirs, Lists::Joined);
            assert_eq!(
                (got.0.as_str(), got.1.iter().map(String::as_str).collect::<Vec<_>>()),
                (want, changed.to_vec())
            );
        }
    }

    #[test]
    fn series_and_instances_go_by_their_uids() {
        let ours = "{'series':[{'uid':'1','number':2,'instance':[{'uid':'a'},{'uid':'b'}]},{'uid':'3'}]}";
        let theirs = "{'series':[{'uid':'2'},{'uid':'1','number':1,'extension':[{'url':'u'}],
            'instance':[{'uid':'a','title':'t'},{'uid':'x'}]}]}";
        let want = "{'series':[{'uid':'1','number':2,'extension':[{'url':'u'}],\
            'instance':[{'uid':'a','title':'t'},{'uid':'b'}]},{'uid':'3'}]}";
        let (got, changes) = merged(ours, theirs, Lists::Joined);
        assert_eq!(got, want);
        assert_eq!(
            changes,
            ["series[1].number", "series[1].instance[b]", "series[1].instance[x]", "series[3]", "series[2]"]
        );
        let (_, changes) =
            merged("{'series':[{'uid':'1'},{'uid':'2'}]}", "{'series':[{'uid':'2'},{'uid':'1'}]}", Lists::Joined);
        assert_eq!(changes, [""; 0], "order is no difference");
    }

    #[test]
    fn an_item_that_says_less_or_the_same_becomes_ours() {
        for (theirs, want) in [
            ("{'display':'d'}", "[{'reference':'P/1','display':'d'}]"),
            ("{'reference':'P/1','display':'old'}", "[{'reference':'P/1','display':'d'}]"),
            (
                "{'reference':'P/2','display':'d'}",
                "[{'reference':'P/2','display':'d'},{'reference':'P/1','display':'d'}]",
            ),
        ] {
            let ours = "{'basedOn':[{'reference':'P/1','display':'d'}]}";
            let got = merged(ours, &format!("{{'basedOn':[{theirs}]}}"), Lists::Joined).0;
            assert_eq!(got, format!("{{'basedOn':{want}}}"), "{theirs}");
        }
    }

    #[test]
    fn a_value_that_we_lack_is_no_reason_to_take_theirs_away() {
        let absent = format!("{{'extension':[{{'url':'{DATA_ABSENT}','valueCode':'unknown'}}]}}");
        for (ours, theirs, want) in [
            (
                format!("{{'modality':{absent}}}"),
                "{'modality':{'code':'CT'}}".to_string(),
                "{'modality':{'code':'CT'}}",
            ),
            (
                "{'modality':{'code':'CT'}}".to_string(),
                format!("{{'modality':{absent}}}"),
                "{'modality':{'code':'CT'}}",
            ),
            (format!("{{'_sopClass':{absent}}}"), "{'sopClass':'1'}".to_string(), "{'sopClass':'1'}"),
            ("{'sopClass':'1'}".to_string(), format!("{{'_sopClass':{absent}}}"), "{'sopClass':'1'}"),
        ] {
            assert_eq!(merged(&ours, &theirs, Lists::Joined).0, want);
        }
    }

    #[test]
    fn contained_resources_stay_while_something_refers_to_them() {
        let theirs = "{'contained':[{'id':'a'},{'resourceType':'Endpoint','id':'b'}],\
            'endpoint':[{'reference':'#b'}],'subject':{'reference':'#a'}}";
        let ours = "{'contained':[{'id':'c'}],'subject':{'reference':'#c'}}";
        let (got, _) = merged(ours, theirs, Lists::Joined);
        assert!(got.starts_with("{'contained':[{'resourceType':'Endpoint','id':'b'},{'id':'c'}]"), "{got}");
        let theirs = "{'contained':[{'id':'a','x':1},{'id':'b','x':1}],'l':[{'reference':'#a'},{'reference':'#b'}]}";
        let ours = "{'contained':[{'id':'a','x':1},{'id':'b','x':2}],'l':[{'reference':'#a'},{'reference':'#b'}]}";
        let (got, changes) = merged(ours, theirs, Lists::Joined);
        assert!(got.starts_with("{'contained':[{'id':'a','x':1},{'id':'b','x':2}]"), "{got}");
        assert_eq!(changes, ["contained"]);
    }

    #[test]
    fn a_companion_that_is_overwritten_keeps_what_we_do_not_write() {
        let theirs = "{'name':[{'family':'A'}],'identifier':[{'value':'1'}],'generalPractitioner':[{'display':'g'}]}";
        let (got, _) = merged("{'name':[{'family':'B'}],'identifier':[{'value':'2'}]}", theirs, Lists::Replaced);
        let want = "{'name':[{'family':'B'}],'identifier':[{'value':'1'},{'value':'2'}],\
                    'generalPractitioner':[{'display':'g'}]}";
        assert_eq!(got, want);
    }
}
