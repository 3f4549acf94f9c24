//! A slow disk or network share: a library that is loaded before all others and waits 5 ms in each open and read of the
//! archive. It needs a C compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contestants::installed;

/// Builds the library; `None` without a compiler.
pub fn library(work: &Path) -> Option<PathBuf> {
    let (source, library) = (work.join("slow.c"), work.join("slow.so"));
    fs::write(&source, include_str!("slow.c")).ok()?;
    let mut compiler = Command::new(installed("cc")?);
    compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    compiler.status().ok()?.success().then_some(library)
}

/// A command with the library loaded, and the archive to be slow.
pub fn preloaded(words: &[String], library: &Path, archive: &Path) -> Vec<String> {
    let settings =
        ["env".to_string(), format!("LD_PRELOAD={}", library.display()), format!("SLOW_BELOW={}", archive.display())];
    [&settings[..], words].concat()
}
