use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use super::whole_file::Finish;
use super::*;
use crate::options::FileMode;

fn opened(target: &OutputTarget, format: Format) -> Result<Box<dyn Sink>, Error> {
    open(target, format, Rows::default(), FileMode::default(), false)
}

fn study(id: &str) -> DocumentName {
    DocumentName { resource_type: "ImagingStudy", id: id.to_string() }
}

fn give(sink: &dyn Sink, name: &DocumentName, text: &str) -> Placed {
    sink.document(name, &mut |writer| writeln!(writer, "{text}")).unwrap()
}

/// Every file below the folder, and what is in it.
fn files(root: &Path) -> BTreeMap<String, String> {
    let walked = walkdir::WalkDir::new(root).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(root).unwrap().display().to_string();
        (name, fs::read_to_string(entry.path()).unwrap())
    };
    walked.map(read).collect()
}

fn expected(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

#[test]
fn a_folder_has_a_file_for_each_document_and_keeps_what_was_there() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("1.2.json"), "old").unwrap();
    fs::write(root.path().join("notes.txt"), "mine").unwrap();
    fs::write(root.path().join("1.3.json"), "of another run").unwrap();
    let sink = opened(&OutputTarget::Folder(root.path().into()), Format::Json).unwrap();
    assert_eq!(give(&*sink, &study("1.2"), "new"), Placed::Written);
    let patient = DocumentName { resource_type: "Patient", id: "p".to_string() };
    assert_eq!(give(&*sink, &patient, "patient"), Placed::Written);
    fs::write(root.path().join("report.json"), "of an earlier run").unwrap();
    assert_eq!(sink.finish(Some(&root.path().join("report.json"))).unwrap().stale_files, 1);
    fs::remove_file(root.path().join("report.json")).unwrap();
    let want =
        [("1.2.json", "new\n"), ("1.3.json", "of another run"), ("Patient/p.json", "patient\n"), ("notes.txt", "mine")];
    assert_eq!(files(root.path()), expected(&want));
}

#[test]
fn two_documents_of_one_name_never_overwrite_each_other() {
    let root = tempfile::tempdir().unwrap();
    let sink = opened(&OutputTarget::Folder(root.path().join("new/deep")), Format::Json).unwrap();
    let names = ["1.2.A", "1.2.a", "1.2.a", "../../x"];
    let placed = names.map(|id| give(&*sink, &study(id), id));
    assert_eq!(placed, [Placed::Written, Placed::Written, Placed::NameTaken, Placed::Written]);
    sink.finish(None).unwrap();
    assert_eq!(files(root.path()).len(), 3);
    assert!(files(root.path()).keys().all(|name| name.starts_with("new/deep/")));
}

#[test]
fn documents_come_from_many_threads() {
    let root = tempfile::tempdir().unwrap();
    let sink = opened(&OutputTarget::Folder(root.path().into()), Format::Json).unwrap();
    thread::scope(|scope| {
        for part in 0..4 {
            let sink = &*sink;
            scope.spawn(move || {
                (0..50).for_each(|id| assert_eq!(give(sink, &study(&format!("{part}.{id}")), "x"), Placed::Written))
            });
        }
    });
    sink.finish(None).unwrap();
    assert_eq!(files(root.path()).len(), 200);
}

#[test]
fn a_document_that_breaks_off_leaves_no_file() {
    let root = tempfile::tempdir().unwrap();
    let sink = opened(&OutputTarget::Folder(root.path().into()), Format::Json).unwrap();
    let result = sink.document(&study("1.2"), &mut |writer| {
        writer.write_all(b"{")?;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert!(matches!(result, Err(Error::Write { path, .. }) if path.ends_with("1.2.json")));
    assert_eq!(files(root.path()), BTreeMap::new());
}

#[test]
fn a_file_is_there_when_it_is_whole() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("all.ndjson");
    fs::write(&path, "old").unwrap();
    let target = OutputTarget::File(path.clone());
    let sink = opened(&target, Format::Ndjson).unwrap();
    let _ = give(&*sink, &study("1"), "one");
    drop(sink);
    assert_eq!(files(root.path()), expected(&[("all.ndjson", "old")]));
    let sink = opened(&target, Format::Ndjson).unwrap();
    let _ = (give(&*sink, &study("1"), "one"), give(&*sink, &study("2"), "two"));
    sink.finish(None).unwrap();
    assert_eq!(files(root.path()), expected(&[("all.ndjson", "one\ntwo\n")]));
}

#[test]
fn bulk_data_has_a_file_for_each_type() {
    let root = tempfile::tempdir().unwrap();
    let sink = opened(&OutputTarget::Folder(root.path().into()), Format::Ndjson).unwrap();
    let _ = give(&*sink, &DocumentName { resource_type: "Patient", id: "p".to_string() }, "p");
    fs::write(root.path().join("Device.ndjson"), "of another run").unwrap();
    assert_eq!(sink.finish(None).unwrap().stale_files, 1);
    fs::remove_file(root.path().join("Device.ndjson")).unwrap();
    assert_eq!(files(root.path()), expected(&[("ImagingStudy.ndjson", ""), ("Patient.ndjson", "p\n")]));
}

#[test]
fn what_cannot_be_written_is_found_before_anything_is_read() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for (target, format) in [
        (OutputTarget::Folder(file.clone()), Format::Json),
        (OutputTarget::Folder(file.clone()), Format::Ndjson),
        (OutputTarget::File(file.join("x.json")), Format::Ndjson),
        (OutputTarget::File(root.path().join("nowhere/x.json")), Format::Ndjson),
        (OutputTarget::File(root.path().into()), Format::Ndjson),
    ] {
        assert!(matches!(opened(&target, format), Err(Error::Write { .. })), "{target:?}");
    }
}

#[test]
fn the_rest_of_a_killed_run_is_removed_when_it_is_old() {
    let root = tempfile::tempdir().unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(24 * 60 * 60);
    for (name, modified) in
        [(".dcm2fhir-old.tmp", Some(long_ago)), (".dcm2fhir-new.tmp", None), ("x.tmp", Some(long_ago))]
    {
        let file = fs::File::create(root.path().join(name)).unwrap();
        modified.into_iter().for_each(|modified| file.set_modified(modified).unwrap());
    }
    opened(&OutputTarget::Folder(root.path().into()), Format::Json).unwrap().finish(None).unwrap();
    assert_eq!(files(root.path()), expected(&[(".dcm2fhir-new.tmp", ""), ("x.tmp", "")]));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let sink = opened(&OutputTarget::Folder(root.path().into()), Format::Json).unwrap();
        let _ = give(&*sink, &study("1"), "x");
        let mode = fs::metadata(root.path().join("1.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_each_sink_has_the_mode_that_was_asked_for() {
        for (name, format, file) in [("a", Format::Json, "1.json"), ("b", Format::Ndjson, "ImagingStudy.ndjson")] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join(name);
            let sink =
                open(&OutputTarget::Folder(folder.clone()), format, Rows::default(), "640".parse().unwrap(), false)
                    .unwrap();
            let _ = give(&*sink, &study("1"), "x");
            sink.finish(None).unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&folder.join(file)), 0o640);
            // The umask of the test's own process may take more away.
            assert_eq!(mode(&folder) & 0o700, 0o700);
        }
    }

    #[test]
    fn a_device_is_written_and_not_replaced() {
        let sink = opened(&OutputTarget::File("/dev/null".into()), Format::Ndjson).unwrap();
        let _ = give(&*sink, &study("1"), "x");
        sink.finish(None).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_closed_pipe_is_told_from_a_full_disk() {
        let closed = whole_file::write_error(Path::new("x"), io::ErrorKind::BrokenPipe.into());
        assert!(matches!(closed, Error::Closed));
        if Path::new("/dev/full").exists() {
            let sink = opened(&OutputTarget::File("/dev/full".into()), Format::Ndjson).unwrap();
            let _ = give(&*sink, &study("1"), "x");
            assert!(matches!(sink.finish(None), Err(Error::Write { .. })));
        }
    }
}

#[test]
fn what_another_program_writes_meanwhile_is_not_replaced_by_less() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("1.json");
    let patient = |rest: &str| format!(r#"{{"resourceType":"Patient","gender":"female"{rest}}}"#);
    let mut file = WholeFile::create(&path).unwrap();
    fs::write(&path, patient(r#","birthDate":"1970-01-02""#)).unwrap();
    file.write_with(&mut |out| out.write_all(patient("").as_bytes())).unwrap();
    assert_eq!(file.finish_unless_lossy(false).unwrap(), Finish::HeldBack(path.clone()));
    assert!(fs::read_to_string(&path).unwrap().contains("1970-01-02"));
    let mut file = WholeFile::create(&path).unwrap();
    fs::remove_file(&path).unwrap();
    file.write_with(&mut |out| out.write_all(patient("").as_bytes())).unwrap();
    assert_eq!(file.finish_unless_lossy(false).unwrap(), Finish::Written);
}
