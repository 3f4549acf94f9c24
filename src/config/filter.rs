//! `--include` and `--exclude`: which files are read, by modality and SOP class.

use std::str::FromStr;

use super::suggest;

/// A rule, as `modality=CT,MR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterRule {
    /// Modality (0008,0060) is one of these.
    Modality(Vec<String>),
    /// SOP Class UID (0008,0016) is one of these.
    SopClass(Vec<String>),
}

/// The rules of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A file is kept if one of these has it, or there are none.
    pub include: Vec<FilterRule>,
    /// A file is left out if one of these has it.
    pub exclude: Vec<FilterRule>,
}

impl Filter {
    /// Whether the output may hold less than the input, so that counts are partial.
    pub fn is_partial(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// Whether a file with this modality and SOP class is kept.
    pub fn keeps(&self, modality: Option<&str>, sop_class: Option<&str>) -> bool {
        let one_has_it = |rules: &[FilterRule]| rules.iter().any(|rule| rule.has(modality, sop_class));
        (self.include.is_empty() || one_has_it(&self.include)) && !one_has_it(&self.exclude)
    }
}

impl FilterRule {
    fn has(&self, modality: Option<&str>, sop_class: Option<&str>) -> bool {
        let (wanted, value) = match self {
            FilterRule::Modality(wanted) => (wanted, modality),
            FilterRule::SopClass(wanted) => (wanted, sop_class),
        };
        value.is_some_and(|value| wanted.iter().any(|wanted| wanted == value))
    }
}

impl FromStr for FilterRule {
    type Err = String;

    fn from_str(rule: &str) -> Result<FilterRule, String> {
        let (attribute, values) = rule.split_once('=').ok_or("want modality=CT,MR or sop-class=UID")?;
        let values = || values.split(',').map(str::trim);
        match attribute {
            "modality" => codes(values().map(str::to_ascii_uppercase)).map(FilterRule::Modality),
            "sop-class" => uids(values()).map(FilterRule::SopClass),
            _ => Err(suggest::unknown("attribute", attribute, &["modality", "sop-class"])),
        }
    }
}

/// PS3.5 6.2: a code string has at most 16 capital letters, digits, spaces and underscores.
fn codes(codes: impl Iterator<Item = String>) -> Result<Vec<String>, String> {
    let is_code = |code: &str| {
        (1..=16).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_'))
    };
    codes.map(|code| if is_code(&code) { Ok(code) } else { Err("want modality codes, as CT,MR".to_string()) }).collect()
}

fn uids<'a>(uids: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let is_uid = |uid: &str| {
        (1..=64).contains(&uid.len())
            && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && !uid.starts_with('.')
    };
    let wanted = "want a SOP Class UID, as 1.2.840.10008.5.1.4.1.1.2";
    uids.map(|uid| if is_uid(uid) { Ok(uid.to_string()) } else { Err(wanted.to_string()) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[&str]) -> Vec<FilterRule> {
        rules.iter().map(|rule| rule.parse().unwrap()).collect()
    }

    #[test]
    fn a_file_is_kept_if_one_include_has_it_and_no_exclude() {
        let filter =
            Filter { include: rules(&["modality=ct,MR", "sop-class=1.2.3"]), exclude: rules(&["sop-class=1.9"]) };
        for (modality, sop_class, want) in [
            (Some("CT"), None, true),
            (Some("US"), None, false),
            (Some("US"), Some("1.2.3"), true),
            (Some("CT"), Some("1.9"), false),
            (None, None, false),
        ] {
            assert_eq!(filter.keeps(modality, sop_class), want, "{modality:?} {sop_class:?}");
        }
        assert!(Filter::default().keeps(None, None));
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused() {
        for rule in ["CT", "modality=", "modality=CT,", "sop-class=CT", "Modality=CT"] {
            assert!(rule.parse::<FilterRule>().is_err(), "{rule}");
        }
    }
}
