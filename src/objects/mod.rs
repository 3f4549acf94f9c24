//! Object stores: Amazon S3 and compatible ones, Google Cloud Storage, Azure Blob Storage, and plain web servers.
//!
//! Requests run on their own threads. Credentials are those of each ecosystem: the environment, web identities,
//! instance metadata, the profile of the AWS tools; none is an option, and none is printed.

mod address;
mod bucket;
mod credentials;
mod fault;
mod file;
mod keys;
mod listing;
mod options;
mod profile;
mod runtime;
mod store;

pub use address::Address;
pub use bucket::{Bucket, First, undescribed};
pub use fault::{Fault, fault, reason};
pub use file::ObjectFile;
pub use options::BucketOptions;
pub use runtime::{runtime, wait};
