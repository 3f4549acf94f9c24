//! A hash table by UID. The caller hashes the UID, so that this is done once and outside any lock.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Values by UID, each boxed: a hash table has at least four slots, and most tables hold few values.
#[derive(Debug)]
pub struct ByUid<V>(HashTable<Box<(Box<str>, V)>>);

/// The hash of a UID.
pub fn hash(uid: &str) -> u64 {
    xxh3_64(uid.as_bytes())
}

impl<V> Default for ByUid<V> {
    fn default() -> ByUid<V> {
        ByUid(HashTable::new())
    }
}

impl<V> ByUid<V> {
    /// The number of UIDs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All UIDs and values, in the order of the UIDs.
    pub fn sorted(&self) -> Vec<(&str, &V)> {
        let mut all: Vec<(&str, &V)> = self.0.iter().map(|entry| (&*entry.0, &entry.1)).collect();
        all.sort_by_key(|(uid, _)| *uid);
        all
    }

    /// All UIDs and values, in no order.
    pub fn into_iter(self) -> impl Iterator<Item = (Box<str>, V)> {
        self.0.into_iter().map(|entry| *entry)
    }
}

impl<V: Default> ByUid<V> {
    /// The value of a UID; the UID is copied only when it is new.
    pub fn entry(&mut self, hash_of_uid: u64, uid: &str) -> &mut V {
        let entry = self.0.entry(hash_of_uid, |known| *known.0 == *uid, |known| hash(&known.0));
        &mut entry.or_insert_with(|| Box::new((uid.into(), V::default()))).into_mut().1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_has_one_value_even_where_hashes_meet() {
        let mut table = ByUid::<u32>::default();
        for (uid, value) in [("1.1", 1), ("1.2", 2), ("1.1", 3)] {
            *table.entry(7, uid) += value;
        }
        assert_eq!([*table.entry(7, "1.1"), *table.entry(7, "1.2"), *table.entry(7, "1.3")], [4, 2, 0]);
    }
}
