//! Any bytes as an archive: every entry can be opened and read from, and no more entries come than the bytes have room
//! for.
#![no_main]

use std::ops::ControlFlow;
use std::sync::Arc;

use dcm2fhir::internals::dicom::bytes::Bytes;
use dcm2fhir::internals::source::Content;
use dcm2fhir::internals::source::archive::{Archive, Head, entry_name};
use libfuzzer_sys::fuzz_target;

/// The shortest entry is the header of an empty one.
const MIN_ENTRY_BYTES: usize = 30;

fuzz_target!(|data: &[u8]| {
    let mut entries = 0;
    match Archive::open(Content::Shared(Arc::new(data.to_vec()))) {
        Ok(Some(Archive::Zip(zip))) => {
            for entry in zip.entries().flatten() {
                entries += 1;
                let _ = entry_name(&entry.name);
                if let Ok(mut bytes) = entry.open() {
                    read(&mut *bytes);
                }
            }
        }
        Ok(Some(Archive::Stream(stream))) => {
            let _ = stream.read(&mut |name, bytes| {
                entries += 1;
                let _ = name.map(entry_name);
                let _ = bytes.map(read);
                ControlFlow::Continue(())
            });
            return;
        }
        Ok(None) | Err(_) => {}
    }
    assert!(entries <= data.len() / MIN_ENTRY_BYTES);
});

/// As the scanner does: from the start, and after a jump.
fn read(bytes: &mut dyn Bytes) {
    let Ok(mut bytes) = Head::new(bytes) else { return };
    let mut buffer = [0; 4096];
    for offset in [0, 10, 5000, 1 << 20, u64::MAX] {
        let _ = bytes.read_at(offset, &mut buffer);
    }
}
