//! `dcm2fhir config`: the effective options, as TOML that --config accepts, and a template.

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::variable;

const EXAMPLES: &str = "\
Takes the options of all other commands, reads the --config file and the
DCM2FHIR_ variables, and prints the resulting options.

Examples:
  A configuration file to start with:
    dcm2fhir config --template > dcm2fhir.toml
  The options of a run, and where each comes from:
    dcm2fhir config --config dcm2fhir.toml --fhir r4";

/// The arguments of `config`, beside all options of the other commands.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArguments {
    /// Print a commented file of all options with their defaults
    #[arg(long)]
    pub template: bool,

    /// Show secrets too
    ///
    /// Default: secrets are replaced by "...".
    #[arg(long)]
    pub show_secrets: bool,

    /// The text that answers.
    #[arg(skip)]
    pub text: String,
}

/// Options whose values are secret.
const SECRETS: [&str; 2] = ["id-salt", "header"];

/// Options of the command line itself, which a file cannot set.
const NO_SETTINGS: [&str; 3] = ["help", "version", "config"];

/// The options that a configuration file may set: those of the commands that take one, with the command.
pub(super) fn settings(command: &Command) -> Vec<(&Command, &Arg)> {
    let takes_file =
        |one: &&Command| one.get_name() != "config" && one.get_arguments().any(|own| own.get_id() == "config");
    let owners = || command.get_subcommands().filter(takes_file);
    let own = owners().flat_map(|owner| owner.get_arguments().map(move |argument| (owner, argument)));
    // What all commands have comes last.
    let global = owners().take(1).flat_map(|owner| command.get_arguments().map(move |argument| (owner, argument)));
    let mut settings: Vec<(&Command, &Arg)> = Vec::new();
    for (owner, argument) in own.chain(global).filter(|(_, argument)| argument.get_long().is_some()) {
        let is_known = settings.iter().any(|(_, known)| known.get_id() == argument.get_id());
        if !is_known && !NO_SETTINGS.contains(&argument.get_id().as_str()) {
            settings.push((owner, argument));
        }
    }
    settings
}

/// `config` with every option of the other commands, hidden in its help.
pub(super) fn with_settings(command: Command) -> Command {
    let file = command.get_subcommands().find_map(|one| one.get_arguments().find(|own| own.get_id() == "config"));
    let more: Vec<Arg> = settings(&command).into_iter().map(|(_, argument)| argument).chain(file).cloned().collect();
    let own = |argument: &Arg| argument.is_global_set();
    let more = more.into_iter().filter(|argument| !own(argument)).map(alone);
    command.mut_subcommand("config", |config| config.args(more.collect::<Vec<_>>()))
}

/// The option without its requirements: `config` runs nothing.
fn alone(argument: Arg) -> Arg {
    let hidden = argument.get_id() != "config";
    argument
        .hide(hidden)
        .help_heading(None)
        .required(false)
        .group(Resettable::Reset)
        .requires(Resettable::Reset)
        .visible_alias(Resettable::Reset)
}

/// All options with their values, and where each value comes from.
pub(super) fn effective(command: &Command, matches: &ArgMatches, from_file: &[String], show_secrets: bool) -> String {
    let mut text = String::from("# The effective options. Save this output and use it with --config FILE.\n");
    sections(command, &mut text, |argument, long| {
        let id = argument.get_id().as_str();
        let source = match matches.value_source(id) {
            _ if from_file.iter().any(|name| name == long) => "the file".to_string(),
            Some(ValueSource::CommandLine) => "the command line".to_string(),
            Some(ValueSource::EnvVariable) => variable(long),
            _ => return unset_line(argument, long, "default"),
        };
        if SECRETS.contains(&long) && !show_secrets {
            return format!("#{long} = \"...\"  # set by {source}; --show-secrets shows it\n");
        }
        format!("{long} = {}  # {source}\n", given(argument, matches))
    });
    text
}

/// A file of all options, commented, each with its default.
pub(super) fn template(command: &Command) -> String {
    let mut text = String::from(HEAD);
    sections(command, &mut text, |argument, long| {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let line = unset_line(argument, long, "");
        format!("\n# {help}\n#{}\n", line.trim_start_matches('#').trim_end())
    });
    text
}

const HEAD: &str = "\
# Every option of dcm2fhir, with its default. Uncomment and change the ones you need, and give the file with --config or
# DCM2FHIR_CONFIG.
#
# The keys are the names of the options, which `dcm2fhir convert --help` explains. Options on the command line take
# precedence over DCM2FHIR_ variables, variables over this file, and this file over the defaults. A list is replaced as a
# whole. Relative paths start at the current folder.
";

fn sections(command: &Command, text: &mut String, line: impl Fn(&Arg, &str) -> String) {
    let mut section = String::new();
    for (_, argument) in settings(command) {
        let Some(long) = argument.get_long() else { continue };
        let heading = argument.get_help_heading().unwrap_or("Appearance");
        if heading != section {
            section = heading.to_string();
            text.push_str(&format!("\n# {section}\n"));
        }
        text.push_str(&line(argument, long));
    }
}

fn unset_line(argument: &Arg, long: &str, default: &str) -> String {
    match Unset::of(argument, long) {
        Unset::Is(value) => with_note(&format!("{long} = {value}"), default),
        Unset::Means { example, words } => format!("#{long} = {example}  # default: {words}\n"),
    }
}

/// The value of an option that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unset {
    /// As if this TOML value were given.
    Is(String),
    /// There is no fixed default value.
    Means {
        /// A value that it could have, in TOML.
        example: String,
        /// The default in words.
        words: String,
    },
}

impl Unset {
    /// From clap's default, else from the text after "Default: " in the help.
    fn of(argument: &Arg, long: &str) -> Unset {
        let default = argument.get_default_values().first().map(|value| value.to_string_lossy());
        let example = EXAMPLES_OF_VALUES.iter().find(|(name, _)| *name == long).map(|(_, value)| (*value).to_string());
        match (argument.get_action(), default, example) {
            (ArgAction::SetTrue, ..) => Unset::Is("false".to_string()),
            (_, Some(value), _) => Unset::Is(toml_value(&value)),
            (ArgAction::Append, None, None) => Unset::Is("[]".to_string()),
            (_, None, example) => {
                let words = words(argument);
                let example = example.unwrap_or_else(|| toml_value(&placeholder(argument)));
                match words.split(',').next() == Some(example.trim_matches('"')) {
                    true => Unset::Is(example),
                    false => Unset::Means { example, words },
                }
            }
        }
    }
}

/// Example values for the template, where the placeholder is not helpful.
const EXAMPLES_OF_VALUES: &[(&str, &str)] = &[
    ("files-from", "\"paths.txt\""),
    ("index", "\"archive.index\""),
    ("output", "\"-\""),
    ("format", "\"json\""),
    ("bundle-type", "\"batch\""),
    ("fhir", "\"r4\""),
    ("max-instances", "2000"),
    ("partitions", "64"),
    ("shard", "\"3/100\""),
    ("partition", "\"7/64\""),
    ("references", "\"contained\""),
    ("subject", "\"Patient/123\""),
    ("timezone", "\"Europe/Berlin\""),
    ("creator", "\"City Hospital\""),
    ("creator-id", "\"urn:ietf:rfc:3986|urn:oid:1.2.3\""),
    ("retrieve-location", "\"1.2.3.4\""),
    ("viewer", "\"https://viewer.example/?study={study}\""),
    ("creation-time", "\"2026-11-26T15:00:00Z\""),
    ("meta-source", "\"https://pacs.example\""),
    ("id-salt", "\"a long secret\""),
    ("threads", "8"),
    ("report", "\"report.json\""),
    ("requests", "16"),
    ("query", "\"StudyDate=20240101-20240131\""),
    ("to", "\"https://fhir.example/r4\""),
    ("token-file", "\"token.txt\""),
    ("token-env", "\"FHIR_TOKEN\""),
    ("token-command", "\"my-token-tool\""),
    ("basic-file", "\"password.txt\""),
    ("basic-env", "\"FHIR_PASSWORD\""),
    ("oauth-client-id", "\"dcm2fhir\""),
    ("oauth-secret-file", "\"secret.txt\""),
    ("oauth-secret-env", "\"FHIR_SECRET\""),
    ("oauth-token-url", "\"https://login.example/token\""),
    ("oauth-scope", "\"system/*.cruds\""),
    ("header", "[\"X-Tenant=north\"]"),
    ("ca-cert", "\"ca.pem\""),
    ("client-cert", "\"client.pem\""),
    ("client-key", "\"client.key\""),
    ("journal", "\"upload.journal\""),
    ("rejects", "\"rejects.ndjson\""),
    ("send-as", "\"batch\""),
];

/// The text after "Default: " in the help.
fn words(argument: &Arg) -> String {
    if argument.is_required_set() {
        return "none, it is required".to_string();
    }
    let help = argument.get_long_help().map(|help| help.to_string().replace('\n', " ")).unwrap_or_default();
    let words = help.rsplit_once("Default: ").map_or("none", |(_, words)| words);
    words.split(". ").next().unwrap_or(words).trim_end_matches('.').to_string()
}

/// The first possible value, else the placeholder.
fn placeholder(argument: &Arg) -> String {
    let possible = argument.get_possible_values().first().map(|value| value.get_name().to_string());
    let name = || argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    possible.or_else(name).unwrap_or_default()
}

fn with_note(line: &str, note: &str) -> String {
    if note.is_empty() { format!("{line}\n") } else { format!("{line}  # {note}\n") }
}

/// The value of an option as TOML.
fn given(argument: &Arg, matches: &ArgMatches) -> String {
    let id = argument.get_id().as_str();
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return matches.get_flag(id).to_string();
    }
    let raw = matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
    let values: Vec<String> = raw.map(|value| toml_value(&value)).collect();
    match argument.get_action() {
        ArgAction::Append => format!("[{}]", values.join(", ")),
        _ => values.into_iter().next_back().unwrap_or_default(),
    }
}

fn toml_value(value: &str) -> String {
    match value.parse::<i64>() {
        Ok(number) if number.to_string() == value => value.to_string(),
        // What JSON escapes in a text, TOML escapes alike, but for the delete character.
        _ => serde_json::Value::from(value).to_string().replace('\u{7f}', "\\u007F"),
    }
}
