//! The examples of PS3.5 annexes H to K, what is found in the wild, and properties of any bytes.

use proptest::prelude::*;

use super::TextFault::*;
use super::*;

type Row<'a> = (&'a [u8], &'a [u8], &'a str);

fn name(set: &[u8], bytes: &[u8]) -> (String, Option<TextFault>) {
    let decoded = CharacterSet::parse(set).decode_name(bytes);
    (decoded.text.into_owned(), decoded.fault)
}

fn line(set: &[u8], bytes: &[u8]) -> (String, Option<TextFault>) {
    let decoded = CharacterSet::parse(set).decode(bytes);
    (decoded.text.into_owned(), decoded.fault)
}

#[test]
fn names_of_the_annexes_h_to_k_are_read() {
    let rows: [Row; 19] = [
        (b"", b"Yamada^Tarou ", "Yamada^Tarou"),
        (b"ISO_IR 100", b"Buc^J\xE9r\xF4me", "Buc^Jérôme"),
        (b"ISO_IR 100", b"\xC4neas^R\xFCdiger", "Äneas^Rüdiger"),
        (b"ISO_IR 101", b"Wa\xB3\xEAsa", "Wałęsa"),
        (b"ISO_IR 109", b"\xC6e\xF8o", "Ĉeĝo"),
        (b"ISO_IR 110", b"\xB9\xBE", "šž"),
        (b"ISO_IR 126", b"\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος"),
        (b"ISO_IR 127", b"\xE2\xC8\xC7\xE6\xEA^\xE4\xE6\xD2\xC7\xD1", "قباني^لنزار"),
        (b"ISO_IR 138", b"\xF9\xF8\xE5\xEF^\xE3\xE1\xE5\xF8\xE4", "שרון^דבורה"),
        (b"ISO_IR 144", b"\xBB\xEE\xDAce\xDC\xD1yp\xD3", "Люкceмбypг"),
        (b"ISO_IR 148", b"\xC7i\xF0dem", "Çiğdem"),
        (b"ISO_IR 166", b"\xA1\xA2", "กข"),
        (b"ISO_IR 203", b"\xBCuvre \xA4", "Œuvre €"),
        (
            b"\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            b"ISO 2022 IR 13\\ISO 2022 IR 87",
            b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        ),
        (
            b"\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF",
            "Hong^Gildong=洪^吉洞=홍^길동",
        ),
        (b"ISO_IR 192", b"Wang^XiaoDong=\xE7\x8E\x8B^\xE5\xB0\x8F\xE6\x9D\xB1= ", "Wang^XiaoDong=王^小東="),
        (b"GB18030", b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB= ", "Wang^XiaoDong=王^小东="),
        (b"\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB= ", "Zhang^XiaoDong=张^小东="),
    ];
    for (set, bytes, want) in rows {
        assert_eq!(name(set, bytes), (want.to_owned(), None), "{}", set.escape_ascii());
    }
}

#[test]
fn the_sets_of_a_text_start_again_on_every_line() {
    let set = CharacterSet::parse(b"\\ISO 2022 IR 58");
    let text = set.decode_text(b"one \x1B$)A\xD6\xD0\xCE\xC4.\r\ntwo \x1B$)A\xD6\xD0\xCE\xC4, too.\r\nthree.\r\n");
    assert_eq!(text, Decoded { text: "one 中文.\r\ntwo 中文, too.\r\nthree.".into(), fault: None });
    let first_set_again = CharacterSet::parse(b"ISO 2022 IR 100\\ISO 2022 IR 144");
    let text = first_set_again.decode_text(b"\x1B-L\xBB\xEE^=\xBB\n\xFC");
    assert_eq!(text, Decoded { text: "Лю^=Л\nü".into(), fault: None });
}

#[test]
fn the_sets_start_again_after_the_delimiters_of_the_layout() {
    let set = b"ISO 2022 IR 100\\ISO 2022 IR 144";
    for (bytes, as_name, as_line) in [
        (&b"\x1B-L\xBB^\xFC"[..], "Л^ü", "Л^ќ"),
        (b"\x1B-L\xBB=\xFC", "Л=ü", "Л=ќ"),
        (b"\x1B-L\xBB\\\xFC", "Л\\ü", "Л\\ü"),
        (b"\x1B-L\xBB \xFC", "Л ќ", "Л ќ"),
    ] {
        assert_eq!(name(set, bytes), (as_name.to_owned(), None));
        assert_eq!(line(set, bytes), (as_line.to_owned(), None));
    }
}

#[test]
fn a_delimiter_inside_a_character_does_not_split_a_value() {
    let rows: [(&[u8], &[u8], &[&str]); 6] = [
        (b"", b" A \\B\\ C", &["A", "B", "C"]),
        (b"GB18030", b"\x8B\\\\\x81\x5E", &["媆", "乛"]),
        (b"GBK", b"\x95\\\\A", &["昞", "A"]),
        (b"\\ISO 2022 IR 87", b"\x1B$B%\\%^\x1B(B\\\x1B$B!=\x1B(B", &["ボマ", "―"]),
        (b"ISO_IR 13", b"\xB1\\\xB2~", &["ｱ", "ｲ~"]),
        (b"ISO_IR 192", b"\xC3\xA4\\\xC3\xB6", &["ä", "ö"]),
    ];
    for (set, bytes, want) in rows {
        let decoded = CharacterSet::parse(set).decode(bytes);
        assert_eq!(decoded.values().collect::<Vec<_>>(), want, "{}", set.escape_ascii());
        assert_eq!(decoded.fault, None);
    }
}

#[test]
fn text_that_is_not_encoded_as_declared_is_reported() {
    for (set, bytes, want, fault) in [
        (&b""[..], &b"M\xC3\xBCller"[..], "Müller", TakenAsUtf8),
        (b"ISO_IR 6", b"M\xC3\xBCller", "Müller", TakenAsUtf8),
        (b"", b"M\xFCller", "M\u{FFFD}ller", Undecodable),
        (b"", b"\xC3\xBC\xFC", "\u{FFFD}\u{FFFD}\u{FFFD}", Undecodable),
        (b"unheard of", b"M\xC3\xBCller", "Müller", TakenAsUtf8),
        (b"ISO_IR 192", b"M\xFCller", "M\u{FFFD}ller", Undecodable),
        (b"ISO_IR 100", b"it\x92s", "it\u{FFFD}s", Undecodable),
        (b"GB18030", b"\xCD", "\u{FFFD}", Undecodable),
        (b"", b"\x1B$B;3ED\x1B(B", "山田", UndeclaredEscape),
        (b"\\ISO 2022 IR 149", b"\xC8\xAB^\xB1\xE6", "홍^길", MissingEscape),
        (b"\\ISO 2022 IR 149\\ISO 2022 IR 58", b"\xB1\xE6", "\u{FFFD}\u{FFFD}", Undecodable),
        (b"\\ISO 2022 IR 87", b"\x1B$B;3E", "山\u{FFFD}", Undecodable),
        (b"\\ISO 2022 IR 87", b"a\x1Bz", "a\u{FFFD}z", UnknownEscape),
        (b"ISO_IR 192", b"a\x1B(Bz", "a\u{FFFD}(Bz", ControlCharacter),
        (b"ISO_IR 100", b"a\0b\0\0", "a\u{FFFD}b", ControlCharacter),
    ] {
        assert_eq!(name(set, bytes), (want.to_owned(), Some(fault)), "{} {}", set.escape_ascii(), bytes.escape_ascii());
    }
}

#[test]
fn a_multi_byte_set_that_is_declared_first_needs_no_escape_sequence() {
    for (set, bytes, want) in [
        (&b"ISO 2022 IR 149"[..], &b"\xC8\xAB^\xB1\xE6"[..], "홍^길"),
        (b"ISO_IR 58", b"\xD5\xC5", "张"),
        (b"ISO 2022 IR 87", b"Yamada=\x1B$B;3\x1B(B", "Yamada=山"),
    ] {
        assert_eq!(name(set, bytes), (want.to_owned(), None), "{}", set.escape_ascii());
    }
}

#[test]
fn a_character_set_that_is_no_defined_term_says_so_itself() {
    for (set, fault) in [
        (&b""[..], None),
        (b"ISO_IR 100", None),
        (b"\\ISO 2022 IR 87\\", None),
        (b"ISO_IR 192\\ISO 2022 IR 87", None),
        (b"ISO_IR 100\\ISO_IR 192", Some(UnknownTerm)),
        (b"unheard of", Some(UnknownTerm)),
        (b"ISO_IR 100\\unheard of", Some(UnknownTerm)),
    ] {
        assert_eq!(CharacterSet::parse(set).fault(), fault, "{}", set.escape_ascii());
    }
}

#[test]
fn plain_text_is_not_copied() {
    for set in [&b""[..], b"ISO_IR 100", b"ISO_IR 192", b"\\ISO 2022 IR 87"] {
        let decoded = CharacterSet::parse(set).decode(b" CT THORAX \0");
        assert_eq!(decoded, Decoded { text: Cow::Borrowed("CT THORAX"), fault: None });
        assert!(matches!(decoded.text, Cow::Borrowed(_)), "{}", set.escape_ascii());
    }
}

fn any_set() -> impl Strategy<Value = Vec<u8>> {
    let terms = ["", "ISO_IR 100", "ISO_IR 192", "GB18030", "GBK", "ISO_IR 13", "ISO 2022 IR 87", "ISO 2022 IR 159"];
    let more = ["ISO 2022 IR 149", "ISO 2022 IR 58", "ISO 2022 IR 166", "ISO 2022 IR 203", "nonsense"];
    let term = prop::sample::select([&terms[..], &more[..]].concat());
    prop::collection::vec(term, 0..4).prop_map(|terms| terms.join("\\").into_bytes())
}

/// Bytes among which escape sequences and delimiters are frequent.
fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let escapes = prop::sample::select(vec![&b"\x1B$B"[..], b"\x1B$(D", b"\x1B$)C", b"\x1B$)A", b"\x1B(B", b"\x1B(J"]);
    let others =
        prop::sample::select(vec![&b"\x1B-b"[..], b"\x1B)I", b"\x1B", b"^", b"=", b"\\", b"\r\n", b" ", b"\0"]);
    let bytes = prop::collection::vec(any::<u8>(), 0..9);
    let piece = prop_oneof![escapes.prop_map(<[u8]>::to_vec), others.prop_map(<[u8]>::to_vec), bytes];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_become_text_without_padding_and_control_characters(set in any_set(), bytes in any_value()) {
        let set = CharacterSet::parse(&set);
        for (decoded, is_line) in
            [(set.decode(&bytes), true), (set.decode_name(&bytes), true), (set.decode_text(&bytes), false)]
        {
            let text = decoded.text.as_ref();
            prop_assert!(!text.ends_with([' ', '\0']));
            prop_assert!(!text.chars().any(|c| c.is_control() && (is_line || !"\t\r\n".contains(c))));
            prop_assert!(!text.contains(char::REPLACEMENT_CHARACTER) || decoded.fault.is_some() || has_u_fffd(&bytes));
            prop_assert!(decoded.values().all(|value| value == tidy::trim(value)));
        }
    }

    #[test]
    fn decoded_text_decodes_to_itself(set in any_set(), bytes in any_value()) {
        let text = CharacterSet::parse(&set).decode(&bytes).text.into_owned();
        let again = CharacterSet::parse(b"ISO_IR 192").decode(text.as_bytes()).text.into_owned();
        prop_assert_eq!(again, text);
    }

    #[test]
    fn any_bytes_are_a_character_set(raw in prop::collection::vec(any::<u8>(), 0..40)) {
        CharacterSet::parse(&raw);
    }
}

/// U+FFFD can be written in UTF-8, and in the four bytes of GB18030.
fn has_u_fffd(bytes: &[u8]) -> bool {
    [&b"\xEF\xBF\xBD"[..], b"\x84\x31\xA4\x37"].iter().any(|code| bytes.windows(code.len()).any(|at| at == *code))
}
