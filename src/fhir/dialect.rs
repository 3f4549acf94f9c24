//! In which dialect resources are written: the release, the profile on top of it, and the user's `meta`.

use super::meta::Meta;
use super::profile::Profile;
use super::release::Release;

/// All that decides how a resource is written, beside its content.
#[derive(Debug, Clone, Copy)]
pub struct Dialect<'r> {
    /// The release.
    pub release: &'r Release,
    /// What a profile changes in it.
    pub profile: &'r Profile,
    /// What stands in every `meta`.
    pub meta: &'r Meta,
}

impl<'r> Dialect<'r> {
    /// The same release without the profile: for a study that does not conform to it.
    pub fn without_profile(self) -> Dialect<'r> {
        Dialect { profile: Profile::NONE, ..self }
    }
}

impl<'r> From<&'r Release> for Dialect<'r> {
    fn from(release: &'r Release) -> Dialect<'r> {
        Dialect { release, profile: Profile::NONE, meta: Meta::NONE }
    }
}
