//! Serializes numbers and texts. Reading never trusts a length: truncated or damaged data gives `None`.

/// Appends numbers and texts.
#[derive(Debug, Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    /// A variable-length number: seven bits a byte, lowest first, and a continuation bit.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A hash, in eight bytes.
    pub fn hash(&mut self, hash: u64) {
        self.0.extend_from_slice(&hash.to_le_bytes());
    }

    /// Bytes, preceded by their length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}

/// Reads numbers and texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'b>(pub &'b [u8]);

impl<'b> Reader<'b> {
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub fn hash(&mut self) -> Option<u64> {
        let (hash, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*hash))
    }

    pub fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    pub fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_and_what_is_cut_does_not() {
        let mut writer = Writer::default();
        for number in [0, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            writer.number(number);
        }
        writer.hash(7);
        writer.bytes(b"text");
        let read = |bytes: &[u8]| {
            let mut reader = Reader(bytes);
            let numbers: Vec<u64> = (0..6).map_while(|_| reader.number()).collect();
            Some((numbers, reader.hash()?, reader.text()?.to_string()))
        };
        let want = (vec![0, 127, 128, 300, u64::from(u32::MAX), u64::MAX], 7, "text".to_string());
        assert_eq!(read(&writer.0), Some(want));
        for cut in 0..writer.0.len() {
            assert_eq!(read(&writer.0[..cut]), None, "{cut}");
        }
        assert_eq!(Reader(&[0xFF; 12]).number(), None);
    }
}
