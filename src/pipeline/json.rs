//! Reads the instances of a DICOM JSON text, each like a file.

use super::read::Stage;
use crate::dicom::bytes::{Bytes, Counted};
use crate::dicom::json::Instances;
use crate::group::reader::Worker;
use crate::source::Name;

impl Stage<'_> {
    /// Reads every instance. A syntax error is reported under the text's own name.
    pub(super) fn json(&self, worker: &mut Worker, name: &Name, text: &mut dyn Bytes) {
        let mut text = Counted::new(text);
        let mut instances = Instances::new(&mut text);
        let issue = |name: &Name, issue| self.issue(name, &issue);
        let inside = |instances: &Instances<'_>| inside(name, instances.number());
        while !self.run.interrupt.is_set()
            && let Some((name, result)) = self.reader.read_json(worker, &mut instances, inside, issue)
        {
            match result {
                Ok(()) => self.grouped(1),
                Err(skip) => self.leave_out(&name, None, &skip),
            }
            self.run.progress.walked(1);
            self.run.progress.read(1, 0);
        }
        worker.read_bytes += text.bytes;
    }
}

/// The name of an instance: that of its text, with its number if there are several.
fn inside(text: &Name, number: Option<u64>) -> Name {
    let Some(number) = number else { return text.clone() };
    let entry = text.entry.as_ref().map_or_else(|| number.to_string(), |entry| format!("{entry}!/{number}"));
    Name { place: text.place.clone(), entry: Some(entry) }
}
