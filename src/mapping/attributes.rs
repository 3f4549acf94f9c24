//! The attributes of one data set as a row sees them: only those that the row names, decoded, with the issues found.

use std::cell::RefCell;

use dicom_core::Tag;

use super::attribute::{Attribute, CODING_SCHEMES};
use super::options::Options;
use crate::dicom::DataSet;
use crate::dicom::charset::{CharacterSet, Decoded, TextFault};
use crate::dicom::value::{is_oid, trim_uid, unsigned};
use crate::fhir::IdText;
use crate::issue::{Issue, Reason};

/// The attributes of a row in one data set or sequence item.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    data_set: DataSet<'a>,
    root: DataSet<'a>,
    prefix: Vec<Tag>,
    row: RowView<'a>,
}

/// The most items of the list of coding schemes that are searched for a code: a data set can have many codes, and the
/// list is searched for each.
const MAX_SCHEMES: usize = 256;

/// What all data sets that a row reads have in common.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'a> {
    /// The element of the row.
    pub element: &'static str,
    /// The attributes that the row names.
    pub attributes: &'static [Attribute],
    /// The attributes of the row of the reference, where the row is of a companion resource: it sees what both name.
    pub within: Option<&'static [Attribute]>,
    /// The options about the archive.
    pub options: &'a Options,
    /// The row's issues.
    pub issues: &'a RefCell<Vec<Issue>>,
}

impl<'a> Attributes<'a> {
    /// A row's view of a whole data set.
    pub fn new(root: DataSet<'a>, row: RowView<'a>) -> Attributes<'a> {
        Attributes { data_set: root, root, prefix: Vec::new(), row }
    }

    /// The options about the archive.
    pub fn options(&self) -> &'a Options {
        self.row.options
    }

    /// The same data set as the row of a companion resource sees it.
    pub fn seen_by(&self, attributes: &'static [Attribute]) -> Attributes<'a> {
        let row = RowView { attributes, within: Some(self.row.attributes), ..self.row };
        Attributes { row, ..self.clone() }
    }

    /// The first attribute of this data set that the row of a companion and the row of the reference both name.
    pub fn shared_tag(&self) -> Option<Tag> {
        let tags = self.row.attributes.iter().filter_map(|attribute| attribute.path().split_last());
        let mut here = tags.filter(|(_, prefix)| *prefix == self.prefix).map(|(tag, _)| *tag);
        here.find(|tag| self.row.within.is_some_and(|within| allows(within, &self.prefix, *tag)))
    }

    /// The attribute that the row names at this place, counted from 0.
    pub fn tag(&self, place: usize) -> Tag {
        let path = self.row.attributes.get(place).and_then(|attribute| attribute.path().last());
        *path.expect("the row names so many attributes")
    }

    /// The value of a one-line attribute (LO, SH, UC …) that has one; `None` where absent or empty.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let text = self.line(tag)?;
        if text.contains('\\') {
            self.note(tag, Reason::SeveralValues, &text);
        }
        Some(text)
    }

    /// The value of a one-line attribute that identifies something, or names who gave a number out. One in which bytes
    /// were replaced keeps the bytes of the file, so that it is never taken for another: undecodable ones, control
    /// characters, tabs and line ends, and what another program replaced before.
    pub fn id_text(&self, tag: Tag) -> Option<IdText> {
        let text = self.line(tag)?;
        if trimmed(self.bytes(tag)?).iter().any(is_line_end) {
            self.note(tag, Reason::ControlCharacter, &text);
        }
        if self.are_contradicted(&[tag]) {
            let all = self.different(tag).join(&b'\\');
            let set = self.options().character_set(self.data_set.character_set());
            return Some(IdText::lossy(set.decode(&all).text, &all).in_doubt());
        }
        if let Some(raw) = self.lost(tag, &text) {
            return Some(IdText::lossy(text, raw));
        }
        if !text.contains('\\') {
            return Some(IdText::from(text));
        }
        self.note(tag, Reason::SeveralValues, &text);
        values(&text).next().map(IdText::from)
    }

    /// Whether any of these attributes of one value (VM 1) has several that differ, or stands twice and differs: nobody
    /// can say then which one holds.
    pub fn are_contradicted(&self, tags: &[Tag]) -> bool {
        let is_contradicted = |tag: &&Tag| self.different(**tag).len() > 1 || self.has_several(**tag);
        let contradicted = tags.iter().filter(is_contradicted);
        contradicted.map(|tag| self.note(*tag, Reason::RepeatedIdentity, "")).count() > 0
    }

    /// Whether the value of an attribute is several that differ, or of which nobody can say whether they do. In UT (the
    /// issuer's names) a backslash is a character, but writers use it there as they do elsewhere.
    fn has_several(&self, tag: Tag) -> bool {
        let Some(bytes) = self.bytes(tag).filter(|bytes| bytes.contains(&b'\\')) else { return false };
        let set = self.options().character_set(self.data_set.character_set());
        let text = set.decode(bytes).text;
        let differ = || values(&text).any(|value| Some(value) != values(&text).next());
        text.contains('\\') && (self.lost(tag, &text).is_some() || differ())
    }

    /// The different values of an attribute that should stand once, in the order of the file.
    fn different(&self, tag: Tag) -> Vec<&'a [u8]> {
        let all = self.data_set.all_bytes(tag).filter(|_| self.allows(tag)).map(trimmed);
        let mut different: Vec<&[u8]> = all.filter(|value| !value.is_empty()).collect();
        different.reverse();
        different.dedup();
        different
    }

    /// The bytes of a value, where what is shown of them may be shown of others too: characters were replaced, or line
    /// ends became blanks.
    pub fn lost(&self, tag: Tag, shown: &str) -> Option<&'a [u8]> {
        let raw = trimmed(self.bytes(tag)?);
        (shown.contains(char::REPLACEMENT_CHARACTER) || raw.iter().any(is_line_end)).then_some(raw)
    }

    /// Like [`Attributes::text`], but several values are no issue: for attributes that have many, or are parsed.
    pub fn line(&self, tag: Tag) -> Option<String> {
        self.decoded(tag, CharacterSet::decode)
    }

    /// The value of a text of several lines (ST, LT, UT).
    pub fn long_text(&self, tag: Tag) -> Option<String> {
        self.decoded(tag, CharacterSet::decode_text)
    }

    /// The value of a person name attribute, all of its values and groups in one text.
    pub fn names(&self, tag: Tag) -> Option<String> {
        self.decoded(tag, CharacterSet::decode_name)
    }

    /// The values of a multi-valued attribute, without empty ones.
    pub fn texts(&self, tag: Tag) -> Vec<String> {
        let text = self.line(tag).unwrap_or_default();
        values(&text).map(str::trim).filter(|value| !value.is_empty()).map(str::to_string).collect()
    }

    /// The value of a UI attribute; an empty one is absent.
    pub fn uid(&self, tag: Tag) -> Option<String> {
        let value = trim_uid(self.bytes(tag)?);
        (!value.is_empty()).then(|| without_controls(&String::from_utf8_lossy(value)))
    }

    /// The value of a UI attribute that can stand behind `urn:oid:`; any other is an issue.
    pub fn oid(&self, tag: Tag) -> Option<String> {
        let uid = self.uid(tag)?;
        if self.are_contradicted(&[tag]) {
            return None;
        }
        if is_oid(&uid) { Some(uid) } else { self.drop(tag, Reason::NotAnOid, &uid) }
    }

    /// The value of an IS attribute as FHIR's unsignedInt; any other number is an issue.
    pub fn unsigned(&self, tag: Tag) -> Option<u32> {
        let text = self.line(tag)?;
        match unsigned(&text) {
            Ok(number) => Some(number),
            Err(reason) => self.drop(tag, reason, &text),
        }
    }

    /// The items of a sequence, each seen as far as the row names its attributes.
    pub fn items(&self, tag: Tag) -> Vec<Attributes<'a>> {
        if !self.allows(tag) {
            return Vec::new();
        }
        let items = self.data_set.items(tag);
        items.map(|item| Attributes { data_set: item, prefix: [&*self.prefix, &[tag]].concat(), ..*self }).collect()
    }

    /// The only UID that the data set's own list of coding schemes gives a designator (PS3.3 C.12.1, (0008,0110)).
    pub fn scheme_uid(&self, designator: &str) -> Option<String> {
        let [[sequence, name], [_, uid]] = CODING_SCHEMES else { return None };
        let listed =
            |item: &DataSet<'_>| item.bytes(*name).is_some_and(|bytes| trim_uid(bytes) == designator.as_bytes());
        let items = self.root.items(*sequence).take(MAX_SCHEMES).filter(listed);
        let mut uids = items.flat_map(|item| item.all_bytes(*uid)).map(trim_uid);
        let first = uids.next()?;
        uids.all(|other| other == first).then(|| String::from_utf8_lossy(first).into_owned())
    }

    /// Reports a dropped value; always `None`.
    pub fn drop<T>(&self, tag: Tag, reason: Reason, value: &str) -> Option<T> {
        self.note(tag, reason, value);
        None
    }

    /// Reports a value that is used nevertheless.
    pub fn note(&self, tag: Tag, reason: Reason, value: &str) {
        let issue = Issue {
            element: self.row.element,
            tags: self.prefix.iter().copied().chain([tag]).collect(),
            reason,
            value: (self.row.options.keep_values || reason.tells_value()).then(|| value.to_string()),
        };
        self.row.issues.borrow_mut().push(issue);
    }

    fn decoded(&self, tag: Tag, decode: for<'b> fn(&CharacterSet, &'b [u8]) -> Decoded<'b>) -> Option<String> {
        let bytes = self.bytes(tag)?;
        let set = self.options().character_set(self.data_set.character_set());
        let Decoded { text, fault } = decode(&set, bytes);
        if let Some(fault) = fault {
            self.note(tag, text_reason(fault), &text);
        }
        (!text.trim().is_empty()).then(|| text.into_owned())
    }

    fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        self.allows(tag).then(|| self.data_set.bytes(tag)).flatten()
    }

    fn allows(&self, tag: Tag) -> bool {
        let is_named = allows(self.row.attributes, &self.prefix, tag);
        debug_assert!(is_named, "the row {} does not name {tag} at {:?}", self.row.element, self.prefix);
        is_named && self.row.within.is_none_or(|within| allows(within, &self.prefix, tag))
    }
}

fn allows(attributes: &[Attribute], prefix: &[Tag], tag: Tag) -> bool {
    attributes.iter().any(|attribute| attribute.allows(prefix, tag))
}

/// The values in a text, without padding and empty ones.
fn values(text: &str) -> impl Iterator<Item = &str> {
    text.split('\\').map(|value| value.trim_matches(' ')).filter(|value| !value.is_empty())
}

/// The text of the row's attribute.
pub fn text(attributes: &Attributes<'_>) -> Option<String> {
    attributes.text(attributes.tag(0))
}

/// The texts of the row's attribute.
pub fn texts(attributes: &Attributes<'_>) -> Vec<String> {
    attributes.texts(attributes.tag(0))
}

/// The number of the row's attribute.
pub fn number(attributes: &Attributes<'_>) -> Option<u32> {
    attributes.unsigned(attributes.tag(0))
}

/// The bytes without their padding, and without the leading spaces that mean nothing in a line (PS3.5 6.2).
fn trimmed(raw: &[u8]) -> &[u8] {
    let is_padding = |byte: &u8| matches!(byte, 0 | b' ');
    let start = raw.iter().position(|byte| *byte != b' ').unwrap_or(raw.len());
    let end = raw.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    raw.get(start..end).unwrap_or_default()
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C)
}

/// The text without control characters, which no FHIR string holds.
fn without_controls(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }).collect()
}

/// The reason of a fault of the encoding, for the report.
pub fn text_reason(fault: TextFault) -> Reason {
    match fault {
        TextFault::TakenAsTold => Reason::TakenAsTold,
        TextFault::TakenAsUtf8 => Reason::TakenAsUtf8,
        TextFault::UndeclaredEscape => Reason::UndeclaredEscape,
        TextFault::MissingEscape => Reason::MissingEscape,
        TextFault::ControlCharacter => Reason::ControlCharacter,
        TextFault::UnknownEscape | TextFault::Undecodable => Reason::Undecodable,
        TextFault::UnknownTerm => Reason::UnknownCharacterSet,
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::dicom::{Header, Levels};
    use crate::mapping::sample::{header, items, mapped_with, text};
    use crate::mapping::{SERIES, STUDY};
    use dicom_dictionary_std::tags;

    #[test]
    #[should_panic(expected = "does not name")]
    fn a_row_that_looks_at_what_it_does_not_name_is_caught() {
        let (header, options, issues) = (Header::default(), Options::default(), RefCell::default());
        let named = &[Attribute::Value(&[tags::STUDY_DATE])];
        let row = RowView { element: "started", attributes: named, within: None, options: &options, issues: &issues };
        Attributes::new(header.root(), row).text(tags::STUDY_TIME);
    }

    #[test]
    fn a_row_of_a_companion_sees_what_the_row_of_the_reference_names_too() {
        let header = header(&[text(tags::STUDY_ID, "1"), text(tags::STUDY_DESCRIPTION, "2")]);
        let (options, issues) = (Options::default(), RefCell::default());
        let both = &[Attribute::Value(&[tags::STUDY_ID]), Attribute::Value(&[tags::STUDY_DESCRIPTION])];
        let within = Some(&both[..1]);
        let row = RowView { element: "id", attributes: both, within, options: &options, issues: &issues };
        let seen = [tags::STUDY_ID, tags::STUDY_DESCRIPTION].map(|tag| Attributes::new(header.root(), row).text(tag));
        assert_eq!(seen, [Some("1".to_string()), None]);
    }

    #[test]
    fn an_issue_has_the_way_to_the_attribute_and_the_value_only_when_asked() {
        let uid = text(tags::REFERENCED_SOP_INSTANCE_UID, "x");
        let data_set = [items(tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, [vec![uid]])];
        for keep_values in [false, true] {
            let options = Options { keep_values, ..Options::default() };
            let issues = mapped_with(SERIES, &data_set, &options).issues;
            let [issue] = issues.as_slice() else { panic!("{issues:?}") };
            let path = [tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, tags::REFERENCED_SOP_INSTANCE_UID];
            assert_eq!((issue.element, issue.tags.as_slice()), ("partOf", path.as_slice()));
            assert_eq!(issue.value.as_deref(), keep_values.then_some("x"));
        }
    }

    #[test]
    fn an_item_is_read_in_its_own_character_set() {
        let mut header = header(&[text(tags::STUDY_DESCRIPTION, "Müller")]);
        let sequence = header.open_sequence(tags::REQUEST_ATTRIBUTES_SEQUENCE, Levels::ALL).unwrap();
        let item = header.open_item().unwrap();
        header.push_value(tags::SPECIFIC_CHARACTER_SET, Levels::ALL, b"ISO_IR 100").unwrap();
        header.push_value(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, Levels::ALL, b"M\xFCller").unwrap();
        header.close(item);
        header.close(sequence);
        let options = Options::default();
        let study = crate::mapping::map(STUDY, header.root(), &options);
        let series = crate::mapping::map(SERIES, header.root(), &options);
        assert_eq!(study.part.description.as_deref(), Some("Müller"));
        assert_eq!(series.part.reason[0].label(), Some("Müller"));
        assert_eq!(series.issues, []);
    }
}
