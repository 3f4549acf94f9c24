//! A hash of what a study and its companions say, from which the identifier of a document follows.

use std::io::{self, Write};

use xxhash_rust::xxh3::Xxh3Default;

use super::{Layout, write};
use crate::fhir::dialect::Dialect;
use crate::fhir::meta::Meta;
use crate::fhir::references::Linked;

/// The hash of a study and of what stands beside it, as they are written, but for the user's labels.
pub fn digest(linked: &Linked<'_>, dialect: Dialect<'_>) -> u128 {
    let mut content = Digest(Xxh3Default::new());
    let dialect = Dialect { meta: Meta::NONE, ..dialect };
    write(&mut content, linked, dialect, Layout::Compact).expect("a digest takes all");
    for companion in &linked.beside {
        write(&mut content, companion, dialect, Layout::Compact).expect("a digest takes all");
    }
    content.0.digest128()
}

/// A hash of what is written to it.
struct Digest(Xxh3Default);

impl Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
