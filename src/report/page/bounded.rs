//! A map with a limited number of keys, as header values can be arbitrary and a page has limited space.

use std::collections::BTreeMap;

/// Keeps the smallest keys. A removed key is greater than all kept ones and is never added again, so the kept values
/// are complete and do not depend on the order of arrival.
#[derive(Debug)]
pub struct Bounded<K, V> {
    kept: BTreeMap<K, V>,
    max_keys: usize,
}

impl<K: Ord, V: Default> Bounded<K, V> {
    /// A map for at most this many keys.
    pub fn new(max_keys: usize) -> Bounded<K, V> {
        Bounded { kept: BTreeMap::new(), max_keys }
    }

    /// The value of a key; `None` if it exceeds the limit.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        if self.kept.len() >= self.max_keys && !self.kept.contains_key(&key) {
            if self.kept.last_key_value().is_none_or(|(last, _)| *last < key) {
                return None;
            }
            self.kept.pop_last();
        }
        Some(self.kept.entry(key).or_default())
    }

    /// The keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.kept.iter()
    }
}

impl<K: Ord + Clone> Bounded<K, u64> {
    /// Adds to the count of a key.
    pub fn add(&mut self, key: K, count: u64) {
        if let Some(known) = self.get_mut(key) {
            *known += count;
        }
    }

    /// The keys with the largest counts first.
    pub fn largest_first(&self) -> Vec<(K, u64)> {
        let mut all: Vec<(K, u64)> = self.kept.iter().map(|(key, count)| (key.clone(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_what_stays_are_whole_in_any_order() {
        let mut arrivals: Vec<u64> = (0..20).flat_map(|key| [key * 7 % 20, key]).collect();
        let counted = |arrivals: &[u64]| {
            let mut counts = Bounded::new(5);
            arrivals.iter().for_each(|key| counts.add(*key, 1));
            counts.largest_first()
        };
        let want: Vec<(u64, u64)> = (0..5).map(|key| (key, 2)).collect();
        assert_eq!(counted(&arrivals), want);
        arrivals.reverse();
        assert_eq!(counted(&arrivals), want);
        arrivals.rotate_left(13);
        assert_eq!(counted(&arrivals), want);
    }

    #[test]
    fn the_largest_count_comes_first() {
        let mut counts = Bounded::new(2);
        ["a", "b", "a"].into_iter().for_each(|key| counts.add(key, 1));
        assert_eq!(counts.largest_first(), [("a", 2), ("b", 1)]);
    }
}
