//! The VRs of PS3.5 6.2, and how the length follows each of them.

/// Whether two bytes are a VR of PS3.5 6.2.
pub fn is_vr(vr: [u8; 2]) -> bool {
    form(vr) != Form::Unknown
}

/// How the length follows a VR (PS3.5 7.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No such VR.
    Unknown = 0,
    /// Two bytes of length.
    Short = 8,
    /// Two reserved bytes, then four of length.
    Long = 12,
}

impl Form {
    /// The length of an element's header.
    #[inline(always)]
    pub fn header_length(self) -> u8 {
        self as u8
    }
}

#[rustfmt::skip]
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
    b"ST", b"TM", b"UI", b"UL", b"US",
];
const LONG: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];

/// The form of each pair of bytes: one load for a VR, out of the few lines of the table that VRs touch.
static FORMS: [Form; 1 << 16] = forms();

const fn forms() -> [Form; 1 << 16] {
    let mut forms = [Form::Unknown; 1 << 16];
    let mut at = 0;
    while at < SHORT.len() {
        forms[u16::from_le_bytes(*SHORT[at]) as usize] = Form::Short;
        at += 1;
    }
    at = 0;
    while at < LONG.len() {
        forms[u16::from_le_bytes(*LONG[at]) as usize] = Form::Long;
        at += 1;
    }
    forms
}

/// The form of a VR.
#[inline(always)]
pub fn form(vr: [u8; 2]) -> Form {
    FORMS[usize::from(u16::from_le_bytes(vr))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vr_of_the_standard_is_known_and_nothing_else() {
        let known = (0..=u16::MAX).filter(|pair| is_vr(pair.to_le_bytes())).count();
        assert_eq!(known, SHORT.len() + LONG.len());
    }
}
