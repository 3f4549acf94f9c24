//! Makes DICOM files: the one builder behind manifests, the tests, `testdata/dicom` and `dcm2fhir synth`.
//!
//! The output depends only on the arguments: no clock, no randomness, no environment.
//! dicom-object writes the data elements; invalid structures, which it would refuse or repair, are written here.

mod archive;
mod character_set;
mod data_set;
mod dice;
mod identity;
mod instance;
mod pixels;
mod uid;

pub use archive::{Manifest, SynthOptions, write_archive, write_archive_while};
pub use character_set::CharacterSet;
pub use data_set::{Attributes, DataSet, code};
pub use instance::{Frame, Instance, Lengths};
pub use uid::uid;

/// Explicit VR Big Endian: retired since 2006, and still in archives.
#[expect(deprecated)]
pub const EXPLICIT_BIG_ENDIAN: &str = dicom_dictionary_std::uids::EXPLICIT_VR_BIG_ENDIAN;
