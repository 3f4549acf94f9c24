//! What the resources say.

// Doc comments are help here, and show an address as the user types it.
#![allow(rustdoc::bare_urls)]

use clap::Args;

use crate::config::{
    Detail, EndpointLevel, EndpointOption, IssuerSystem, References, ReleaseName, Status, Subject, SystemUri,
};
use crate::options::{Listed, RELEASES, SYSTEMS, at_least};

/// The content of the resources.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Content")]
pub struct ContentArguments {
    /// FHIR release: r4, r4b, r5, r6 or an R6 ballot
    ///
    /// `r4`, `r4b`, `r5`, `r6-ballot2`, `r6-ballot5`, also as version numbers: `4.0.1`, `6.0.0-ballot5`. `r6` is the
    /// newest ballot, and the summary says which. Default: r6-ballot2. For a server say r4 or what it speaks.
    #[arg(long, value_name = "RELEASE", value_parser = Listed::<ReleaseName>::new(RELEASES), hide_possible_values = true)]
    pub fhir: Option<ReleaseName>,

    /// Level of detail: study, series or instance
    ///
    /// Default: instance.
    #[arg(long, value_enum, hide_possible_values = true)]
    pub detail: Option<Detail>,

    /// Omit the instances of studies with more than N
    ///
    /// Such a study lists its series only, and that is reported. Default: no limit.
    #[arg(long, value_name = "N", value_parser = at_least(1), hide_short_help = true)]
    pub max_instances: Option<u64>,

    /// Set the status of every study
    ///
    /// `registered`, `available`, `cancelled`, `entered-in-error`, `unknown`, `inactive`. Default: available.
    #[arg(long, value_enum, value_name = "CODE", hide_possible_values = true, hide_short_help = true)]
    pub status: Option<Status>,

    /// Patients and others: logical, contained or separate
    ///
    /// `logical`: as identifier and display, without a resource. `contained`: inside the study. `separate`: resources of
    /// their own, in a folder as Type/id.json or Type.ndjson. Default: logical, in a Bundle separate.
    #[arg(long, value_enum, value_name = "HOW", hide_possible_values = true)]
    pub references: Option<References>,

    /// Set the subject of every study, as Patient/ID
    ///
    /// For a patient that is on the server already. Default: from the headers.
    #[arg(long, value_name = "TYPE/ID", hide_short_help = true)]
    pub subject: Option<Subject>,

    /// Address of images: wado-rs=https://host/dicomweb
    ///
    /// Types: `wado-rs`, `wado-uri`, `qido-rs`, `iid`. The URL is the service's base, without a slash at its end, a
    /// query or `/studies`. `TYPE=Endpoint/ID` refers to an Endpoint on the server. May be given several times.
    #[arg(long, value_name = "TYPE=URL")]
    pub endpoint: Vec<EndpointOption>,

    /// Put endpoints at the study, series or both
    ///
    /// An iid endpoint stands at the study always. Default: study.
    #[arg(long, value_enum, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true)]
    pub endpoint_level: Option<EndpointLevel>,

    /// Time zone if none is given: Europe/Berlin, +01:00
    ///
    /// Default: none, and such times become dates.
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,

    /// Character set of undeclared text: ISO_IR 100, GB18030
    ///
    /// Used where text declares no character set and is not UTF-8: a term of DICOM, or a name such as `windows-1252`.
    /// `NAME=NAME` reads a set that is declared wrongly as another, as `ISO_IR 100=windows-1251`. May be
    /// given several times; values that were read so are reported. Default: none, and such bytes are replaced.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub charset: Vec<String>,

    /// Identifier system: patient=http://hospital.org/mrn
    ///
    /// Kinds: `patient`, `accession`, `study-id`, `placer`, `filler`, `visit`, `specimen`, and `scheme:99ABC` for a
    /// coding scheme. The system is an absolute URI. May be given several times. Default: none.
    #[arg(
        long,
        value_name = "KIND=URI",
        value_parser = Listed::<SystemUri>::new(SYSTEMS),
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub system: Vec<SystemUri>,

    /// The system of an issuer's local name, as NAME=URI
    ///
    /// For the Issuer of Patient ID and its like. May be given several times. Default: none.
    #[arg(long, value_name = "NAME=URI", hide_short_help = true)]
    pub issuer: Vec<IssuerSystem>,

    /// A secret that goes into the ids of patients and others
    ///
    /// Without it whoever knows a Patient ID and its system can compute the id of its resource. Keep it, and give the
    /// same in every run. Better as DCM2FHIR_ID_SALT: other users see a command line. Default: none.
    #[arg(long, value_name = "SECRET", hide_short_help = true)]
    pub id_salt: Option<String>,

    /// Write key object selections as ImagingSelection
    ///
    /// From R5 on. Default: only with separate resources and in Bundles.
    #[arg(long, hide_short_help = true)]
    pub selections: bool,

    /// Leave out what a rejection note rejects
    ///
    /// A study that becomes empty by it is entered-in-error. Default: rejected instances are listed.
    #[arg(long, hide_short_help = true)]
    pub apply_rejections: bool,
}
