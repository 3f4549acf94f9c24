//! The entries of a study, made from its model without parsing text.

use super::search::{Search, by_uid};
use super::{Entry, Target, subject_hash};
use crate::fhir::bundle::{Bundle, full_url, selection_full_url};
use crate::fhir::json;
use crate::fhir::references::{Companion, Identity, Linked};
use crate::fhir::{Dialect, ImagingSelection, Reference};
use crate::output::Model;
use crate::upload::json::without_id;

/// The entries of a document. If the server assigns ids, a study is found by its UID.
pub fn entries(model: &Model<'_>, dialect: Dialect<'_>, server_ids: bool) -> Vec<Entry<'static>> {
    match model {
        Model::Bundle(bundle) => of_bundle(bundle, dialect, server_ids),
        Model::Study(linked) => vec![study(linked, dialect, server_ids)],
        Model::Selection(one) => vec![selection(one, dialect)],
        Model::Companion(one) => vec![companion(one, dialect)],
    }
}

fn of_bundle(bundle: &Bundle<'_>, dialect: Dialect<'_>, server_ids: bool) -> Vec<Entry<'static>> {
    let linked = &bundle.linked;
    let named = |full_url: String, entry| Entry { full_url: Some(full_url), ..entry };
    let companions = linked.beside.iter().map(|one| named(full_url(one), companion(one, dialect)));
    let study = named(bundle.study_full_url(), study(linked, dialect, server_ids));
    let selections = linked.selections.iter().map(|one| named(selection_full_url(one), selection(one, dialect)));
    companions.chain([study]).chain(selections).collect()
}

fn companion(companion: &Companion, dialect: Dialect<'_>) -> Entry<'static> {
    let kind = companion.resource_type().name();
    let text = json::text(companion, dialect);
    let place = Some(format!("{kind}/{}", companion.id));
    let number = match &companion.identity {
        Identity::Identified(identifier) => identifier.token(),
        Identity::Addressed | Identity::Private => None,
    };
    let entry = match number.map(|(system, value)| Search::by(kind, system, value)) {
        Some(search) => {
            let text = without_id(&text, &companion.id);
            Entry::new(kind, Target::Create, place, Some(search), text.into())
        }
        None => Entry::new(kind, Target::Put, place, None, text.into()),
    };
    of(&companion.subject, entry)
}

fn study(linked: &Linked<'_>, dialect: Dialect<'_>, server_ids: bool) -> Entry<'static> {
    let study = &linked.study;
    let text = json::text(linked, dialect);
    let uid = study.study_uid.as_ref().and_then(|uid| uid.token());
    let search = uid.and_then(|(_, uid)| by_uid(uid));
    let (target, text) = match search.is_some() && server_ids {
        true => (Target::Update, without_id(&text, &study.id)),
        false => (Target::Put, text),
    };
    Entry::new("ImagingStudy", target, Some(format!("ImagingStudy/{}", study.id)), search, text.into())
}

fn selection(selection: &ImagingSelection, dialect: Dialect<'_>) -> Entry<'static> {
    let text = json::text(selection, dialect);
    let place = Some(format!("ImagingSelection/{}", selection.id));
    of(&selection.subject, Entry::new("ImagingSelection", Target::Put, place, None, text.into()))
}

/// The entry with its subject, if it belongs to a patient.
fn of(subject: &Reference, entry: Entry<'static>) -> Entry<'static> {
    if !entry.belongs_to_a_patient() {
        return entry;
    }
    let (system, value) = subject.identifier.as_ref().and_then(|identifier| identifier.token()).unzip();
    Entry { subject: subject_hash([subject.literal.as_deref(), system, value]), ..entry }
}
