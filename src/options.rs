//! The options: each type once, with how it is read, shown, and what it is by default.
//!
//! A group of options is a struct whose fields the stages read as they are. With the feature `cli` it is also a group
//! of the command line: a field is the option, its doc comment the help, its default the one of both. So a new option
//! is a field here (or in [`mapping::Content`](crate::mapping::Content), which knows releases and time zones) and one
//! use.

mod bundle;
mod choice;
mod content;
pub mod filter;
pub mod index;
mod input;
mod mode;
#[cfg(feature = "cli")]
pub(crate) mod parse;
mod run;
mod share;
mod suggest;
mod system;
pub(crate) mod uri;

pub use bundle::{BundleOptions, BundleType};
pub(crate) use choice::choice;
pub use content::{Detail, References, Status};
pub use input::InputOptions;
pub use mode::{FileMode, is_stdout};
pub use run::{RunOptions, ShowProgress, SummaryForm};
pub use share::Share;
pub(crate) use share::share_of;
pub(crate) use suggest::{closest, unknown};
pub use system::{IssuerSystem, SystemKind, SystemUri, designator, issuer_system, system};
