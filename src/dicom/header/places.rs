//! Where the attributes of the root data set are, by tag: some twenty are looked up for every file, and most rows of
//! the mapping look for attributes that are not there.

use dicom_core::Tag;

/// How many places there are: several times the wanted attributes of a file, so that few share one.
const PLACES: usize = 256;

/// Several attributes share this place.
const SHARED: u16 = u16::MAX;

/// A hash table of fixed size, of entries by their tags.
#[derive(Debug)]
pub struct Places([u16; PLACES]);

/// What a table knows of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// No attribute has it.
    Nowhere,
    /// This entry may have it, and no other.
    At(usize),
    /// Any entry may have it.
    Anywhere,
}

impl Default for Places {
    fn default() -> Places {
        Places([0; PLACES])
    }
}

impl Places {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Notes which entry has a tag.
    #[inline]
    pub fn note(&mut self, tag: Tag, entry: usize) {
        let place = &mut self.0[slot(tag)];
        // 0 stands for no entry.
        *place = if *place == 0 { u16::try_from(entry + 1).unwrap_or(SHARED) } else { SHARED };
    }

    /// The entry of a tag.
    #[inline]
    pub fn of(&self, tag: Tag) -> Place {
        match self.0[slot(tag)] {
            0 => Place::Nowhere,
            SHARED => Place::Anywhere,
            entry => Place::At(usize::from(entry) - 1),
        }
    }
}

/// The place of a tag: elements of a group lie close together, and groups are few.
#[inline]
fn slot(tag: Tag) -> usize {
    /// An odd number with as many ones as zeros.
    const MIX: u32 = 0x9E37_79B9;
    ((u32::from(tag.group()) << 16 | u32::from(tag.element())).wrapping_mul(MIX) >> 24) as usize
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn a_tag_has_one_entry_or_any_where_several_share_a_place() {
        let mut places = Places::default();
        assert_eq!(places.of(tags::PATIENT_ID), Place::Nowhere);
        places.note(tags::PATIENT_ID, 7);
        assert_eq!(places.of(tags::PATIENT_ID), Place::At(7));
        places.note(tags::PATIENT_ID, 9);
        assert_eq!(places.of(tags::PATIENT_ID), Place::Anywhere);
        places.clear();
        places.note(tags::PATIENT_ID, usize::from(SHARED) - 1);
        assert_eq!(places.of(tags::PATIENT_ID), Place::Anywhere, "an entry behind all that have a number");
        assert_eq!(places.of(tags::STUDY_ID), Place::Nowhere);
    }
}
