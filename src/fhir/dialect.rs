//! The dialect of resources: release, profile and `meta`.

use super::meta::Meta;
use super::profile::Profile;
use super::release::Release;

/// Everything that decides how a resource is written, besides its content.
#[derive(Debug, Clone, Copy)]
pub struct Dialect<'r> {
    /// The release.
    pub release: &'r Release,
    /// The profile.
    pub profile: &'r Profile,
    /// The `meta` of every resource.
    pub meta: &'r Meta,
}

impl<'r> Dialect<'r> {
    /// The release without the profile, for a study that does not conform.
    pub fn without_profile(self) -> Dialect<'r> {
        Dialect { profile: Profile::NONE, ..self }
    }
}

impl<'r> From<&'r Release> for Dialect<'r> {
    fn from(release: &'r Release) -> Dialect<'r> {
        Dialect { release, profile: Profile::NONE, meta: Meta::NONE }
    }
}
