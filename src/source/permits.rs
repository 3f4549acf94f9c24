//! A semaphore: limits how many items are open between the walk and the readers.

use crossbeam_channel::{Receiver, Sender, bounded};

/// A fixed number of permits.
#[derive(Debug, Clone)]
pub(super) struct Permits {
    give: Sender<()>,
    take: Receiver<()>,
}

/// One permit; released when dropped.
#[derive(Debug)]
pub(super) struct Permit(Receiver<()>);

impl Permits {
    /// A number of permits, at least one.
    pub fn new(permits: usize) -> Permits {
        let (give, take) = bounded(permits.max(1));
        Permits { give, take }
    }

    /// Waits for a permit.
    pub fn wait(&self) -> Permit {
        self.give.send(()).expect("its receiver is here");
        Permit(self.take.clone())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let _ = self.0.try_recv();
    }
}
