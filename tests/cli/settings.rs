//! Options, variables and the configuration file: which one wins, and what an error says.

use std::fs;
use std::process::Output;

use crate::run::{case, code, dcm2fhir, stderr, stdout};

/// Runs `config` with a file of this text, these variables and these options.
fn config(text: &str, variables: &[(&str, &str)], options: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dcm2fhir.toml"), text).unwrap();
    let mut command = dcm2fhir();
    command.current_dir(folder.path()).args(["config", "--config", "dcm2fhir.toml"]).args(options);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// The line of an option.
fn line<'o>(output: &'o Output, option: &str) -> &'o str {
    let start = format!("{option} = ");
    let found = stdout(output).lines().find(|line| line.trim_start_matches('#').starts_with(&start));
    found.unwrap_or_else(|| panic!("no {option}: {}{}", stdout(output), stderr(output)))
}

#[test]
fn an_option_wins_over_a_variable_a_variable_over_the_file_and_the_file_over_the_default() {
    let (file, variable) = ("fhir = \"r4\"", [("DCM2FHIR_FHIR", "r4b")]);
    for (text, variables, options, want) in [
        ("", &[][..], &[][..], "#fhir = \"r4\"  # default: r6-ballot2"),
        (file, &[], &[], "fhir = \"r4\"  # the file"),
        (file, &variable, &[], "fhir = \"r4b\"  # DCM2FHIR_FHIR"),
        (file, &variable, &["--fhir", "r5"], "fhir = \"r5\"  # the command line"),
        ("", &variable, &["--fhir", "r5"], "fhir = \"r5\"  # the command line"),
    ] {
        assert_eq!(line(&config(text, variables, options), "fhir"), want);
    }
}

#[test]
fn a_name_of_an_earlier_version_still_sets_its_option() {
    for name in ["jobs", "concurrent-requests"] {
        assert_eq!(line(&config(&format!("{name} = 8"), &[], &[]), "requests"), "requests = 8  # the file");
    }
}

#[test]
fn a_list_is_replaced_as_a_whole_and_a_variable_switches_off_what_the_file_switches_on() {
    let text = "system = [\"patient=http://a.example\", \"visit=http://b.example\"]\nstrict = true";
    let from_file = config(text, &[], &[]);
    let want = "system = [\"patient=http://a.example\", \"visit=http://b.example\"]  # the file";
    assert_eq!(line(&from_file, "system"), want);
    assert_eq!(line(&from_file, "strict"), "strict = true  # the file");
    let replaced = config(text, &[("DCM2FHIR_STRICT", "false")], &["--system", "visit=http://c.example"]);
    assert_eq!(line(&replaced, "system"), "system = [\"visit=http://c.example\"]  # the command line");
    assert_eq!(line(&replaced, "strict"), "strict = false  # DCM2FHIR_STRICT");
}

#[test]
fn what_config_prints_can_be_given_back() {
    let text = "fhir = \"r4\"\nthreads = 3\nendpoint = [\"wado-rs=https://h.example/d\"]\ntimezone = \"+01:00\"\nmode = \"0640\"";
    let once = config(text, &[], &[]);
    assert_eq!(code(&once), 0, "{}", stderr(&once));
    let twice = config(stdout(&once), &[], &[]);
    let values = |output: &Output| -> Vec<String> {
        let lines = stdout(output).lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split("  #").next().unwrap().to_owned()).collect()
    };
    assert_eq!(values(&once), values(&twice), "{}", stderr(&twice));
}

#[test]
fn a_secret_is_shown_only_on_request() {
    let secret = [("DCM2FHIR_ID_SALT", "hush")];
    let hidden = config("", &secret, &[]);
    assert!(!stdout(&hidden).contains("hush") && line(&hidden, "id-salt").starts_with('#'));
    let header = config("", &[("DCM2FHIR_HEADER", "X-Key=hush")], &[]);
    assert!(!stdout(&header).contains("hush") && line(&header, "header").starts_with('#'));
    assert_eq!(line(&config("", &secret, &["--show-secrets"]), "id-salt"), "id-salt = \"hush\"  # DCM2FHIR_ID_SALT");
}

#[test]
fn every_error_in_the_file_names_the_line_and_says_what_to_do() {
    for (text, line, advice) in [
        ("\n\nfihr = \"r4\"", 3, "no option is called fihr; did you mean fhir?"),
        ("fhir = \"r4\"\ndetail = 3", 2, "invalid value '3'"),
        ("# x\nfhir = \"r3\"", 2, "did you mean r4?"),
        ("strict = \"yes\"", 1, "strict: want true or false"),
        ("fhir = [\"r4\"]", 1, "fhir: want a text or a whole number"),
        ("threads = 0", 1, "want a whole number from 1 to 1024"),
        ("fhir = r4", 1, "string"),
        ("[convert]\nfhir = \"r4\"", 1, "no option is called convert"),
        ("fhir = \"r4\"\nfhir = \"r5\"", 2, "duplicate key"),
        ("config = \"other.toml\"", 1, "no option is called config"),
    ] {
        let output = config(text, &[], &[]);
        let start = format!("error: dcm2fhir.toml:{line}: ");
        assert!(stderr(&output).starts_with(&start) && stderr(&output).contains(advice), "{text}: {}", stderr(&output));
        assert_eq!((code(&output), stdout(&output)), (2, ""));
    }
}

#[test]
fn a_run_reads_the_file_that_the_variable_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nightly.toml");
    fs::write(&path, "fhir = \"r4\"\ndetail = \"study\"\nquiet = true\n").unwrap();
    let output = dcm2fhir().arg("convert").arg(case("ct-two-series")).env("DCM2FHIR_CONFIG", &path).output().unwrap();
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    assert!(!stdout(&output).contains("\"series\""));
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_none_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dcm2fhir.toml"), "nonsense").unwrap();
    let run = |options: &[&str]| dcm2fhir().current_dir(folder.path()).arg("config").args(options).output().unwrap();
    assert_eq!(code(&run(&[])), 0);
    let missing = run(&["--config", "other.toml"]);
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("cannot read other.toml"), "{}", stderr(&missing));
}

#[test]
fn a_misspelt_variable_is_pointed_out_and_synth_takes_none() {
    let run = dcm2fhir().arg("config").env("DCM2FHIR_FIHR", "r4").output().unwrap();
    assert!(stderr(&run).contains("DCM2FHIR_FIHR is no option; did you mean DCM2FHIR_FHIR?"), "{}", stderr(&run));
    let synth = dcm2fhir().arg("synth").env("DCM2FHIR_OUTPUT", "elsewhere").output().unwrap();
    assert_eq!(code(&synth), 2);
}

#[test]
fn an_invalid_value_names_the_variable_that_it_came_from() {
    for (variable, value, options, want) in [
        ("DCM2FHIR_FHIR", "r9", &[][..], "invalid value 'r9' for 'DCM2FHIR_FHIR'"),
        ("DCM2FHIR_FHIR", "", &[], "invalid value '' for 'DCM2FHIR_FHIR'"),
        ("DCM2FHIR_REPORT_VALUES", "", &[], "invalid value '' for 'DCM2FHIR_REPORT_VALUES'"),
        ("DCM2FHIR_DETAIL", "all", &[], "invalid value 'all' for 'DCM2FHIR_DETAIL'"),
        ("DCM2FHIR_FHIR", "r9", &["--fhir", "r9"], "invalid value 'r9' for '--fhir <RELEASE>'"),
    ] {
        let output = dcm2fhir().args(["convert", "a"]).args(options).env(variable, value).output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(want), "{}", stderr(&output));
    }
}
