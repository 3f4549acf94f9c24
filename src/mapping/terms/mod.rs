//! Code tables: which FHIR coding a DICOM code or defined term becomes.
//!
//! Every table is sorted data in `data/`, with its source and edition on top; a look-up is a search in it and
//! returns text that lives as long as the program. What a table does not hold is `None`, never a guess.

mod body_part;
mod coding_scheme;
mod identifier;
mod key_object;
mod laterality;
mod modality;
mod region;
mod snomed;
mod sop_class;
pub mod system;
mod table;
mod value_sets;

pub use crate::dicom::value::is_oid;
pub use body_part::body_part;
pub use coding_scheme::{Scheme, designator, scheme};
pub use identifier::{STUDY_INSTANCE_UID, identifier_type, system_of};
pub use key_object::kos_title;
pub use laterality::{laterality, laterality_code};
pub use modality::modality;
pub use region::regions;
pub use snomed::{is_snomed_concept_id, snomed_from_legacy};
pub use sop_class::{SopClassKind, sop_class};
pub use value_sets::{PRF, SPRF, animal_gender_status, gender};
