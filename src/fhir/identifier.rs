//! `Identifier`, and when two are equal: a value that lost bytes equals only the same bytes, and an issuer given by its
//! universal id, its local name or both is one issuer.

use std::collections::BTreeMap;
use std::fmt;

use super::datatypes::{Coding, Text};
use super::issuer::{Told, can_be_one, hash};

/// The value of an identifier, or the name of who gave it out.
///
/// Where bytes of it could not be read as characters, or were control characters, it also has the bytes of the file.
/// Such a value is shown, but it identifies nothing: two that look alike are equal only if their bytes are.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdText {
    text: String,
    lost: Option<Box<Lost>>,
}

/// Why a text identifies nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Lost {
    /// What the file has.
    raw: Box<[u8]>,
    /// Whether the header says two things of it.
    is_in_doubt: bool,
}

impl IdText {
    /// A text that lost bytes when it was decoded; `raw` is the value in the file.
    pub fn lossy(text: impl Into<String>, raw: &[u8]) -> IdText {
        IdText { text: text.into(), lost: Some(Box::new(Lost { raw: raw.into(), is_in_doubt: false })) }
    }

    /// The same where the header says two things of it, or of its issuer: it identifies as little as one that lost
    /// bytes.
    pub fn in_doubt(self) -> IdText {
        let raw = self.lost.map_or_else(|| self.text.as_bytes().into(), |lost| lost.raw);
        IdText { text: self.text, lost: Some(Box::new(Lost { raw, is_in_doubt: true })) }
    }

    /// Whether the header says two things of it.
    pub fn is_in_doubt(&self) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost.is_in_doubt)
    }

    /// The text for display.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text if no bytes were lost: only such a value may be searched for or shared.
    pub fn exact(&self) -> Option<&str> {
        self.lost.is_none().then_some(&self.text)
    }

    /// The parts that distinguish it from other values.
    pub fn parts(&self) -> Vec<String> {
        let bytes = self.lost.iter().map(|lost| lost.raw.escape_ascii().to_string());
        [self.text.clone()].into_iter().chain(bytes).collect()
    }
}

impl<T: Into<String>> From<T> for IdText {
    fn from(text: T) -> IdText {
        IdText { text: text.into(), lost: None }
    }
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The source of an identifier's system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SystemBy {
    /// The header, by a universal id.
    #[default]
    Header,
    /// The user, of a local name (`--issuer`) or of numbers without any issuer (`--system`).
    User,
}

/// `Identifier`. One without a value is never written.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    /// The namespace of the value.
    pub system: Option<Text>,
    /// The value.
    pub value: IdText,
    /// What kind of identifier it is.
    pub kind: Option<Coding>,
    /// `official`, where it is the business identifier of the thing.
    pub usage: Option<Text>,
    /// The display of the organization that gave it out.
    pub assigner: Option<IdText>,
    /// The source of the system.
    pub system_by: SystemBy,
    /// A universal id that no URI says (DNS, X500 …), as the header has it; it tells issuers apart, and is not written.
    pub unsaid: Option<IdText>,
    /// The coding scheme of a code for which no system is known; it is not written, and tells numbers apart.
    pub scheme: Option<IdText>,
}

/// How completely an issuer is known; the most complete first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Degree {
    Both,
    Universal,
    Local,
    Nothing,
}

impl Identifier {
    /// Whether anything is known of its issuer.
    pub fn has_issuer(&self) -> bool {
        self.degree() != Degree::Nothing
    }

    /// Whether it is an accession number (HL7 table 0203).
    pub fn is_accession(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.code == "ACSN")
    }

    /// The system and the value, where both are known to the last byte: what a search can be made of.
    pub fn token(&self) -> Option<(&str, &str)> {
        Some((self.system.as_deref()?, self.value.exact()?))
    }

    /// Whether both can be one number of one issuer: one without any issuer may be anybody's.
    pub fn can_be(&self, other: &Identifier) -> bool {
        let is_open = !self.has_issuer() || !other.has_issuer();
        (&self.value, &self.scheme) == (&other.value, &other.scheme)
            && (is_open || can_be_one(&[self.told(), other.told()]))
    }

    /// What it tells of the issuer.
    pub fn told(&self) -> Told {
        let text = |text: &IdText| hash(text.parts().iter().map(String::as_str));
        let system = self.system.as_deref().map(|system| hash([system]));
        let by = |by| system.filter(|_| self.system_by == by);
        let unsaid = self.unsaid.as_ref().map(|unsaid| hash(["unsaid"]) ^ text(unsaid));
        Told {
            universal: by(SystemBy::Header).or(unsaid.filter(|_| system.is_none())),
            local: self.local().map(text),
            given: by(SystemBy::User),
        }
    }

    /// Completes the issuer from the other identifier.
    pub fn complete(&mut self, other: &Identifier) {
        let lacks_name = self.local().is_none();
        if other.degree() < self.degree() {
            (self.system, self.system_by) = (other.system.clone(), other.system_by);
            self.unsaid.clone_from(&other.unsaid);
        }
        if lacks_name && (self.assigner.is_none() || other.local().is_some()) {
            self.assigner.clone_from(&other.assigner);
        }
    }

    /// The universal id of the header, as a system or as none.
    fn universal(&self) -> Option<(Option<&Text>, Option<&IdText>)> {
        let system = self.system.as_ref().filter(|_| self.system_by == SystemBy::Header);
        let unsaid = self.unsaid.as_ref().filter(|_| system.is_none());
        (system.is_some() || unsaid.is_some()).then_some((system, unsaid))
    }

    /// The local name; a universal id that no URI says stands in its place where there is none.
    fn local(&self) -> Option<&IdText> {
        self.assigner.as_ref().filter(|_| self.assigner != self.unsaid)
    }

    fn degree(&self) -> Degree {
        match (self.universal(), self.local()) {
            (Some(_), Some(_)) => Degree::Both,
            (Some(_), None) => Degree::Universal,
            (None, Some(_)) => Degree::Local,
            (None, None) => Degree::Nothing,
        }
    }
}

/// Adds the identifiers that are missing, and completes those that exist.
pub fn unite_identifiers(mine: &mut Vec<Identifier>, theirs: Vec<Identifier>) {
    for other in theirs {
        let is_like = |known: &&mut Identifier| known.kind == other.kind && known.can_be(&other);
        let is_there = mine.contains(&other);
        let mut like = mine.iter_mut().filter(is_like);
        match (like.next(), like.next()) {
            (Some(known), None) => known.complete(&other),
            _ if is_there => {}
            _ => mine.push(other),
        }
    }
}

/// Each number once: if a number is stated with its issuer in full, in part and not at all, the full form is kept,
/// where only one issuer can be meant. `merge_into` merges the others into it.
pub fn once_each<T>(all: Vec<T>, number: impl Fn(&T) -> Option<&Identifier>, merge_into: impl Fn(&mut T, T)) -> Vec<T> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut places: BTreeMap<(Option<Coding>, IdText), Vec<usize>> = BTreeMap::new();
    let mut by_degree = all;
    by_degree.sort_by_key(|one| number(one).map(Identifier::degree));
    for one in by_degree {
        let like = number(&one).map(|number| places.entry((number.kind.clone(), number.value.clone())).or_default());
        match number(&one).and_then(|one| place(&groups, like.as_deref().map_or(&[], Vec::as_slice), one, &number)) {
            Some(place) => groups[place].push(one),
            None => {
                like.into_iter().for_each(|like| like.push(groups.len()));
                groups.push(vec![one]);
            }
        }
    }
    let joined = |group: Vec<T>| {
        group.into_iter().reduce(|mut first, next| {
            merge_into(&mut first, next);
            first
        })
    };
    groups.into_iter().filter_map(joined).collect()
}

/// Which of the groups with this value a number belongs to: the one whose issuer it names; without an issuer, the only
/// one there is.
fn place<T>(
    groups: &[Vec<T>],
    like: &[usize],
    one: &Identifier,
    number: &impl Fn(&T) -> Option<&Identifier>,
) -> Option<usize> {
    let any = |place: &usize, fits: &dyn Fn(&Identifier) -> bool| groups[*place].iter().filter_map(number).any(fits);
    let is_told_so = |other: &Identifier| {
        (&other.system, &other.assigner, &other.unsaid) == (&one.system, &one.assigner, &one.unsaid)
    };
    if let Some(place) = like.iter().find(|place| any(place, &is_told_so)) {
        return Some(*place);
    }
    let mut fitting = like.iter().filter(|place| any(place, &|other| other.can_be(one)));
    match (fitting.next(), fitting.next()) {
        (Some(place), None) => Some(*place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number as `universal id/local name`, each of which may be empty.
    fn number(issuer: &str) -> Identifier {
        let (universal, local) = issuer.split_once('/').unwrap();
        let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
        Identifier {
            value: "1".into(),
            system: some(universal).map(Text::from),
            assigner: some(local).map(IdText::from),
            ..Identifier::default()
        }
    }

    fn told(number: &Identifier) -> String {
        let assigner = number.assigner.as_ref().map(IdText::text).unwrap_or_default();
        format!("{}/{assigner}", number.system.as_deref().unwrap_or_default())
    }

    #[test]
    fn an_issuer_told_in_several_degrees_is_one() {
        for (issuers, want) in [
            (&["/A", "U/A"] as &[&str], &["U/A"] as &[&str]),
            (&["U/", "U/A"], &["U/A"]),
            (&["/A", "U/", "U/A", "/"], &["U/A"]),
            (&["U/A", "U/B"], &["U/A"]),
            (&["U/A", "U/B", "/B"], &["U/A"]),
            (&["/A", "U/"], &["U/", "/A"]),
            (&["/A", "U/A", "V/A"], &["U/A", "V/A", "/A"]),
            (&["/", "/A"], &["/A"]),
            (&["/", "/A", "/B"], &["/A", "/B", "/"]),
            (&["/", "/"], &["/"]),
        ] {
            for reversed in [false, true] {
                let mut numbers: Vec<Identifier> = issuers.iter().map(|issuer| number(issuer)).collect();
                if reversed {
                    numbers.reverse();
                }
                numbers.sort();
                let once = once_each(numbers, |number| Some(number), |kept, other| kept.complete(&other));
                assert_eq!(once.iter().map(told).collect::<Vec<_>>(), want, "{issuers:?}");
            }
        }
    }

    #[test]
    fn the_users_system_for_numbers_without_issuer_is_no_issuer() {
        let bare = Identifier { system_by: SystemBy::User, ..number("S/") };
        assert!(!bare.has_issuer() && bare.can_be(&number("/A")));
        let mut completed = bare.clone();
        completed.complete(&number("U/A"));
        assert_eq!(told(&completed), "U/A");
        let mapped = Identifier { system_by: SystemBy::User, ..number("S/A") };
        assert!(mapped.can_be(&number("U/A")), "the local names are equal, and one says no universal id");
        assert!(mapped.can_be(&number("S/")), "the user says that A is S");
        assert!(!mapped.can_be(&number("U/")));
    }

    #[test]
    fn a_universal_id_that_no_uri_says_tells_issuers_apart_all_the_same() {
        let with =
            |local: &str, unsaid: &str| Identifier { unsaid: Some(unsaid.into()), ..number(&format!("/{local}")) };
        let alone = |unsaid: &str| with(unsaid, unsaid);
        for (one, other, want) in [
            (with("A", "a.example"), with("A", "b.example"), false),
            (with("A", "a.example"), with("B", "a.example"), true),
            (with("A", "a.example"), alone("a.example"), true),
            (alone("a.example"), alone("b.example"), false),
            (with("A", "a.example"), number("U/A"), false),
            (with("A", "a.example"), number("/A"), true),
            (alone("a.example"), number("/A"), false),
        ] {
            assert_eq!((one.can_be(&other), other.can_be(&one)), (want, want), "{one:?} {other:?}");
        }
        let mut completed = alone("a.example");
        completed.complete(&with("A", "a.example"));
        assert_eq!(told(&completed), "/A");
        completed.complete(&alone("a.example"));
        assert_eq!(told(&completed), "/A");
    }

    #[test]
    fn a_value_that_lost_bytes_equals_the_same_bytes_only() {
        let (one, other) = (IdText::lossy("\u{FFFD}1", b"\xC41"), IdText::lossy("\u{FFFD}1", b"\xD61"));
        assert_ne!(one, other);
        assert_ne!(one, IdText::from("\u{FFFD}1"));
        assert_eq!(one, IdText::lossy("\u{FFFD}1", b"\xC41"));
        assert_eq!((one.exact(), one.text()), (None, "\u{FFFD}1"));
        assert_ne!(one.parts(), other.parts());
        let identifier = Identifier { value: one, ..number("U/") };
        assert_eq!(identifier.token(), None);
    }

    #[test]
    fn a_number_that_can_be_either_of_two_is_added_once() {
        let mut all = vec![number("U/"), number("V/")];
        unite_identifiers(&mut all, vec![number("V/B"), number("/"), number("/")]);
        assert_eq!(all.iter().map(told).collect::<Vec<_>>(), ["U/", "V/B", "/"]);
    }

    #[test]
    fn what_is_in_doubt_is_nothing_but_itself() {
        let (exact, doubted) = (IdText::from("1"), IdText::from("1").in_doubt());
        assert_eq!((doubted.text(), doubted.exact(), doubted.is_in_doubt()), ("1", None, true));
        assert_ne!(exact, doubted);
        assert_ne!(exact.parts(), doubted.parts());
        assert_eq!(doubted, IdText::from("1").in_doubt());
        assert!(!exact.is_in_doubt() && !IdText::lossy("1", b"\xC4").is_in_doubt());
    }
}
