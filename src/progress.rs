//! How far a run is, told to whoever wants to know: the stages only say so, which costs them next to nothing.

use crate::issue::{Issue, Place, Skip};
use crate::name::Name;

/// Hears how far a run is, and what it leaves out. Every method may be called from any thread.
pub trait Progress: Send + Sync {
    /// The walk found more files.
    fn walked(&self, _files: u64) {}
    /// The walk is at its end: the number of files is known.
    fn walk_ended(&self) {}
    /// More files were read, or left out by the walk.
    fn read(&self, _files: u64, _bytes: u64) {}
    /// So many studies are known.
    fn found(&self, _studies: u64) {}
    /// All was read; so many documents will be written.
    fn writing(&self, _documents: u64) {}
    /// More documents were written.
    fn wrote(&self, _documents: u64) {}
    /// So many requests were sent again.
    fn retried(&self, _requests: u64) {}
    /// More resources were not taken by the server.
    fn refused(&self, _resources: u64) {}
    /// Says a line while the run goes on, past what is drawn.
    fn say(&self, _line: &str) {}
    /// A file is left out.
    fn left_out(&self, _file: &Name, _why: &Skip) {}
    /// A value is dropped or changed, or differs from another.
    fn issue(&self, _place: Place<'_>, _issue: &Issue) {}
    /// The run is at its end: what was drawn is wiped away.
    fn finish(&self) {}
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}
