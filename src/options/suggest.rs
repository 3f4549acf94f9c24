//! "Did you mean": the word of a list that is most similar to the input.

use strsim::levenshtein;

/// A message with the unknown word, the choices, and the most similar one.
pub(crate) fn unknown(what: &str, word: &str, choices: &[&str]) -> String {
    let list = choices.join(", ");
    let guess = closest(word, choices).map_or(String::new(), |guess| format!("; did you mean {guess}?"));
    format!("unknown {what}: want one of {list}{guess}")
}

/// The choice with the smallest edit distance, if it is small.
pub(crate) fn closest<'a>(word: &str, choices: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let edits = |choice: &&str| levenshtein(&word, &choice.to_ascii_lowercase());
    choices.iter().copied().min_by_key(edits).filter(|choice| edits(choice) <= choice.len().max(word.len()) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_if_it_is_near() {
        let choices = ["r4", "r5", "study-id", "patient"];
        for (word, want) in
            [("patent", Some("patient")), ("studyid", Some("study-id")), ("r3", Some("r4")), ("zzzzz", None)]
        {
            assert_eq!(closest(word, &choices), want, "{word}");
        }
    }
}
