//! Choices that look random and follow from a seed and a name, so that one study does not depend on another.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Throws for one thing that is made: each throw has its own name.
pub struct Dice<'a> {
    seed: u64,
    thing: &'a str,
}

impl<'a> Dice<'a> {
    /// The dice of one thing, as `study 7`.
    pub fn new(seed: u64, thing: &'a str) -> Dice<'a> {
        Dice { seed, thing }
    }

    /// A number below `sides`; 0 where there are none.
    pub fn below(&self, throw: &str, sides: u64) -> u64 {
        self.number(throw).checked_rem(sides).unwrap_or(0)
    }

    /// One of the choices.
    pub fn pick<T: Copy>(&self, throw: &str, choices: &[T]) -> T {
        let at = self.below(throw, choices.len() as u64) as usize;
        *choices.get(at).expect("there is a choice, and the throw is below their number")
    }

    /// True in so many throws of a hundred.
    pub fn percent(&self, throw: &str, percent: u64) -> bool {
        self.below(throw, 100) < percent
    }

    fn number(&self, throw: &str) -> u64 {
        xxh3_64_with_seed(format!("{}/{throw}", self.thing).as_bytes(), self.seed)
    }
}
