//! Packed UIDs in half the space: digits and dots take four bits each, and the prefix shared with the series' first UID
//! is not stored.

/// The most characters of a FHIR id (R5 id).
pub const MAX_UID: usize = 64;

/// A buffer for one UID, and padding after an odd number of digits.
pub type UidBuffer = [u8; MAX_UID + 1];

/// The padding after an odd number of digits.
const PAD: u8 = 0xF;
/// The mark of a UID with other characters than digits and dots, which is stored unpacked.
const RAW: u8 = 0x80;

/// Appends a UID of at most [`MAX_UID`] bytes: the length of the prefix shared with `base`, the length of the rest, the
/// rest.
pub fn pack(uid: &str, base: &str, arena: &mut Vec<u8>) {
    let shared = shared_length(uid, base);
    let rest = &uid.as_bytes()[shared..];
    let is_numeric = rest.iter().fold(true, |all, byte| all & (byte.is_ascii_digit() | (*byte == b'.')));
    arena.push(small(shared));
    if is_numeric {
        arena.push(small(rest.len().div_ceil(2)));
        let (pairs, odd) = rest.as_chunks();
        arena.extend(pairs.iter().map(|[high, low]| nibble(*high) << 4 | nibble(*low)));
        arena.extend(odd.iter().map(|high| nibble(*high) << 4 | PAD));
    } else {
        arena.push(small(rest.len()) | RAW);
        arena.extend_from_slice(rest);
    }
}

/// Unpacks the UID at an offset.
pub fn unpack<'b>(arena: &[u8], at: usize, base: &str, buffer: &'b mut UidBuffer) -> &'b [u8] {
    let (shared, kept) = (usize::from(arena[at]), arena[at + 1]);
    let rest = &arena[at + 2..at + 2 + usize::from(kept & !RAW)];
    let (start, free) = buffer.split_at_mut(shared);
    start.copy_from_slice(&base.as_bytes()[..shared]);
    let length = if kept & RAW != 0 {
        free[..rest.len()].copy_from_slice(rest);
        rest.len()
    } else {
        free.as_chunks_mut().0.iter_mut().zip(rest).for_each(|(pair, codes)| *pair = PAIRS[usize::from(*codes)]);
        2 * rest.len() - usize::from(rest.last().is_some_and(|codes| codes & 0xF == PAD))
    };
    &buffer[..shared + length]
}

/// An unpacked UID as text.
pub fn text(unpacked: &[u8]) -> &str {
    std::str::from_utf8(unpacked).expect("what was packed is ASCII")
}

/// The two characters of each pair of codes.
static PAIRS: [[u8; 2]; 256] = pairs();

const fn pairs() -> [[u8; 2]; 256] {
    const CHARACTERS: &[u8; 16] = b"0123456789.\0\0\0\0\0";
    let mut pairs = [[0; 2]; 256];
    let mut codes = 0;
    while codes < 256 {
        pairs[codes] = [CHARACTERS[codes >> 4], CHARACTERS[codes & 0xF]];
        codes += 1;
    }
    pairs
}

/// Digits are their own codes, the dot is ten.
fn nibble(byte: u8) -> u8 {
    if byte == b'.' { 10 } else { byte & 0xF }
}

fn shared_length(uid: &str, base: &str) -> usize {
    uid.bytes().zip(base.bytes()).take_while(|(one, other)| one == other).count()
}

fn small(length: usize) -> u8 {
    u8::try_from(length).expect("a UID has at most 64 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_comes_back_as_it_was() {
        for (uid, base, bytes) in [
            ("1.2.840.10008.1", "1.2.840.10008.1", 2),
            ("1.2.840.10008.12", "1.2.840.10008.1", 3),
            ("1.2.840.10008.123", "1.2.840.10008.1", 3),
            ("1.2", "1.2.840.10008.1", 2),
            ("2.25.1", "", 5),
            ("x-1.2", "1.2", 7),
            ("", "1.2", 2),
            (&format!("2.25.{}", "9".repeat(58)), "2.25.1", 31),
            (&format!("2.25.{}", "9".repeat(59)), "2.25.1", 32),
            (&format!("1.{}", "9".repeat(62)), "", 34),
        ] {
            let mut arena = vec![7; 3];
            pack(uid, base, &mut arena);
            assert_eq!(arena.len() - 3, bytes, "{uid:?}");
            assert_eq!(unpack(&arena, 3, base, &mut [0; MAX_UID + 1]), uid.as_bytes());
        }
    }
}
