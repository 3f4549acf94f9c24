//! What a Bundle asks of a server.

use super::choice;

choice! {
    /// `Bundle.type`.
    pub enum BundleType: "Bundle type", default Transaction {
        /// All or nothing.
        Transaction = "transaction",
        /// Each entry is processed independently. References to resources that the server creates stay logical, as
        /// their ids are not known.
        Batch = "batch",
        /// Resources only, without requests.
        Collection = "collection",
    }
}

/// Options of Bundles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct BundleOptions {
    /// Bundle type: transaction, batch or collection
    ///
    /// Needs --format bundle. Default: transaction.
    #[cfg_attr(feature = "cli", arg(long, value_enum, value_name = "TYPE", hide_short_help = true))]
    pub bundle_type: Option<BundleType>,

    /// Find the study on the server by its identifier
    ///
    /// The Bundle's entry becomes `PUT ImagingStudy?identifier=...`, for servers that assign their own ids. Needs
    /// --format bundle. Default: PUT to the study's id.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub conditional: bool,

    /// Replace existing patients and others on the server
    ///
    /// Needs --format bundle. Default: they are created if missing and never changed.
    #[cfg_attr(feature = "cli", arg(long, hide_short_help = true))]
    pub overwrite_companions: bool,
}

impl BundleOptions {
    /// `Bundle.type`.
    pub fn bundle_type(self) -> BundleType {
        self.bundle_type.unwrap_or_default()
    }
}
