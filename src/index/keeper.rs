//! Stores the files that the reading stage reads, with their tickets.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use super::pending::{OpenArchive, OtherFile, Ticket};
use super::segment::{Level, Record};
use super::state::{LeftOut, State, is_lasting};
use super::{Index, path_bytes};
use crate::dicom::{Header, Levels, StoredValues};
use crate::group::FileNotes;
use crate::group::reader::{Keeper, Record as Grouped, ReportedBy};
use crate::issue::Skip;
use crate::name::Name;
use crate::source::{Mark, now};

impl Keeper for Index {
    fn read(&self, name: &Name, mark: Option<Mark>, header: &Header, grouped: Result<&Grouped<'_>, &Skip>) {
        // A file has its own ticket; entries use the one of their archive.
        let ticket = if name.entry.is_none() { self.ticket(name, mark) } else { None };
        match (grouped, ticket) {
            (Err(skip), Some(ticket)) => self.keep_left_out(ticket, skip, notes(header)),
            (Ok(grouped), Some(ticket)) => {
                let name = path_bytes(Path::new(&name.place).file_name().unwrap_or_default());
                self.keep((ticket.folder, name), None, header, grouped, Some(ticket));
            }
            (Err(skip), None) => {
                let left_out = LeftOut::of(name.entry.as_ref(), skip, notes(header));
                self.pending.in_archive(&name.place, |archive| archive.state.leave_out(left_out));
            }
            (Ok(grouped), None) => {
                let ticket = self.pending.in_archive(&name.place, |archive| archive.takes(grouped.record.study_uid));
                if let Some(ticket) = ticket {
                    self.keep((ticket.folder, &ticket.name), name.entry.as_ref(), header, grouped, None);
                }
            }
        }
    }

    /// Temporary errors are not stored.
    fn left_out(&self, name: &Name, mark: Option<Mark>, skip: &Skip) -> ReportedBy {
        if matches!(skip, Skip::Filtered | Skip::NoUid(_) | Skip::UnusableUid(_)) {
            // These come from a header and were stored with its notes.
            return ReportedBy::Index;
        }
        let Some(ticket) = self.ticket(name, mark) else {
            let left_out = self.pending.in_archive(&name.place, |archive| {
                archive.is_incomplete |= !is_lasting(skip);
                archive.state.leave_out(LeftOut::of(name.entry.as_ref(), skip, Vec::new()));
            });
            return if left_out.is_some() { ReportedBy::Index } else { ReportedBy::Stage };
        };
        if !is_lasting(skip) {
            self.visited().unread.insert(ticket.folder);
            return if ticket.is_known { ReportedBy::StageNotCounted } else { ReportedBy::Stage };
        }
        self.keep_left_out(ticket, skip, Vec::new());
        ReportedBy::Index
    }

    fn is_index(&self) -> bool {
        true
    }

    fn opens_archive(&self, name: &Name, mark: Option<Mark>) {
        if let Some(ticket) = self.ticket(name, mark) {
            self.pending.open_archive(&name.place, ticket);
        }
    }

    fn closes_archive(&self, name: &Name) {
        self.pending.close_archive(&name.place, |archive| {
            let OpenArchive { mut ticket, state, studies, is_incomplete } = archive;
            ticket.stamp = ticket.stamp.filter(|_| !is_incomplete);
            OtherFile { ticket, state, studies }
        });
    }

    fn forgets(&self, name: &Name) {
        let _ = self.ticket(name, None);
    }
}

impl Index {
    fn keep(
        &self,
        (folder, name): (i64, &[u8]),
        entry: Option<&String>,
        header: &Header,
        grouped: &Grouped<'_>,
        file: Option<Ticket>,
    ) {
        let record = &grouped.record;
        let selection = grouped.is_selection.then(|| StoredValues::of(header, Levels::SELECTION));
        let notes = notes(header);
        let stored = Record {
            folder,
            name,
            entry: entry.map(String::as_str),
            series_uid: record.series_uid,
            sop_instance_uid: record.sop_instance_uid,
            is_image: record.is_image,
            number: record.number,
            fingerprint: record.fingerprint,
            parts: [record.study_part, record.series_part, record.kind],
            notes: &notes,
            selection: selection.as_ref().map(StoredValues::as_bytes),
        };
        let values = |level| {
            let level = match level {
                Level::Study => Levels::STUDY,
                Level::Series => Levels::SERIES,
                Level::Kind => Levels::KIND,
            };
            StoredValues::of(header, level).as_bytes().into()
        };
        if self.pending.add(record.study_uid, &stored, values, file) {
            self.flush();
        }
    }

    fn keep_left_out(&self, ticket: Ticket, skip: &Skip, notes: Vec<u8>) {
        let mut state = State::default();
        state.leave_out(LeftOut::of(None, skip, notes));
        if self.pending.add_other(OtherFile { ticket, state, studies: Default::default() }) {
            self.flush();
        }
    }

    /// The ticket of a file, taken once.
    fn ticket(&self, name: &Name, mark: Option<Mark>) -> Option<Ticket> {
        let ticket = match mark {
            Some(Mark { folder, stamp, is_known }) => {
                let name = Path::new(&name.place).file_name().unwrap_or_default();
                Ticket { folder, name: path_bytes(name).into(), stamp, is_known }
            }
            None => self.pending.take_ticket(&name.place)?,
        };
        self.read_files.fetch_add(1, Relaxed);
        // The stamp is stored only if later changes of the file would be detected.
        let stamp = ticket.stamp.filter(|stamp| !stamp.is_racy(now()));
        Some(Ticket { stamp, ..ticket })
    }
}

/// The serialized notes of a file; empty without notes.
fn notes(header: &Header) -> Vec<u8> {
    let notes = FileNotes::of(header);
    if notes.is_empty() { Vec::new() } else { notes.to_bytes() }
}
