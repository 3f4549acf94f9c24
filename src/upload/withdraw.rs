//! Sets a study whose files are gone to entered-in-error: its status alone, on the version that was read.

use serde_json::Value;

use super::counts::End;
use super::json::Json;
use super::plan::{Change, Write};
use super::send::print;
use super::{Server, fhir_read, fhir_write};
use crate::error::Error;
use crate::http::{Answer, Safety, Sent};

/// What is there, and its version.
enum There {
    Study(Box<Value>, Option<String>),
    Nothing,
    /// It cannot be read, or is another study.
    Unusable(String),
}

impl Server {
    /// Sets the study's status, and says whether it has it now, or is not there at all. A dry run says what would
    /// change.
    pub(super) fn withdraw_study(&self, id: &str, study_uid: &str) -> Result<bool, Error> {
        self.sender.interrupt.check()?;
        let (mut study, etag) = match self.study_there(id, study_uid)? {
            There::Study(study, etag) => (*study, etag),
            There::Nothing => return Ok(true),
            There::Unusable(why) => return self.not_withdrawn(id, &why),
        };
        if matches!(study["status"].as_str(), Some("entered-in-error" | "cancelled")) {
            return Ok(true);
        }
        let before = std::mem::replace(&mut study["status"], "entered-in-error".into());
        let path = format!("ImagingStudy/{}", study["id"].as_str().unwrap_or(id));
        if self.dry_run {
            let [before, after] = [&before, &study["status"]].map(|status| Json::parse(&status.to_string()));
            let changes = vec![Change { path: "status".to_string(), before, after }];
            print(&[&Write { url: &path, is_update: true, changes, ..Write::default() }], self.diff);
            return Ok(false);
        }
        let text = study.to_string();
        let mut request = fhir_write("PUT", &path, &text);
        if let Some(etag) = etag.as_deref() {
            request.headers.push(("if-match", etag));
        }
        match self.sender.send(&request, Safety::Repeatable)? {
            Sent::Answer(Answer { status: 200 | 201 | 204, .. }) => Ok(true),
            Sent::Answer(answer) => self.not_withdrawn(id, &answer.status.to_string()),
            Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) | Sent::Refused(why) => {
                self.not_withdrawn(id, &why)
            }
        }
    }

    /// The study on the server: by its id, unless the server gives the ids, and then by its identifier.
    fn study_there(&self, id: &str, study_uid: &str) -> Result<There, Error> {
        let identifier = format!("urn:oid:{study_uid}");
        if !self.allowed.server_ids {
            let there = self.study_at(&format!("ImagingStudy/{id}"), &identifier)?;
            if !matches!(there, There::Nothing) {
                return Ok(there);
            }
        }
        self.study_at(&format!("ImagingStudy?identifier=urn:dicom:uid%7C{identifier}"), &identifier)
    }

    /// The study with this identifier at an address or among what a search finds.
    fn study_at(&self, path: &str, identifier: &str) -> Result<There, Error> {
        let answer = match self.sender.send(&fhir_read(path), Safety::Repeatable)? {
            Sent::Answer(answer) => answer,
            Sent::GaveUp(why) | Sent::Cut(why) | Sent::Unknown(why) | Sent::Refused(why) => {
                return Ok(There::Unusable(why));
            }
        };
        match answer.status {
            200 => {}
            404 | 410 => return Ok(There::Nothing),
            status => return Ok(There::Unusable(status.to_string())),
        }
        let etag = answer.header("etag").map(str::to_string);
        let Ok(found) = serde_json::from_slice::<Value>(&answer.body) else {
            return Ok(There::Unusable("its answer is no JSON".to_string()));
        };
        Ok(chosen(found, etag, identifier))
    }

    fn not_withdrawn(&self, id: &str, why: &str) -> Result<bool, Error> {
        let (name, why) = (format!("ImagingStudy/{id}"), format!("entered-in-error was not set: {why}"));
        self.count_by(|counts| {
            counts.studies.add(End::Rejected);
            counts.refused(&name, &why);
        });
        self.list_not_taken(&name, End::Rejected, &why)?;
        Ok(false)
    }
}

/// The study among what was found, if it is the one with this identifier.
fn chosen(found: Value, etag: Option<String>, identifier: &str) -> There {
    let is_it = |study: &Value| {
        let identifiers = study["identifier"].as_array().into_iter().flatten();
        identifiers.into_iter().any(|one| one["value"] == identifier && one["system"] == "urn:dicom:uid")
    };
    if found["resourceType"] != "Bundle" {
        return match is_it(&found) {
            true => There::Study(Box::new(found), etag),
            false => There::Unusable("it is another study there".to_string()),
        };
    }
    let entries = found["entry"].as_array().cloned().unwrap_or_default();
    let mut studies: Vec<Value> = entries.into_iter().map(|mut entry| entry["resource"].take()).filter(is_it).collect();
    match (studies.pop(), studies.is_empty()) {
        (None, _) => There::Nothing,
        (Some(study), true) => {
            let version = study["meta"]["versionId"].as_str().map(|version| format!("W/\"{version}\""));
            There::Study(Box::new(study), version)
        }
        (Some(_), false) => There::Unusable("several studies there have its identifier".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_one_study_with_the_identifier_is_chosen() {
        let study = |uid: &str| {
            json!({"resourceType": "ImagingStudy", "id": "7", "meta": {"versionId": "3"},
                   "identifier": [{"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}]})
        };
        let bundle = |all: &[Value]| {
            let entries: Vec<Value> = all.iter().map(|study| json!({"resource": study})).collect();
            json!({"resourceType": "Bundle", "entry": entries})
        };
        for (found, want) in [
            (study("1.2"), "study"),
            (study("1.3"), "unusable"),
            (bundle(&[study("1.2")]), "study"),
            (bundle(&[study("1.3"), study("1.2")]), "study"),
            (bundle(&[study("1.2"), study("1.2")]), "unusable"),
            (bundle(&[]), "nothing"),
        ] {
            let said = match chosen(found.clone(), None, "urn:oid:1.2") {
                There::Study(..) => "study",
                There::Nothing => "nothing",
                There::Unusable(_) => "unusable",
            };
            assert_eq!(said, want, "{found}");
        }
    }
}
