//! Extended headers: `length key=value` records about the next entry (POSIX.1-2001, pax).

/// Attributes of the next entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Extended {
    pub name: Option<Vec<u8>>,
    pub size: Option<u64>,
    /// Whether it has holes that are not stored.
    pub sparse: bool,
}

impl Extended {
    /// Adds records: path, size and sparse.
    pub fn add(&mut self, mut records: &[u8]) {
        while let Some((record, rest)) = record(records) {
            records = rest;
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.name = Some(name(value)),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

/// A name up to its NUL.
pub(super) fn name(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

/// The first record, without its length and line feed, and what follows it.
fn record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = records.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let (record, rest) = records.split_at_checked(length)?;
    Some((record.get(space + 1..)?.strip_suffix(b"\n")?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_taken_up_to_what_is_none() {
        let mut extended = Extended::default();
        extended.add(b"12 path=a/b\n14 size=99999\n9 x=y=z\n99999999 path=c\n");
        assert_eq!(extended, Extended { name: Some(b"a/b".to_vec()), size: Some(99999), sparse: false });
        for nonsense in [b"".as_slice(), b" ", b"0 ", b"1 x", b"-5 x=y\n", b"3 =\n", b"12345678901234567890123 a=b\n"] {
            extended.add(nonsense);
        }
        assert_eq!(extended.size, Some(99999));
    }
}
