//! DICOM in, FHIR on the server.

use assert_cmd::Command;
use dcm2fhir::synth::{SynthOptions, write_archive};

use crate::server::{Act, TestServer};

#[test]
fn an_archive_is_uploaded_once() {
    let folder = tempfile::tempdir().unwrap();
    write_archive(&SynthOptions { studies: 12, instances: 2, ..SynthOptions::default() }, folder.path()).unwrap();
    let server = TestServer::new(|_| Act::Serve);
    let upload = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dcm2fhir"));
        let output = command
            .args(["upload", "--to", &server.base, "--concurrent-requests", "4"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let _ = server.seen();
        server.store()
    };
    let first = upload();
    assert_eq!(first.keys().filter(|key| key.starts_with("ImagingStudy/")).count(), 12);
    assert_eq!(upload(), first, "nothing is written again");
    for (key, (version, resource)) in &first {
        assert_eq!(*version, 1, "{key}");
        assert!(!resource.to_string().contains("\"reference\":\"urn:uuid:"), "{key}");
    }
    assert_eq!(server.collisions(), Vec::<String>::new());
}
