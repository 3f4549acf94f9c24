use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::progress::Silent;

/// What a walk finds: names without the folder's own, and what was left out.
fn walk(root: &Path, inputs: &[Input], options: &WalkOptions) -> (BTreeSet<String>, Vec<(String, Skip)>) {
    let walk = open(inputs, options, Arc::new(Silent), &Interrupt::default()).unwrap();
    let name = |name: &Name| name.to_string().replace(&format!("{}/", root.display()), "");
    let (mut items, mut skipped) = (BTreeSet::new(), Vec::new());
    for batch in walk.batches() {
        batch.for_each(|item| assert!(items.insert(name(&item.name)), "{} came twice", item.name));
        skipped.extend(batch.skipped.iter().map(|(path, skip)| (name(path), skip.clone())));
    }
    skipped.sort_by(|a, b| a.0.cmp(&b.0));
    (items, skipped)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    root
}

fn path(path: impl Into<PathBuf>) -> Vec<Input> {
    vec![Input::Path(path.into())]
}

#[test]
fn everything_below_a_folder_is_found_once_by_any_number_of_threads() {
    let root = tempfile::tempdir().unwrap();
    for folder in 0..40 {
        let folder = root.path().join(format!("{folder}/deep"));
        fs::create_dir_all(&folder).unwrap();
        (0..20).for_each(|file| fs::write(folder.join(file.to_string()), "").unwrap());
    }
    for threads in [1, 2, 16] {
        let (items, skipped) =
            walk(root.path(), &path(root.path()), &WalkOptions { threads, ..WalkOptions::default() });
        assert_eq!((items.len(), skipped.len()), (800, 0));
    }
}

#[test]
fn hidden_files_are_read_and_our_temporary_ones_are_not() {
    let root = tree(&[".hidden", ".git/x", ".dcm2fhir-AbC.tmp", "a.tmp"]);
    let (items, _) = walk(root.path(), &path(root.path()), &WalkOptions::default());
    assert_eq!(items, names(&[".hidden", ".git/x", "a.tmp"]));
}

#[test]
fn the_output_inside_the_input_is_passed_by_and_an_input_itself_never() {
    let root = tree(&["a", "out/1.json", "sub/out/b", "report.json"]);
    let excluded = vec![root.path().join("sub/../out"), root.path().join("report.json"), root.path().to_path_buf()];
    let (items, _) = walk(root.path(), &path(root.path()), &WalkOptions { excluded, ..WalkOptions::default() });
    assert_eq!(items, names(&["a", "sub/out/b"]));
}

#[test]
fn a_missing_input_stops_the_run_before_anything_is_read() {
    let root = tree(&["a"]);
    let inputs = [path(root.path()), path(root.path().join("nowhere"))].concat();
    let error = open(&inputs, &WalkOptions::default(), Arc::new(Silent), &Interrupt::default()).unwrap_err();
    assert!(matches!(error, Error::Input { path, .. } if path.ends_with("nowhere")));
}

#[test]
fn a_walk_that_nobody_reads_ends() {
    let root = tree(&["a", "b/c"]);
    drop(open(&path(root.path()), &WalkOptions::default(), Arc::new(Silent), &Interrupt::default()).unwrap());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn links_are_reported_and_not_followed() {
        let root = tree(&["real/a"]);
        symlink("real", root.path().join("folder")).unwrap();
        symlink("real/a", root.path().join("file")).unwrap();
        let (items, skipped) = walk(root.path(), &path(root.path()), &WalkOptions::default());
        assert_eq!(items, names(&["real/a"]));
        assert_eq!(skipped, [("file".into(), Skip::Link), ("folder".into(), Skip::Link)]);
    }

    #[test]
    fn links_that_are_followed_make_no_loop() {
        let (root, other) = (tree(&["real/a"]), tree(&["b"]));
        symlink("..", root.path().join("real/up")).unwrap();
        symlink(".", root.path().join("self")).unwrap();
        symlink(other.path(), root.path().join("1")).unwrap();
        symlink(other.path(), root.path().join("2")).unwrap();
        symlink("nowhere", root.path().join("dangling")).unwrap();
        for threads in [1, 8] {
            let options = WalkOptions { links: Links::Follow, threads, ..WalkOptions::default() };
            let (items, skipped) = walk(root.path(), &path(root.path()), &options);
            assert_eq!(items, names(&["real/a", "1/b"]));
            assert_eq!(skipped, [("dangling".into(), Skip::Unreadable("no such file or directory".into()))]);
        }
    }

    #[test]
    fn an_input_that_is_a_link_is_what_it_leads_to() {
        let root = tree(&["real/a"]);
        symlink("real", root.path().join("link")).unwrap();
        let (items, _) = walk(root.path(), &path(root.path().join("link")), &WalkOptions::default());
        assert_eq!(items, names(&["link/a"]));
    }

    #[test]
    fn sockets_and_fifos_are_never_opened() {
        let root = tree(&["a"]);
        let _socket = UnixListener::bind(root.path().join("socket")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(root.path().join("fifo")).status();
        let (items, skipped) = walk(root.path(), &path(root.path()), &WalkOptions::default());
        assert_eq!(items, names(&["a"]));
        assert!(skipped.contains(&("socket".into(), Skip::NotRegular)));
        if fifo.is_ok_and(|status| status.success()) {
            assert!(skipped.contains(&("fifo".into(), Skip::NotRegular)));
            // Even if it were taken for a file: opening it does not wait for a writer.
            assert!(open_file(&root.path().join("fifo")).is_ok());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_reported() {
        let root = tree(&["closed/a", "b"]);
        let closed = root.path().join("closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let readable = fs::read_dir(&closed).is_ok();
        let (items, skipped) = walk(root.path(), &path(root.path()), &WalkOptions::default());
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        if readable {
            return; // the superuser reads everything
        }
        assert_eq!(items, names(&["b"]));
        assert_eq!(skipped, [("closed".into(), Skip::Unreadable("permission denied".into()))]);
    }

    #[test]
    fn a_list_names_files_folders_and_what_is_not_there() {
        let root = tree(&["a", "folder/b", "folder/sub/c", "line\nfeed"]);
        symlink("a", root.path().join("link")).unwrap();
        let bytes_name = root.path().join(std::ffi::OsString::from_vec(b"\xe4".to_vec()));
        fs::write(&bytes_name, "").unwrap();
        let paths = ["a", "folder", "folder/b", "folder/sub", "gone", "link", "line\nfeed"];
        let mut list: Vec<u8> = bytes_name.as_os_str().as_encoded_bytes().to_vec();
        for path in paths {
            list.push(0);
            list.extend(root.path().join(path).as_os_str().as_encoded_bytes());
        }
        list.extend(b"\0\0");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), list).unwrap();
        let from = ListFrom::File(file.path().into());
        let inputs = [Input::List { from, separator: Separator::Nul }];
        let (items, skipped) = walk(root.path(), &inputs, &WalkOptions::default());
        assert_eq!(items, names(&["a", "folder/b", "folder/sub/c", "line\\nfeed", "\\xe4"]));
        assert_eq!(skipped, [("gone".into(), Skip::Missing), ("link".into(), Skip::Link)]);
    }

    #[test]
    fn lines_may_end_as_on_windows_and_the_last_may_not_end() {
        let root = tree(&["a", "b"]);
        let list = tempfile::NamedTempFile::new().unwrap();
        let at = |name: &str| root.path().join(name).display().to_string();
        fs::write(list.path(), format!("{}\r\n\n{}", at("a"), at("b"))).unwrap();
        let from = ListFrom::File(list.path().into());
        let inputs = [Input::List { from, separator: Separator::Newline }];
        assert_eq!(walk(root.path(), &inputs, &WalkOptions::default()).0, names(&["a", "b"]));
    }

    #[test]
    fn a_list_that_is_no_list_is_reported() {
        let list = tempfile::NamedTempFile::new().unwrap();
        fs::write(list.path(), vec![b'x'; 100_000]).unwrap();
        let from = ListFrom::File(list.path().into());
        let inputs = [Input::List { from, separator: Separator::Newline }];
        let (items, skipped) = walk(Path::new("/"), &inputs, &WalkOptions::default());
        assert_eq!((items.len(), skipped.len()), (0, 1));
    }
}
