//! HTML output that escapes all text.

use std::fmt;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::numbers::count;

/// A text between tags or in the quotes of an attribute.
pub struct Text<'t>(pub &'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Characters of a value that a link needs no `%xx` for: letters, digits, hyphens and dots.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.');

/// A value for the fragment of a link.
pub fn value(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

/// JSON inside of a script element, which `<` could end (HTML 13.1.3).
pub fn json(text: &str) -> String {
    text.replace('<', "\\u003c")
}

/// One bar of a chart.
#[derive(Debug)]
pub struct Bar {
    /// Its label.
    pub label: String,
    /// Its length.
    pub count: u64,
    /// Text after the count.
    pub note: String,
    /// The link to its rows; empty without rows.
    pub rows: String,
}

/// A bar chart; each bar links to its rows.
pub fn bars(out: &mut dyn Write, title: &str, unit: &str, bars: &[Bar]) -> io::Result<()> {
    writeln!(out, "<section class=\"card\"><h3>{}</h3><p class=\"unit\">{}</p>", Text(title), Text(unit))?;
    let longest = bars.iter().map(|bar| bar.count).max().unwrap_or_default().max(1);
    if bars.is_empty() {
        return writeln!(out, "<p class=\"none\">none</p></section>");
    }
    writeln!(out, "<ul class=\"bars\">")?;
    bars.iter().try_for_each(|bar| one_bar(out, bar, longest))?;
    writeln!(out, "</ul></section>")
}

fn one_bar(out: &mut dyn Write, bar: &Bar, longest: u64) -> io::Result<()> {
    let Bar { label, note, rows, .. } = bar;
    let length = bar.count as f64 * 100.0 / longest as f64;
    let (open, close) = match rows.is_empty() {
        true => ("<span class=\"bar\">".to_string(), "</span>"),
        false => (format!("<a class=\"bar\" href=\"#{}\">", Text(rows)), "</a>"),
    };
    let number = count(bar.count);
    let note = if note.is_empty() { String::new() } else { format!(" <small>{}</small>", Text(note)) };
    writeln!(
        out,
        "<li>{open}<span class=\"label\">{}</span> \
         <svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect width=\"{length:.2}\" height=\"8\"/></svg> \
         <span class=\"count\">{number}{note}</span>{close}</li>",
        Text(label),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_is_a_text() {
        let hostile = "</script><img src=x onerror=\"alert('1')\">&";
        let want = "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;";
        assert_eq!(Text(hostile).to_string(), want);
        assert_eq!(value("a&b=ü").to_string(), "a%26b%3D%C3%BC");
        let json = serde_json::to_string(&[hostile, "<!--"]).unwrap();
        let inside = super::json(&json);
        assert!(!inside.contains('<'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&inside).unwrap(), [hostile, "<!--"]);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_of_the_longest() {
        let bar =
            |label: &str, count, rows: &str| Bar { label: label.into(), count, note: String::new(), rows: rows.into() };
        let mut out = Vec::new();
        bars(&mut out, "A<b>", "series", &[bar("CT", 4000, "studies?modality=CT"), bar("<MR>", 1000, "")]).unwrap();
        let html = String::from_utf8(out).unwrap();
        assert!(html.contains("width=\"100.00\"") && html.contains("width=\"25.00\""), "{html}");
        assert!(html.contains("href=\"#studies?modality=CT\"") && html.contains("4,000"), "{html}");
        assert!(html.contains("&lt;MR&gt;") && !html.contains("<MR>") && !html.contains("<b>"), "{html}");
    }
}
