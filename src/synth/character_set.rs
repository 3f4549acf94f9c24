//! Specific Character Set (PS3.3 C.12.1.1.2) in the direction that only a writer needs: text to bytes.

use encoding_rs::{
    EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, ISO_8859_2, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8, UTF_8,
    WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

/// A character set that the files here are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharacterSet {
    /// ISO 646: no Specific Character Set is written.
    Ascii,
    /// Western European.
    Latin1,
    /// Central European.
    Latin2,
    /// Cyrillic.
    Cyrillic,
    /// Arabic.
    Arabic,
    /// Greek.
    Greek,
    /// Hebrew.
    Hebrew,
    /// Turkish.
    Turkish,
    /// Thai.
    Thai,
    /// Japanese with code extensions: ASCII, and JIS X 0208 after an escape.
    Japanese,
    /// Korean with code extensions: ASCII, and KS X 1001 after an escape.
    Korean,
    /// Chinese, all of Unicode.
    Gb18030,
    /// Chinese, the older table.
    Gbk,
    /// Unicode.
    Utf8,
}

impl CharacterSet {
    /// The defined terms as they stand in (0008,0005); `None` where the attribute is left out.
    pub fn terms(self) -> Option<&'static str> {
        Some(self.row().0).filter(|terms| !terms.is_empty())
    }

    /// The bytes of a text. A character that the set does not have becomes a numeric entity, as encoding_rs does it.
    pub fn encode(self, text: &str) -> Vec<u8> {
        if self == CharacterSet::Korean {
            return korean(text);
        }
        self.row().1.encode(text).0.into_owned()
    }

    /// The defined terms, and the encoding.
    fn row(self) -> (&'static str, &'static Encoding) {
        match self {
            CharacterSet::Ascii => ("", UTF_8),
            CharacterSet::Latin1 => ("ISO_IR 100", WINDOWS_1252),
            CharacterSet::Latin2 => ("ISO_IR 101", ISO_8859_2),
            CharacterSet::Cyrillic => ("ISO_IR 144", ISO_8859_5),
            CharacterSet::Arabic => ("ISO_IR 127", ISO_8859_6),
            CharacterSet::Greek => ("ISO_IR 126", ISO_8859_7),
            CharacterSet::Hebrew => ("ISO_IR 138", ISO_8859_8),
            CharacterSet::Turkish => ("ISO_IR 148", WINDOWS_1254),
            CharacterSet::Thai => ("ISO_IR 166", WINDOWS_874),
            CharacterSet::Japanese => ("\\ISO 2022 IR 87", ISO_2022_JP),
            CharacterSet::Korean => ("\\ISO 2022 IR 149", EUC_KR),
            CharacterSet::Gb18030 => ("GB18030", GB18030),
            CharacterSet::Gbk => ("GBK", GBK),
            CharacterSet::Utf8 => ("ISO_IR 192", UTF_8),
        }
    }
}

/// PS3.5 6.1.2.5.3: a delimiter resets to the first character set, so each component escapes again.
fn korean(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for component in text.split_inclusive(['^', '=', '\\']) {
        if !component.is_ascii() {
            bytes.extend_from_slice(b"\x1b$)C");
        }
        bytes.extend_from_slice(&EUC_KR.encode(component).0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_written_as_it_has_them() {
        // PS3.5 H.3.1 and I.2.
        let cases: [(CharacterSet, &str, &[u8]); 3] = [
            (CharacterSet::Japanese, "山田^太郎", b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
            (CharacterSet::Korean, "洪^吉洞", b"\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"),
            (CharacterSet::Latin1, "Müller", b"M\xfcller"),
        ];
        for (set, text, bytes) in cases {
            assert_eq!(set.encode(text), bytes, "{text}");
        }
    }
}
