//! From the configuration to the options of the stages.

use super::write::Output;
use crate::config::{self, Config, Content, EndpointTarget, SystemKind};
use crate::dicom::charset::CharacterSets;
use crate::error::Error;
use crate::fhir::bundle::{BundleOptions, BundleType, Existing, StudyTarget};
use crate::fhir::id::Ids;
use crate::fhir::release::SelectionForm;
use crate::fhir::{Endpoints, Profile, References, Release, ResourceType, Sharing, json};
use crate::mapping::finish::{self, Detail, EndpointOption, EndpointPlace};
use crate::mapping::terms;
use crate::mapping::zone::TimeZone;
use crate::mapping::{Options, Systems};

/// What the mapping is told of the archive.
pub fn mapping(config: &Config) -> Result<Options, Error> {
    let keep_values = config.report.as_ref().is_some_and(|report| report.values.is_yes());
    let Content { time_zone, charset, systems, .. } = &config.content;
    let options = mapping_of(time_zone.as_deref(), charset, systems)?;
    Ok(Options { keep_values, ..options })
}

/// The mapping's options by the zone, the character sets and the systems alone.
pub fn mapping_of(time_zone: Option<&str>, charset: &[String], systems: &config::Systems) -> Result<Options, Error> {
    let time_zone = time_zone.map(TimeZone::parse).transpose().map_err(Error::Usage)?;
    let character_sets = CharacterSets::parse(charset).map_err(Error::Usage)?;
    let system = |kind| systems.of(&kind).map(str::to_string);
    let owned = |(name, uri): (&str, &str)| (name.to_string(), uri.to_string());
    let known = Systems {
        patient: system(SystemKind::Patient),
        accession: system(SystemKind::Accession),
        study_id: system(SystemKind::StudyId),
        placer: system(SystemKind::Placer),
        filler: system(SystemKind::Filler),
        visit: system(SystemKind::Visit),
        specimen: system(SystemKind::Specimen),
        schemes: systems.schemes().map(owned).collect(),
    };
    let issuers = systems.issuers().map(owned).collect();
    Ok(Options { time_zone, character_sets, systems: known, issuers, keep_values: false, profile: Profile::NONE })
}

/// What the finish is told of the output.
pub fn finish(config: &Config) -> Result<finish::Options, Error> {
    let content = &config.content;
    let release = Release::parse(content.release.0).ok_or_else(|| Error::Usage("unknown release".into()))?;
    let status = content.status.code();
    if !release.statuses.contains(&status) {
        let advice =
            format!("--status {status} is not in {}: want one of {}", release.name, release.statuses.join(", "));
        return Err(Error::Usage(advice));
    }
    if content.selections.is_yes() && release.selection == SelectionForm::None {
        return Err(Error::Usage(format!("--selections: {} has no ImagingSelection, R5 and later have", release.name)));
    }
    Ok(finish::Options {
        release,
        detail: match content.detail {
            config::Detail::Study => Detail::Study,
            config::Detail::Series => Detail::Series,
            config::Detail::Instance => Detail::Instance,
        },
        max_instances: content.max_instances.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
        status: status.into(),
        subject: content.subject.as_ref().map(subject),
        endpoints: content.endpoints.iter().filter_map(endpoint).collect(),
        endpoint_level: match content.endpoint_level {
            config::EndpointLevel::Study => Endpoints::Study,
            config::EndpointLevel::Series => Endpoints::Series,
            config::EndpointLevel::Both => Endpoints::Both,
        },
        profile: Profile::NONE,
        selections: content.selections.is_yes() || has_room(config),
    })
}

/// Whether other resources stand beside the studies.
fn has_room(config: &Config) -> bool {
    config.output.format == config::Format::Bundle || config.content.references == config::References::Separate
}

fn subject(subject: &config::Subject) -> (ResourceType, String) {
    let target = match subject.resource_type {
        "Device" => ResourceType::Device,
        "Group" => ResourceType::Group,
        _ => ResourceType::Patient,
    };
    (target, format!("{}/{}", subject.resource_type, subject.id))
}

fn endpoint(option: &config::EndpointOption) -> Option<EndpointOption> {
    let place = match &option.target {
        EndpointTarget::Address(address) => EndpointPlace::Address(address.clone()),
        EndpointTarget::Reference(literal) => EndpointPlace::Resource(literal.clone()),
    };
    Some(EndpointOption { connection_type: terms::endpoint_connection_type(option.kind.code())?, place })
}

/// What the documents are, and how they are laid out.
pub fn output(config: &Config) -> Output {
    let (output, content) = (&config.output, &config.content);
    Output {
        format: output.format,
        layout: match output.layout {
            config::Layout::Compact => json::Layout::Compact,
            config::Layout::Pretty => json::Layout::Pretty,
        },
        references: match content.references {
            config::References::Logical => References::Logical,
            config::References::Contained => References::Contained,
            config::References::Separate => References::Separate,
        },
        bundle: BundleOptions {
            bundle_type: match output.bundle_type {
                config::BundleType::Transaction => BundleType::Transaction,
                config::BundleType::Batch => BundleType::Batch,
                config::BundleType::Collection => BundleType::Collection,
            },
            study: if output.conditional.is_yes() { StudyTarget::Identifier } else { StudyTarget::Id },
            existing: if output.overwrite_companions.is_yes() { Existing::Overwrite } else { Existing::Keep },
        },
        meta: crate::fhir::Meta::default(),
        inputs: crate::fhir::profile::Inputs::default(),
        made_at: crate::fhir::DateTime {
            year: 2026,
            month: 11,
            day: 26,
            time: Some(crate::fhir::TimeOfDay {
                hour: 15,
                minute: 0,
                second: 0,
                microsecond: 0,
                fraction_digits: 0,
                offset_minutes: 0,
            }),
        },
        sharing: Sharing::alone(Ids::new(content.id_salt.as_deref().unwrap_or_default())),
    }
}
