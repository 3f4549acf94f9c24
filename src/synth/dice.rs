//! Pseudorandom choices computed from a seed and a name, so that studies do not depend on each other.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The choices for one object, each with its own name.
pub struct Dice<'a> {
    seed: u64,
    thing: &'a str,
}

impl<'a> Dice<'a> {
    /// The dice of one object, as `study 7`.
    pub fn new(seed: u64, thing: &'a str) -> Dice<'a> {
        Dice { seed, thing }
    }

    /// A number below `sides`; 0 if `sides` is 0.
    pub fn below(&self, throw: &str, sides: u64) -> u64 {
        self.number(throw).checked_rem(sides).unwrap_or(0)
    }

    /// One of the choices.
    pub fn pick<T: Copy>(&self, throw: &str, choices: &[T]) -> T {
        let at = self.below(throw, choices.len() as u64) as usize;
        *choices.get(at).expect("there is a choice, and the throw is below their number")
    }

    /// True with this probability in percent.
    pub fn percent(&self, throw: &str, percent: u64) -> bool {
        self.below(throw, 100) < percent
    }

    fn number(&self, throw: &str) -> u64 {
        xxh3_64_with_seed(format!("{}/{throw}", self.thing).as_bytes(), self.seed)
    }
}
