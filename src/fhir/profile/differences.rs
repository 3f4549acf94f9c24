//! A description of a profile: a line for each field of [`Profile`] that differs from [`Profile::NONE`].

use serde::Serialize;

use super::{Limit, Manifests, Packaging, Performers, Profile, Role};

/// The change of one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The element, without `ImagingStudy.` in front.
    pub element: &'static str,
    /// The source of its value; empty if it is only removed.
    pub from: &'static str,
    /// What is written or left out.
    pub rule: String,
}

impl Difference {
    /// Whether the value comes from an option.
    pub fn is_from_options(&self) -> bool {
        self.from.starts_with("--") && self.element != DEMANDED
    }
}

/// The element column of a requirement.
const DEMANDED: &str = "(demanded)";

/// All changes of a profile, then its requirements.
pub fn differences(profile: &Profile) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut add = |element, from, rule: String| all.push(Difference { element, from, rule });
    if profile.packaging == Packaging::Document {
        document(&mut add);
    }
    if let Some(references) = profile.references {
        add("Reference", "--references", format!("to resources, {references}, where nothing is said"));
    }
    for (place, (_, url)) in profile.claims.iter().enumerate() {
        let roles = |url| profile.claims.iter().filter(move |(_, other)| *other == url);
        let is_first = profile.claims[..place].iter().all(|(_, other)| other != url);
        let names: Vec<&str> = roles(*url).map(|(role, _)| name(*role)).collect();
        is_first.then(|| add("meta.profile", "", format!("{}: {url}", names.join(", "))));
    }
    study(profile, &mut add);
    series(profile, &mut add);
    companions(profile, &mut add);
    for lack in profile.demands {
        add(DEMANDED, "", format!("not as the profile demands where {lack}"));
    }
    for lack in profile.key_object_demands {
        add(DEMANDED, "--format kos", format!("no manifest where {lack}"));
    }
    all
}

type Add<'a> = &'a mut dyn FnMut(&'static str, &'static str, String);

/// The Bundle of a document, its Composition, and who makes it.
fn document(add: Add<'_>) {
    let all: [(_, _, &str); 13] = [
        ("Bundle", "", "a document for each study, with a Composition first"),
        ("Bundle.identifier, Composition.identifier", "all that the document says", "2.25. and its UUIDv5"),
        ("Bundle.timestamp, Composition.date", "--creation-time, SOURCE_DATE_EPOCH", "else the clock"),
        ("Composition.id", "Bundle.identifier", "its UUIDv5"),
        ("Composition.text, Composition.section.text", "the study", "for people"),
        ("Composition.status", "", "final"),
        ("Composition.type, Composition.category", "", "LOINC 18748-4"),
        ("Composition.subject", "subject", "the study's"),
        ("Composition.event", "", "the study"),
        ("Composition.author", "--creator, --creator-id", "the organization, and this program as a Device"),
        ("Composition.title", "(0008,1030) StudyDescription", "else Imaging study"),
        ("Composition.section", "basedOn", "the orders that the study is not based on"),
        ("Device.manufacturer, Device.type, Device.owner", "--creator", "of this program"),
    ];
    all.into_iter().for_each(|(element, from, rule)| add(element, from, rule.into()));
}

fn study(profile: &Profile, add: Add<'_>) {
    if profile.has(Limit::StudyUidAlone) {
        add("identifier", "(0020,000D) StudyInstanceUID", "it alone; Study ID is left out".into());
    }
    if let Some(regions) = profile.regions {
        let rule = format!("{}: the regions of all body sites; the spine is {}", regions.extension, regions.spine);
        add("extension", "(0008,2218) AnatomicRegionSequence, (0018,0015) BodyPartExamined", rule);
    }
    if profile.has(Limit::OneOrder) {
        let rule = "the first accession number that has a system; other orders stand beside the study";
        add("basedOn", "(0008,0050) AccessionNumber, (0008,0051), --issuer, --system accession=URI", rule.into());
    }
    if profile.has(Limit::ProcedureInWords) {
        let from = "(0008,1032) ProcedureCodeSequence, (0008,1030) StudyDescription, (0008,0060) Modality";
        add("procedureCode", from, "something in words: else the description, else the modalities".into());
    }
    if let Some(viewer) = profile.viewer {
        let rule = format!("a web viewer, connection type {}", viewer.coding().code);
        add("endpoint", "--viewer", rule);
        add("Endpoint.payloadMimeType", "--viewer", "text/html".into());
    }
    if !profile.study_endpoints.is_empty() {
        add(
            "endpoint",
            "--endpoint",
            format!("one at least, of {} and no other type", profile.study_endpoints.join(", ")),
        );
    }
}

fn series(profile: &Profile, add: Add<'_>) {
    if profile.unknown_address.is_some() {
        add(
            "series.endpoint",
            "--endpoint wado-rs=URL",
            "WADO-RS at each series, also where no address is known".into(),
        );
    }
    if profile.has(Limit::CodesAlone) {
        add("modality, series.bodySite", "", "codes alone: words are left out".into());
    }
    let performers = match profile.performers {
        Performers::All => None,
        Performers::OrganizationsByName => Some("organizations by name only"),
        Performers::Devices => Some("devices alone"),
        Performers::OneInEachFunction => Some("physician PRF, device DEV, institution LOC, --creator CST, one each"),
    };
    performers.into_iter().for_each(|rule| add("series.performer", "", rule.into()));
    if profile.creator.is_some() || profile.performers == Performers::OneInEachFunction {
        add("Organization.identifier, Organization.name", "--creator-id, --creator", "of the creator".into());
    }
    for (url, from) in [
        (profile.frames, "(0028,0008) NumberOfFrames"),
        (profile.instance_description, "series.instance.title"),
        (profile.key_object_title, "(0040,A043) ConceptNameCodeSequence"),
    ] {
        url.into_iter().for_each(|url| add("series.instance.extension", from, url.into()));
    }
    if profile.key_object_title.is_some() {
        let from = "(0040,A730) ContentSequence > (0040,A160) TextValue";
        add("series.instance.title", from, "of a Key Object Selection its description (113012, DCM)".into());
    }
    if profile.manifests == Manifests::LeftOut {
        let rule = "manifests are left out: titles 113030, 113031, 131560, MADOTEMP001";
        add("series.instance", "(0040,A043) ConceptNameCodeSequence", rule.into());
    }
}

fn companions(profile: &Profile, add: Add<'_>) {
    if let Some(code) = profile.accession_type {
        add("Identifier.type", "", format!("of accession numbers also {}", code.coding().code));
    }
    if profile.has(Limit::OrderWithoutNumbers) {
        add("ServiceRequest.identifier", "", "left out: the reference to it has the accession number".into());
    }
    if let Some(location) = profile.location {
        add("Endpoint.extension", "--retrieve-location", format!("of WADO-RS: {location}"));
    }
    if profile.order_status != Profile::NONE.order_status {
        add("ServiceRequest.status", "", profile.order_status.into());
    }
    if let Some(category) = profile.order_category {
        add("ServiceRequest.category", "", category.coding().code.into_owned());
    }
    if let Some(category) = profile.device_category {
        let code = category.coding.coding().code;
        add("Device.status", "", "active".into());
        match category.extension {
            Some(url) => add("Device.extension", "", format!("{url}: {code}")),
            None => add("Device.category", "", code.into_owned()),
        }
    }
    for (connection, payload) in profile.payloads {
        add("Endpoint.payloadType", "", format!("of {connection}: {}", payload.coding().code));
    }
    if let Some(address) = profile.unknown_address {
        add(
            "Endpoint.address",
            "",
            format!("{address} with a data-absent-reason where no --endpoint wado-rs is given"),
        );
    }
}

/// A description of a role.
fn name(role: Role) -> &'static str {
    match role {
        Role::Document => "Bundle",
        Role::Composition => "Composition",
        Role::Study => "ImagingStudy",
        Role::Patient => "Patient",
        Role::Order => "ServiceRequest with an accession number that has a system",
        Role::OrderWithoutSystem => "ServiceRequest with an accession number that has none",
        Role::Equipment => "Device that made the images",
        Role::WadoRs => "Endpoint of WADO-RS",
        Role::WebViewer => "Endpoint that is a web viewer",
        Role::OtherEndpoint => "other Endpoint",
        Role::Creator => "Device that made the document",
        Role::CreatorOrganization => "Organization that made the document",
        Role::Other => "other resource",
    }
}
