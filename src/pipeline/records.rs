//! The files of a folder of records: names and completeness.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, usage};
use crate::options::Share;

/// The name of the file of a scan's partition.
pub fn file_name(partition: Share, shard: Share) -> String {
    let (partition, of, shard, shards) = (partition.number, partition.of, shard.number, shard.of);
    format!("partition-{partition:05}-of-{of:05}.shard-{shard:05}-of-{shards:05}.ndjson")
}

/// The partition and the shard of a file name.
fn parse_name(name: &str) -> Option<(Share, Share)> {
    let (partition, shard) = name.strip_suffix(".ndjson")?.split_once('.')?;
    let share = |text: &str, what: &str| text.strip_prefix(what)?.replace("-of-", "/").parse::<Share>().ok();
    let (partition, shard) = (share(partition, "partition-")?, share(shard, "shard-")?);
    (file_name(partition, shard) == name).then_some((partition, shard))
}

/// All files of a folder of records, by partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Records {
    /// The number of partitions.
    pub partitions: u32,
    files: BTreeMap<u32, Vec<PathBuf>>,
}

impl Records {
    /// Lists a folder, and fails if files are missing or of different scans.
    pub fn open(folder: &Path) -> Result<Records, Error> {
        let failed = |source| Error::Input { path: folder.to_path_buf(), source };
        let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        let names: io::Result<Vec<String>> = fs::read_dir(folder).and_then(|entries| entries.map(name).collect());
        Records::of_names(folder, names.map_err(failed)?)
    }

    /// The files of a folder with these names.
    pub fn of_names(folder: &Path, all: Vec<String>) -> Result<Records, Error> {
        let mut names = BTreeSet::new();
        for name in all {
            match parse_name(&name) {
                Some(found) => drop(names.insert((found, name))),
                None if name.ends_with(".ndjson") => return wrong(folder, &format!("{name} is no file of a scan")),
                None => {}
            }
        }
        Records::of(folder, names)
    }

    fn of(folder: &Path, names: BTreeSet<((Share, Share), String)>) -> Result<Records, Error> {
        let Some(((partition, shard), _)) = names.first() else {
            return wrong(folder, "there are no files of a scan: give what `scan -o FOLDER/` wrote");
        };
        let (partitions, shards) = (partition.of, shard.of);
        let mut files: BTreeMap<u32, Vec<PathBuf>> = BTreeMap::new();
        let mut missing: BTreeSet<u32> = (1..=shards).collect();
        let mut of_shard: BTreeMap<u32, u32> = BTreeMap::new();
        for ((partition, shard), name) in &names {
            if (partition.of, shard.of) != (partitions, shards) {
                return wrong(
                    folder,
                    "files of several scans lie there, with other --partitions or --shard: scan into a new folder",
                );
            }
            *of_shard.entry(shard.number).or_default() += 1;
            files.entry(partition.number).or_default().push(folder.join(name));
        }
        missing.retain(|shard| of_shard.get(shard) != Some(&partitions));
        match missing.first() {
            None => Ok(Records { partitions, files }),
            Some(first) => {
                let shard = Share { number: *first, of: shards };
                let others = missing.len() - 1;
                let more = if others > 0 { format!(", nor are those of {others} others") } else { String::new() };
                wrong(
                    folder,
                    &format!("the files of shard {shard} are not all there{more}: scan it again (--shard {shard})"),
                )
            }
        }
    }

    /// The files of one partition.
    pub fn files(&self, partition: u32) -> &[PathBuf] {
        self.files.get(&partition).map_or(&[], Vec::as_slice)
    }
}

fn wrong<T>(folder: &Path, message: &str) -> Result<T, Error> {
    usage(format!("{}: {message}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Share {
        text.parse().unwrap()
    }

    fn opened(files: &[(&str, &str)]) -> Result<Records, String> {
        let folder = tempfile::tempdir().unwrap();
        for (partition, shard) in files {
            fs::write(folder.path().join(file_name(share(partition), share(shard))), "").unwrap();
        }
        fs::write(folder.path().join(".dcm2fhir-x.tmp"), "").unwrap();
        Records::open(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_says_which_partition_and_shard_it_is_of() {
        let name = file_name(share("7/64"), share("3/100"));
        assert_eq!(name, "partition-00007-of-00064.shard-00003-of-00100.ndjson");
        assert_eq!(parse_name(&name), Some((share("7/64"), share("3/100"))));
        for name in [
            "a.ndjson",
            "partition-7-of-64.shard-3-of-100.ndjson",
            "partition-00065-of-00064.shard-00001-of-00001.ndjson",
        ] {
            assert_eq!(parse_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_folder_that_lacks_files_says_what_to_scan_again() {
        let all = [("1/2", "1/2"), ("2/2", "1/2"), ("1/2", "2/2"), ("2/2", "2/2")];
        let records = opened(&all).unwrap();
        assert_eq!((records.partitions, records.files(1).len(), records.files(3).len()), (2, 2, 0));
        assert!(opened(&all[..3]).unwrap_err().contains("--shard 2/2"));
        assert!(opened(&all[2..]).unwrap_err().contains("--shard 1/2"));
        assert!(opened(&[]).unwrap_err().contains("no files of a scan"));
        assert!(opened(&[("1/2", "1/1"), ("1/1", "1/1")]).unwrap_err().contains("several scans"));
    }
}
