//! Real files of many manufacturers, if the corpus is next to the checkout; `.ci/run` compares the result with pydicom.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::run::{code, convert, stderr};

/// The path of the corpus; if it is missing, that is printed past the capture of the test harness.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "left out: the corpus is not at {}", folder.display());
    None
}

#[test]
fn the_corpus_converts_to_the_same_bytes_with_any_number_of_threads() {
    let Some(folder) = corpus() else { return };
    let of = |threads: &str| {
        let output = convert([folder.as_os_str(), "--threads".as_ref(), threads.as_ref()]);
        assert_eq!(code(&output), 1, "files without UIDs are left out: {}", stderr(&output));
        output.stdout
    };
    let one = of("1");
    assert!(!one.is_empty());
    for threads in ["2", "16"] {
        assert!(one == of(threads), "--threads {threads}");
    }
}
