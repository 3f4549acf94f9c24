//! Stable codes of reasons, for programs: the name of the variant, as `not-a-date`.

use std::fmt::Debug;

use crate::issue::{Reason, Skip};

/// The code of a reason why a file is left out, as `no-uid`.
pub fn skip_code(skip: &Skip) -> String {
    kebab(skip)
}

/// The code of a reason why a value is dropped or changed, as `not-a-date`.
pub fn reason_code(reason: Reason) -> String {
    kebab(&reason)
}

/// The name of the variant without its fields.
fn kebab(variant: &impl Debug) -> String {
    let name = format!("{variant:?}");
    let mut code = String::new();
    for character in name.chars().take_while(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase() && !code.is_empty() {
            code.push('-');
        }
        code.push(character.to_ascii_lowercase());
    }
    code
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn a_code_is_the_name_of_the_reason() {
        assert_eq!(skip_code(&Skip::NotDicom), "not-dicom");
        assert_eq!(skip_code(&Skip::NoUid(tags::SOP_INSTANCE_UID)), "no-uid");
        assert_eq!(skip_code(&Skip::Unreadable("x".into())), "unreadable");
        assert_eq!(reason_code(Reason::NotADate), "not-a-date");
        assert_eq!(reason_code(Reason::TakenAsUtf8), "taken-as-utf8");
    }
}
