//! How far a run is, told to whoever wants to know: the stages only say so, which costs them next to nothing.

#[cfg(feature = "http")]
use std::sync::Arc;
#[cfg(feature = "http")]
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
#[cfg(feature = "http")]
use std::time::Duration;

use crate::issue::{Issue, Place, Skip};
use crate::name::Name;
#[cfg(feature = "http")]
use crate::numbers::duration;

/// Hears how far a run is, and what it leaves out. Every method may be called from any thread.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use dcm2fhir::{Conversion, Interrupt, Issue, Place, Progress, Reason, Release};
///
/// #[derive(Default)]
/// struct Issues(Mutex<Vec<(Reason, String)>>);
///
/// impl Progress for Issues {
///     fn issue(&self, place: Place<'_>, issue: &Issue) {
///         self.0.lock().unwrap().push((issue.reason, place.to_string()));
///     }
/// }
///
/// # fn main() -> Result<(), dcm2fhir::Error> {
/// let issues = Arc::new(Issues::default());
/// let conversion = Conversion::new(Release::R4).input("testdata/dicom/date-impossible");
/// conversion.run_with(issues.clone(), &Interrupt::default(), |_| Ok(()))?;
/// assert_eq!(issues.0.lock().unwrap()[0].0, Reason::NotADate);
/// # Ok(())
/// # }
/// ```
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
    /// Something wants a look while the run goes on.
    fn warn(&self, _text: &str) {}
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

/// Counts the retries of requests to a server, and says why of the first: a wrong address is otherwise a long wait
/// without a word.
#[cfg(feature = "http")]
pub fn note_retries(
    progress: Arc<dyn Progress>,
    server: String,
    deadline: Duration,
) -> impl Fn(&str) + Send + Sync + 'static {
    let said = AtomicBool::new(false);
    move |why| {
        progress.retried(1);
        if !said.swap(true, Relaxed) {
            let deadline = duration(deadline);
            progress.warn(&format!("{server}: {why}; requests are retried for up to {deadline} (--deadline)"));
        }
    }
}
