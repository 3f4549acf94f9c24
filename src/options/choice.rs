//! An option that is one of a few words: each word stands once, beside its variant.

/// Defines such an enum. What it is called in messages stands behind its name, its default, if it has one, behind that.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident: $what:literal $(, default $default:ident)? {
            $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl $name {
            /// All of them, in the order in which the help lists them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// Its word: on the command line, and where it is a code of FHIR that code.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        $(impl Default for $name {
            fn default() -> $name {
                $name::$default
            }
        })?

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<$name, String> {
                let found = $name::ALL.iter().copied().find(|one| one.name() == text);
                found.ok_or_else(|| $crate::options::unknown($what, text, &[$($word,)+]))
            }
        }

        #[cfg(feature = "cli")]
        impl clap::ValueEnum for $name {
            fn value_variants<'a>() -> &'a [$name] {
                $name::ALL
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                let help = match self {
                    $($name::$variant => concat!($($doc,)+),)+
                };
                Some(clap::builder::PossibleValue::new(self.name()).help(help.trim().trim_end_matches('.')))
            }
        }
    };
}

pub(crate) use choice;

#[cfg(test)]
mod tests {
    choice! {
        /// How loud.
        enum Volume: "volume", default Low {
            /// Not loud.
            Low = "low",
            /// Loud.
            VeryHigh = "very-high",
        }
    }

    #[test]
    fn a_choice_is_read_and_shown_by_its_word() {
        for one in Volume::ALL {
            assert_eq!(one.to_string().parse(), Ok(*one));
        }
        assert_eq!(Volume::default(), Volume::Low);
        let error = "very-hihg".parse::<Volume>().unwrap_err();
        assert_eq!(error, "unknown volume: want one of low, very-high; did you mean very-high?");
    }
}
