//! DICOM as it lies in files: data sets, tags, text and values. Knows no FHIR.
//!
//! [`scan`] reads the wanted attributes of one file into a [`Header`]; everything else here turns their raw bytes into
//! text, dates, numbers and names.

pub mod bytes;
pub mod charset;
pub mod header;
pub mod json;
pub mod person_name;
pub mod scan;
pub mod stored_values;
pub mod value;
pub mod wanted;

pub use dicom_core::Tag;
pub use header::{DataSet, Header};
pub use scan::Scanner;
pub use stored_values::StoredValues;
pub use wanted::{Levels, TagPath, Wanted};
