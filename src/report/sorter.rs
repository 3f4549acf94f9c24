//! Sorts any number of lines in little memory: sorted runs go to disk, and are merged at the end.
//!
//! The files of the runs have no name, so that nothing is left of them whatever happens.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// Bytes of lines that are held before they become a run.
const HELD_BYTES: usize = 8 * 1024 * 1024;
/// Runs that are open at a time, so that the process does not run out of files.
const MAX_RUNS: usize = 64;

/// Takes lines in any order; each ends with a line feed and has no other.
#[derive(Debug)]
pub struct Sorter {
    folder: PathBuf,
    held: Vec<String>,
    held_bytes: usize,
    max_held_bytes: usize,
    runs: Vec<BufReader<File>>,
}

impl Sorter {
    /// A sorter that keeps its runs in the folder.
    pub fn new(folder: &Path) -> Sorter {
        Sorter::holding(folder, HELD_BYTES)
    }

    /// A sorter whose temporary files stand in the folder.
    pub fn holding(folder: &Path, max_held_bytes: usize) -> Sorter {
        Sorter { folder: folder.to_path_buf(), held: Vec::new(), held_bytes: 0, max_held_bytes, runs: Vec::new() }
    }

    /// Takes a line.
    pub fn push(&mut self, line: String) -> io::Result<()> {
        self.held_bytes += line.len();
        self.held.push(line);
        if self.held_bytes < self.max_held_bytes {
            return Ok(());
        }
        self.spill()
    }

    /// Gives the lines in order.
    pub fn finish(mut self, mut each: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        if self.runs.is_empty() {
            self.held.sort_unstable();
            return self.held.iter().try_for_each(|line| each(line));
        }
        self.spill()?;
        merge(self.runs, each)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let lines = std::mem::take(&mut self.held);
        self.held_bytes = 0;
        let run = run(&self.folder, |file| lines.iter().try_for_each(|line| file.write_all(line.as_bytes())))?;
        self.runs.push(run);
        if self.runs.len() >= MAX_RUNS {
            let runs = std::mem::take(&mut self.runs);
            let one = self::run(&self.folder, |file| merge(runs, |line| file.write_all(line.as_bytes())))?;
            self.runs.push(one);
        }
        Ok(())
    }
}

/// A file without a name, written and ready to be read.
fn run(folder: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<BufReader<File>> {
    let mut file = BufWriter::new(tempfile::tempfile_in(folder)?);
    write(&mut file)?;
    let mut file = file.into_inner()?;
    file.rewind()?;
    Ok(BufReader::new(file))
}

fn merge(mut runs: Vec<BufReader<File>>, mut each: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut heads = BinaryHeap::with_capacity(runs.len());
    let mut refill = |heads: &mut BinaryHeap<_>, mut line: String, at: usize| {
        line.clear();
        if runs[at].read_line(&mut line)? > 0 {
            heads.push(Reverse((line, at)));
        }
        io::Result::Ok(())
    };
    for at in 0..heads.capacity() {
        refill(&mut heads, String::new(), at)?;
    }
    while let Some(Reverse((line, at))) = heads.pop() {
        each(&line)?;
        refill(&mut heads, line, at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(lines: impl Iterator<Item = u32>, held_bytes: usize) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::holding(folder.path(), held_bytes);
        lines.for_each(|line| sorter.push(format!("{line:06}\n")).unwrap());
        let mut sorted = Vec::new();
        sorter
            .finish(|line| {
                sorted.push(line.to_string());
                Ok(())
            })
            .unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        sorted
    }

    #[test]
    fn the_order_does_not_depend_on_how_much_is_held() {
        let shuffled = || (0..2000).map(|number: u32| number * 7919 % 2003);
        let whole = sorted(shuffled(), usize::MAX);
        assert!(whole.is_sorted() && whole.len() == 2000);
        for held_bytes in [1, 100, 5000, 13_999] {
            assert_eq!(sorted(shuffled(), held_bytes), whole, "{held_bytes}");
        }
    }

    #[test]
    fn equal_lines_are_all_kept() {
        assert_eq!(sorted([3, 3, 1, 3].into_iter(), 8), ["000001\n", "000003\n", "000003\n", "000003\n"]);
        assert_eq!(sorted(std::iter::empty(), 8), [""; 0]);
    }
}
