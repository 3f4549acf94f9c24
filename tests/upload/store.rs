//! What a FHIR server keeps: resources with versions, deletions, searches that may be answered from a cache,
//! transactions, and references that must lead somewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a search is answered from the cache.
const CACHED: Duration = Duration::from_secs(60);

/// How a server differs from others.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// A search is answered from the cache unless the request says `no-cache`.
    pub caches: bool,
    /// References must lead to resources.
    pub has_integrity: bool,
    /// A transaction is all or nothing.
    pub is_atomic: bool,
    /// `If-None-Match: *` is kept.
    pub knows_if_none_match: bool,
    /// `If-Match` and `If-None-Match` are refused.
    pub refuses_conditions: bool,
    /// What is put on an id that is not there gets another one.
    pub gives_other_ids: bool,
    /// Matches of a search on one page; the first page is empty where it is 0.
    pub page: Option<usize>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            caches: false,
            has_integrity: false,
            is_atomic: true,
            knows_if_none_match: true,
            refuses_conditions: false,
            gives_other_ids: false,
            page: None,
        }
    }
}

/// A resource; `None` once it was deleted.
#[derive(Debug, Clone)]
struct Kept {
    version: u64,
    value: Option<Value>,
}

/// Everything that is stored.
#[derive(Debug, Clone, Default)]
pub struct Store {
    pub rules: Rules,
    /// The time, for the cache.
    pub now: Duration,
    kept: BTreeMap<String, Kept>,
    cache: BTreeMap<String, (Duration, Vec<String>)>,
    given_ids: usize,
}

/// One interaction, by itself or in a Bundle.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub method: String,
    pub url: String,
    pub if_none_exist: Option<String>,
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
    pub is_no_cache: bool,
    pub resource: Value,
}

/// What comes of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    pub status: u16,
    pub location: Option<String>,
    pub resource: Option<Value>,
}

impl Done {
    fn of(status: u16) -> Done {
        Done { status, ..Done::default() }
    }

    fn why(status: u16, why: &str) -> Done {
        let issue = json!({"severity": "error", "code": "processing", "diagnostics": why});
        let outcome = json!({"resourceType": "OperationOutcome", "issue": [issue]});
        Done { resource: Some(outcome), ..Done::of(status) }
    }
}

impl Store {
    /// An empty one.
    pub fn with(rules: Rules) -> Store {
        Store { rules, ..Store::default() }
    }

    /// What is there, with its version.
    pub fn all(&self) -> BTreeMap<String, (u64, Value)> {
        let there = |(key, kept): (&String, &Kept)| Some((key.clone(), (kept.version, kept.value.clone()?)));
        self.kept.iter().filter_map(there).collect()
    }

    /// A resource that is there.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.kept.get(key)?.value.as_ref()
    }

    /// Whether it was there once.
    pub fn is_deleted(&self, key: &str) -> bool {
        self.kept.get(key).is_some_and(|kept| kept.value.is_none())
    }

    /// Stores a resource as it is.
    pub fn put(&mut self, key: &str, value: Value) {
        let version = self.kept.get(key).map_or(0, |kept| kept.version) + 1;
        self.kept.insert(key.to_string(), Kept { version, value: Some(value) });
    }

    /// Changes a resource that is there.
    pub fn change(&mut self, key: &str, change: impl FnOnce(&mut Value)) {
        if let Some(mut value) = self.get(key).cloned() {
            change(&mut value);
            self.put(key, value);
        }
    }

    /// Deletes a resource, unless another refers to it.
    pub fn delete(&mut self, key: &str) -> bool {
        let refers =
            |kept: &Kept| kept.value.as_ref().is_some_and(|value| references(value).contains(&key.to_string()));
        if self.get(key).is_none() || self.kept.values().any(refers) {
            return false;
        }
        let version = self.kept[key].version + 1;
        self.kept.insert(key.to_string(), Kept { version, value: None });
        true
    }

    /// The resources that have this identifier, as `system|value`.
    pub fn with_identifier(&self, kind: &str, token: &str) -> Vec<String> {
        let has = |value: &Value| {
            value["identifier"].as_array().into_iter().flatten().any(|identifier| {
                let text = |name: &str| identifier[name].as_str().unwrap_or_default();
                format!("{}|{}", text("system"), text("value")) == token
            })
        };
        let start = format!("{kind}/");
        let is_match = |(key, kept): &(&String, &Kept)| key.starts_with(&start) && kept.value.as_ref().is_some_and(has);
        self.kept.iter().filter(is_match).map(|(key, _)| key.clone()).collect()
    }

    /// One interaction.
    pub fn call(&mut self, call: Call) -> Done {
        let has_conditions = call.if_match.is_some() || call.if_none_match.is_some();
        if self.rules.refuses_conditions && has_conditions {
            return Done::why(400, "If-Match is not supported");
        }
        match (call.method.as_str(), call.url.split_once('?')) {
            ("GET", Some((kind, query))) => self.search(kind, query, call.is_no_cache),
            ("GET", None) => self.read(&call.url),
            ("PUT", None) => self.update(call),
            ("POST", None) => self.create(call),
            _ => Done::of(400),
        }
    }

    fn shown(&self, key: &str) -> Option<Value> {
        let kept = self.kept.get(key)?;
        let mut value = kept.value.clone()?;
        value["meta"]["versionId"] = kept.version.to_string().into();
        Some(value)
    }

    fn read(&self, key: &str) -> Done {
        match self.shown(key) {
            Some(value) => Done { resource: Some(value), ..Done::of(200) },
            None if self.is_deleted(key) => Done::of(410),
            None => Done::why(404, "not found"),
        }
    }

    fn search(&mut self, kind: &str, query: &str, is_no_cache: bool) -> Done {
        let token = token(query);
        let name = format!("{kind}?{token}");
        let cached = self.cache.get(&name).filter(|(at, _)| self.rules.caches && self.now < *at + CACHED);
        let found = match cached.filter(|_| !is_no_cache) {
            Some((_, found)) => found.clone(),
            None => {
                let found = self.with_identifier(kind, &token);
                self.cache.insert(name, (self.now, found.clone()));
                found
            }
        };
        let all: Vec<Value> = found.iter().filter_map(|key| self.shown(key)).collect();
        let mut set = json!({"resourceType": "Bundle", "type": "searchset"});
        let shown = match (self.rules.page, query.split_once("&page=")) {
            (Some(size), None) if size < all.len() => {
                let next = format!("{kind}?{query}&page=2");
                set["link"] = json!([{"relation": "next", "url": next}]);
                &all[..size]
            }
            (Some(size), Some(_)) => &all[size.min(all.len())..],
            _ => &all[..],
        };
        set["entry"] = shown.iter().map(|value| json!({"resource": value, "search": {"mode": "match"}})).collect();
        Done { resource: Some(set), ..Done::of(200) }
    }

    fn update(&mut self, call: Call) -> Done {
        let Call { url, resource, .. } = call;
        let kept = self.kept.get(&url);
        let version = kept.map_or(0, |kept| kept.version);
        let is_there = kept.is_some_and(|kept| kept.value.is_some());
        if call.if_match.is_some_and(|wanted| wanted != format!("W/\"{version}\"")) {
            return Done::why(412, "another version");
        }
        if call.if_none_match.is_some() && is_there && self.rules.knows_if_none_match {
            return Done::why(412, "it is there");
        }
        if let Some(missing) = self.missing(&resource) {
            return Done::why(400, &missing);
        }
        if self.rules.gives_other_ids && !is_there {
            let kind = url.split('/').next().unwrap_or_default().to_string();
            return self.create(Call { url: kind, resource, ..Call::default() });
        }
        self.put(&url, resource);
        Done { location: Some(url), ..Done::of(if is_there { 200 } else { 201 }) }
    }

    fn create(&mut self, call: Call) -> Done {
        let Call { url, mut resource, .. } = call;
        if let Some(query) = call.if_none_exist {
            match &self.with_identifier(&url, &token(&query))[..] {
                [] => {}
                [found] => return Done { location: Some(found.clone()), ..Done::of(200) },
                _ => return Done::why(412, "several match"),
            }
        }
        if let Some(missing) = self.missing(&resource) {
            return Done::why(400, &missing);
        }
        self.given_ids += 1;
        let key = format!("{url}/s{}", self.given_ids);
        resource["id"] = format!("s{}", self.given_ids).into();
        self.put(&key, resource);
        Done { location: Some(key), ..Done::of(201) }
    }

    /// A reference that leads nowhere, on a server that minds.
    fn missing(&self, resource: &Value) -> Option<String> {
        let is_missing = |reference: &String| self.get(reference).is_none();
        references(resource).into_iter().filter(|_| self.rules.has_integrity).find(is_missing)
    }

    /// A Bundle: the entries' answers, or the status that a transaction failed with.
    pub fn bundle(&mut self, body: &Value, is_no_cache: bool, fail: Option<(&str, u16)>) -> Done {
        let is_transaction = body["type"] == "transaction";
        let before = self.clone();
        let (mut ids, mut entries) = (BTreeMap::new(), Vec::new());
        for entry in body["entry"].as_array().into_iter().flatten() {
            let text = |name: &str| entry["request"][name].as_str().map(str::to_string);
            let url = text("url").unwrap_or_default();
            let done = match fail.filter(|(start, _)| url.starts_with(start)) {
                Some((_, status)) => Done::why(status, "invariant"),
                None => self.call(Call {
                    method: text("method").unwrap_or_default(),
                    url,
                    if_none_exist: text("ifNoneExist"),
                    if_match: text("ifMatch"),
                    if_none_match: text("ifNoneMatch"),
                    is_no_cache,
                    resource: if is_transaction {
                        resolved(&entry["resource"], &ids)
                    } else {
                        entry["resource"].clone()
                    },
                }),
            };
            let is_atomic = is_transaction && self.rules.is_atomic && fail.is_none();
            if is_atomic && done.status >= 400 && text("method").as_deref() != Some("GET") {
                *self = before;
                return done;
            }
            if let (Some(full_url), Some(location)) = (entry["fullUrl"].as_str(), &done.location) {
                ids.insert(full_url.to_string(), location.clone());
            }
            entries.push(answered(done));
        }
        let set = json!({"resourceType": "Bundle", "type": format!("{}-response", body["type"].as_str().unwrap_or_default()), "entry": entries});
        Done { resource: Some(set), ..Done::of(200) }
    }
}

/// An entry of the answer to a Bundle.
fn answered(done: Done) -> Value {
    let mut entry = json!({"response": {"status": format!("{} X", done.status)}});
    if let Some(location) = done.location {
        entry["response"]["location"] = format!("{location}/_history/1").into();
    }
    match done.resource {
        Some(outcome) if done.status >= 400 => entry["response"]["outcome"] = outcome,
        Some(resource) => entry["resource"] = resource,
        None => {}
    }
    entry
}

fn resolved(resource: &Value, ids: &BTreeMap<String, String>) -> Value {
    let mut text = resource.to_string();
    ids.iter().for_each(|(from, to)| text = text.replace(&format!("\"{from}\""), &format!("\"{to}\"")));
    serde_json::from_str(&text).unwrap()
}

/// What a search is for, as `system|value`.
fn token(query: &str) -> String {
    let query = query.replace("%7C", "|");
    query.split('&').find_map(|part| part.strip_prefix("identifier=")).unwrap_or_default().to_string()
}

/// All references in a resource.
pub fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == "reference" => vec![text.clone()],
                other => references(other),
            })
            .collect(),
        _ => Vec::new(),
    }
}
