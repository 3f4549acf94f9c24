//! What an option is where nobody sets it, as a configuration file would say it.
//!
//! `dcm2fhir config` prints this. The stages do not read it: a test keeps it equal to what they do without an option.

/// An option that nobody set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unset {
    /// As if this TOML value were given.
    Is(&'static str),
    /// It depends, or nothing is done.
    Means {
        /// A value that it could have, in TOML.
        example: &'static str,
        /// What happens without it.
        words: &'static str,
    },
}

const fn none(example: &'static str) -> Unset {
    Unset::Means { example, words: "none" }
}

const UNSET: &[(&str, Unset)] = &[
    ("files-from", none("\"paths.txt\"")),
    ("include", Unset::Is("[]")),
    ("exclude", Unset::Is("[]")),
    ("output", Unset::Is("\"-\"")),
    ("format", Unset::Means { example: "\"json\"", words: "ndjson, into a folder json" }),
    ("mode", Unset::Is("\"600\"")),
    ("bundle-type", Unset::Means { example: "\"batch\"", words: "transaction" }),
    ("fhir", Unset::Is("\"r6-ballot2\"")),
    ("detail", Unset::Is("\"instance\"")),
    ("max-instances", Unset::Means { example: "2000", words: "no limit" }),
    ("status", Unset::Is("\"available\"")),
    ("references", Unset::Means { example: "\"contained\"", words: "logical, in a Bundle separate" }),
    ("subject", Unset::Means { example: "\"Patient/123\"", words: "from the headers" }),
    ("endpoint", Unset::Is("[]")),
    ("endpoint-level", Unset::Is("\"study\"")),
    ("timezone", none("\"Europe/Berlin\"")),
    ("charset", Unset::Is("[]")),
    ("system", Unset::Is("[]")),
    ("issuer", Unset::Is("[]")),
    ("id-salt", none("\"a long secret\"")),
    ("threads", Unset::Means { example: "8", words: "four for each core, at most 32" }),
    ("report", none("\"report.json\"")),
    ("summary", Unset::Is("\"text\"")),
    ("progress", Unset::Is("\"auto\"")),
    ("color", Unset::Is("\"auto\"")),
    ("to", Unset::Means { example: "\"https://fhir.example/r4\"", words: "upload needs one" }),
    ("token-file", none("\"token.txt\"")),
    ("token-env", none("\"FHIR_TOKEN\"")),
    ("token-command", none("\"my-token-tool\"")),
    ("basic-file", none("\"password.txt\"")),
    ("basic-env", none("\"FHIR_PASSWORD\"")),
    ("oauth-client-id", none("\"dcm2fhir\"")),
    ("oauth-secret-file", none("\"secret.txt\"")),
    ("oauth-secret-env", none("\"FHIR_SECRET\"")),
    ("oauth-token-url", Unset::Means { example: "\"https://login.example/token\"", words: "the one the server names" }),
    ("oauth-scope", none("\"system/*.cruds\"")),
    ("header", none("[\"X-Tenant=north\"]")),
    ("ca-cert", Unset::Means { example: "\"ca.pem\"", words: "those of the system" }),
    ("client-cert", none("\"client.pem\"")),
    ("client-key", none("\"client.key\"")),
    ("journal", none("\"upload.journal\"")),
    ("rejects", none("\"rejects.ndjson\"")),
    ("concurrent-requests", Unset::Is("4")),
    ("send-as", Unset::Means { example: "\"batch\"", words: "what the server can" }),
    ("max-bytes", Unset::Is("33554432")),
    ("max-entries", Unset::Is("500")),
    ("timeout", Unset::Is("300")),
    ("deadline", Unset::Is("900")),
];

/// What an option is where nobody sets it; `None` for one without a row, and for those that are on or off.
pub fn unset(option: &str) -> Option<Unset> {
    UNSET.iter().find(|(name, _)| *name == option).map(|(_, unset)| *unset)
}
