//! UIDs in half the room: digits and dots take four bits each, and what a UID shares with its series' first is not kept.

/// The most characters of a UID that can stand in a FHIR id (R5 id).
pub const MAX_UID: usize = 64;

/// The code behind the last digit where their number is odd.
const PAD: u8 = 0xF;
/// Marks a UID that has other characters than digits and dots, and is kept as it is.
const RAW: u8 = 0x80;

/// Writes a UID of at most [`MAX_UID`] bytes behind the others: how much it shares with `base`, how long the rest is, the
/// rest.
pub fn pack(uid: &str, base: &str, arena: &mut Vec<u8>) {
    let shared = shared_length(uid, base);
    let rest = &uid.as_bytes()[shared..];
    let is_numeric = rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    arena.push(small(shared));
    if is_numeric {
        arena.push(small(rest.len().div_ceil(2)));
        arena.extend(rest.chunks(2).map(|pair| nibble(pair[0]) << 4 | pair.get(1).map_or(PAD, |byte| nibble(*byte))));
    } else {
        arena.push(small(rest.len()) | RAW);
        arena.extend_from_slice(rest);
    }
}

/// Reads the UID at a place back.
pub fn unpack<'b>(arena: &[u8], at: usize, base: &str, buffer: &'b mut [u8; MAX_UID]) -> &'b str {
    let (shared, kept) = (usize::from(arena[at]), arena[at + 1]);
    buffer[..shared].copy_from_slice(&base.as_bytes()[..shared]);
    let rest = &arena[at + 2..at + 2 + usize::from(kept & !RAW)];
    let mut end = shared;
    if kept & RAW != 0 {
        buffer[end..end + rest.len()].copy_from_slice(rest);
        end += rest.len();
    } else {
        for code in rest.iter().flat_map(|pair| [pair >> 4, pair & 0xF]).filter(|code| *code != PAD) {
            buffer[end] = if code == 10 { b'.' } else { b'0' + code };
            end += 1;
        }
    }
    std::str::from_utf8(&buffer[..end]).expect("what was packed is ASCII")
}

fn nibble(byte: u8) -> u8 {
    if byte == b'.' { 10 } else { byte - b'0' }
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
        ] {
            let mut arena = vec![7; 3];
            pack(uid, base, &mut arena);
            assert_eq!(arena.len() - 3, bytes, "{uid:?}");
            assert_eq!(unpack(&arena, 3, base, &mut [0; MAX_UID]), uid);
        }
    }
}
