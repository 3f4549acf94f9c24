//! The state of a file that is not a single instance: left out, or an archive.

use std::collections::BTreeSet;

use super::bytes::{Reader, Writer};
use crate::issue::Skip;

/// The stored state of such a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Files in it, itself where it holds none.
    pub files: u64,
    /// Those of them that are DICOM.
    pub dicom_files: u64,
    /// Those that were grouped.
    pub grouped_files: u64,
    /// The studies of those.
    pub studies: BTreeSet<i64>,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
}

/// A file or entry that was left out, and its notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The entry, where it is one.
    pub entry: Option<String>,
    /// Why.
    pub skip: Skip,
    /// The serialized notes; empty without notes.
    pub notes: Vec<u8>,
}

impl State {
    /// Counts and adds a left-out file or entry.
    pub fn leave_out(&mut self, left_out: LeftOut) {
        self.files += 1;
        self.dicom_files += u64::from(left_out.skip.is_dicom());
        self.left_out.push(left_out);
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let numbers = [self.files, self.dicom_files, self.grouped_files, self.studies.len() as u64];
        numbers.iter().for_each(|number| writer.number(*number));
        self.studies.iter().for_each(|study| writer.number(*study as u64));
        for LeftOut { entry, skip, notes } in &self.left_out {
            writer.0.push(entry.is_some().into());
            entry.iter().for_each(|entry| writer.bytes(entry.as_bytes()));
            writer.bytes(&serde_json::to_vec(skip).expect("text and numbers are always JSON"));
            writer.bytes(notes);
        }
        writer.0
    }

    /// Takes stored bytes back; `None` where they are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<State> {
        let mut reader = Reader(bytes);
        let (files, dicom_files, grouped_files) = (reader.number()?, reader.number()?, reader.number()?);
        let studies = (0..reader.number()?).map(|_| Some(reader.number()? as i64)).collect::<Option<_>>()?;
        let mut left_out = Vec::new();
        while !reader.0.is_empty() {
            let entry = if reader.byte()? == 0 { None } else { Some(reader.text()?.to_string()) };
            let (skip, notes) = (serde_json::from_slice(reader.bytes()?).ok()?, reader.bytes()?.to_vec());
            left_out.push(LeftOut { entry, skip, notes });
        }
        Some(State { files, dicom_files, grouped_files, studies, left_out })
    }
}

/// Whether a file would be left out again: because of its content, not because of an error of reading.
pub(super) fn is_lasting(skip: &Skip) -> bool {
    !matches!(
        skip,
        Skip::Unreadable(_)
            | Skip::NotDelivered(_)
            | Skip::Missing
            | Skip::Link
            | Skip::NotRegular
            | Skip::OutsideFolder
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_comes_back_as_it_was() {
        let mut state = State { studies: [1, 300].into(), grouped_files: 2, ..State::default() };
        for (place, skip) in Skip::one_of_each().into_iter().enumerate() {
            let entry = (place % 2 == 0).then(|| format!("entry {place}"));
            state.leave_out(LeftOut { entry, skip, notes: vec![7; place] });
        }
        let bytes = state.to_bytes();
        assert_eq!(State::from_bytes(&bytes), Some(state.clone()));
        assert_eq!(state.files, 19);
        assert_ne!(State::from_bytes(&bytes[..bytes.len() - 1]), Some(state));
    }
}
