//! PN: a name in up to three scripts, each with five components (PS3.5 6.2.1).
//!
//! Groups and components that say nothing are absent, and a name that has no others is none.

/// The name of a person in the scripts that it is written in; at least one of them is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName {
    /// The name in single-byte characters, or in whatever stands before the first `=`.
    pub alphabetic: Option<Components>,
    /// The name in ideographs.
    pub ideographic: Option<Components>,
    /// The name as it is spoken, such as in kana or hangul.
    pub phonetic: Option<Components>,
    is_overlong: bool,
}

/// The five components of a name; an absent one is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Components {
    /// The family name complex, or the whole name where it is not divided.
    pub family: String,
    /// The given name complex.
    pub given: String,
    /// The middle name.
    pub middle: String,
    /// The prefix, such as `Dr.`.
    pub prefix: String,
    /// The suffix, such as `Jr.`, with all that follows it.
    pub suffix: String,
}

impl PersonName {
    /// Reads the decoded text of one PN; a degenerate one, such as `^^^`, is no name.
    ///
    /// Components after the suffix are added to it; groups after the phonetic one are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let mut groups = text.split('=').map(Components::parse);
        let mut next = || groups.next().unwrap_or_default();
        let [alphabetic, ideographic, phonetic] = [next(), next(), next()];
        let has_extra_groups = groups.any(|group| group.name.is_some());
        let is_overlong =
            has_extra_groups || [&alphabetic, &ideographic, &phonetic].iter().any(|group| group.has_extra);
        let [alphabetic, ideographic, phonetic] = [alphabetic, ideographic, phonetic].map(|group| group.name);
        let name = Self { alphabetic, ideographic, phonetic, is_overlong };
        let is_there = name.groups().next().is_some();
        is_there.then_some(name)
    }

    /// Whether the name had more than five components or three groups, which PS3.5 6.2.1 does not allow.
    pub fn is_overlong(&self) -> bool {
        self.is_overlong
    }

    /// One readable line, `Dr. Karl Theodor Adams-Müller Jr.`, of the first group that is there.
    pub fn display(&self) -> String {
        self.groups().next().map(Components::display).unwrap_or_default()
    }

    /// The groups that are there, in the order alphabetic, ideographic, phonetic.
    pub fn groups(&self) -> impl Iterator<Item = &Components> {
        [&self.alphabetic, &self.ideographic, &self.phonetic].into_iter().flatten()
    }
}

/// A group of components as it is read.
#[derive(Debug, Default)]
struct Group {
    name: Option<Components>,
    has_extra: bool,
}

impl Components {
    /// One readable line; a name in an East Asian script begins with the family, any other with the prefix.
    pub fn display(&self) -> String {
        let Self { family, given, middle, prefix, suffix } = self;
        let western = [prefix, given, middle, family, suffix];
        let eastern = [family, given, middle, prefix, suffix];
        let is_eastern = western.iter().any(|component| component.chars().any(is_east_asian));
        present(if is_eastern { eastern } else { western }.map(String::as_str)).join(" ")
    }

    fn parse(group: &str) -> Group {
        let mut components = group.split('^').map(str::trim);
        let mut next = || components.next().unwrap_or_default().to_owned();
        let mut name = Self { family: next(), given: next(), middle: next(), prefix: next(), suffix: next() };
        let extra: Vec<&str> = components.filter(|extra| !extra.is_empty()).collect();
        name.suffix = present([name.suffix.as_str(), &extra.join(" ")]).join(" ");
        Group { name: (name != Self::default()).then_some(name), has_extra: !extra.is_empty() }
    }
}

/// Whether the script is Han, Kana or Hangul.
fn is_east_asian(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{11FF}' // Hangul Jamo
        | '\u{3005}'..='\u{3007}' // ideographic iteration, closing mark and zero
        | '\u{3040}'..='\u{318F}' // Hiragana, Katakana, Bopomofo, Hangul compatibility Jamo
        | '\u{3400}'..='\u{4DBF}' // Han, extension A
        | '\u{4E00}'..='\u{9FFF}' // Han
        | '\u{AC00}'..='\u{D7AF}' // Hangul syllables
        | '\u{F900}'..='\u{FAFF}' // Han, compatibility
        | '\u{FF66}'..='\u{FF9F}' // Katakana of half width
        | '\u{20000}'..='\u{3FFFF}' // Han, later extensions
    )
}

fn present<const N: usize>(components: [&str; N]) -> Vec<&str> {
    components.into_iter().filter(|component| !component.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn components(name: Option<Components>) -> Option<[String; 5]> {
        name.map(|Components { family, given, middle, prefix, suffix }| [family, given, middle, prefix, suffix])
    }

    #[test]
    fn a_name_is_shown_as_it_is_spoken() {
        for (text, want) in [
            ("Adams-Müller^Karl^Theodor^Dr.^Jr.", "Dr. Karl Theodor Adams-Müller Jr."),
            ("Doctor^Who^^MD", "MD Who Doctor"),
            ("Morrison-Jones^Susan^^^Ph.D., Radiologist", "Susan Morrison-Jones Ph.D., Radiologist"),
            (" Smith ^ Jane ^", "Jane Smith"),
            ("^Jane", "Jane"),
            ("Radiology, Ward 7", "Radiology, Ward 7"),
            ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Tarou Yamada"),
            ("=山田^太郎=やまだ^たろう", "山田 太郎"),
            ("山田^太郎", "山田 太郎"),
            ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
            ("^^^=^=홍^길동", "홍 길동"),
            ("a^b^c^d^e^f^^g", "d b c a e f g"),
        ] {
            let name = PersonName::parse(text);
            assert_eq!(name.map(|name| name.display()).as_deref(), Some(want), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_none() {
        for text in ["", " ", "^", "^^^^", "=", "==", "^^=^^=^^", " ^ ^ = ", "^^^^^^", "===="] {
            assert_eq!(PersonName::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn each_group_has_its_components() {
        let name = PersonName::parse("Wang^XiaoDong^^=王^小東=").unwrap();
        assert_eq!(components(name.alphabetic), Some(["Wang", "XiaoDong", "", "", ""].map(String::from)));
        assert_eq!(components(name.ideographic), Some(["王", "小東", "", "", ""].map(String::from)));
        assert_eq!(components(name.phonetic), None);
    }

    #[test]
    fn a_name_with_too_many_parts_says_so() {
        for (text, want) in [
            ("a^b^c^d^e", false),
            ("a^b^c^d^e^^", false),
            ("a=b=c=", false),
            ("a=b=c=^", false),
            ("a^b^c^d^e^f", true),
            ("a=b^^^^^x", true),
            ("a=b=c=d", true),
        ] {
            assert_eq!(PersonName::parse(text).unwrap().is_overlong(), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_there_shows_something(text in "[a^= ]{0,20}", any in ".*") {
            for name in [text, any].iter().filter_map(|text| PersonName::parse(text)) {
                let shown = name.display();
                prop_assert!(!shown.is_empty());
                prop_assert_eq!(shown.trim(), &shown);
            }
        }
    }
}
