//! Prints what would be sent.

use std::io::{Write as _, stdout};

use super::answer::Written;
use crate::upload::json::Json;
use crate::upload::plan::Write;

/// The most characters of a value in a difference.
const MAX_SHOWN_CHARACTERS: usize = 160;

/// Prints the writes, with `--diff` each element that would change, and treats them as written.
pub fn print(writes: &[&Write<'_>], diff: bool) -> Vec<Written> {
    let mut out = stdout().lock();
    for write in writes {
        let word = if write.is_update { "update" } else { "create" };
        let _ = writeln!(out, "{word} {}", write.url);
        for change in write.changes.iter().filter(|_| diff) {
            let shown = |value: &Option<_>| value.as_ref().map_or("nothing".to_string(), shortened);
            let _ = writeln!(out, "  {}: {} -> {}", change.path, shown(&change.before), shown(&change.after));
        }
    }
    writes.iter().map(|write| Written::Taken(Some(write.url.to_string()))).collect()
}

fn shortened(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
