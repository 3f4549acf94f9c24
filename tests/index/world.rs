//! An archive that changes, and runs over it with and without an index.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;
use walkdir::WalkDir;

/// An archive in a folder of its own, with room for outputs beside it.
pub struct World {
    pub folder: TempDir,
    pool: Vec<PathBuf>,
    /// Every change has a time of its own, long ago.
    time: u64,
    state: u64,
}

impl World {
    /// An archive of some files; the seed says which, and what becomes of them.
    pub fn new(seed: u64, files: usize) -> World {
        let dicom = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dicom");
        let pool = WalkDir::new(dicom).sort_by_file_name().into_iter().flatten();
        let pool = pool.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
        let mut world = World { folder: tempfile::tempdir().unwrap(), pool, time: 0, state: seed | 1 };
        fs::create_dir(world.archive()).unwrap();
        (0..files).for_each(|_| world.add());
        world
    }

    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A number below a limit: the same ones for the same seed.
    pub fn number(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % below
    }

    /// Changes something.
    pub fn change(&mut self) {
        let files = self.files();
        let file = |world: &mut World| files.get(world.number(files.len().max(1))).cloned();
        match (self.number(12), file(self)) {
            (0..=2, _) | (_, None) => self.add(),
            (3 | 4, Some(file)) => self.write(&file),
            (5 | 6, Some(file)) => fs::remove_file(file).unwrap(),
            (7, Some(file)) => self.touch(&file),
            (8, Some(file)) => {
                let new = self.new_path();
                fs::create_dir_all(new.parent().unwrap()).unwrap();
                fs::rename(file, new).unwrap();
            }
            (9, Some(file)) => self.move_folder(file.parent().unwrap()),
            (10, Some(_)) => self.zip(),
            (_, Some(file)) => {
                let copy = self.new_path();
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(file, &copy).unwrap();
                self.touch(&copy);
            }
        }
    }

    pub fn files(&self) -> Vec<PathBuf> {
        let all = WalkDir::new(self.archive()).sort_by_file_name().into_iter().flatten();
        all.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
    }

    pub fn add(&mut self) {
        let path = self.new_path();
        self.write(&path);
    }

    fn new_path(&mut self) -> PathBuf {
        let folder = ["a", "b", "b/c", "b/c/d", "e f"][self.number(5)];
        let number = self.number(10_000);
        self.archive().join(folder).join(format!("IM{number}"))
    }

    fn write(&mut self, path: &Path) {
        let from = self.number(self.pool.len());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, fs::read(&self.pool[from]).unwrap()).unwrap();
        self.touch(path);
    }

    /// Gives a file another time.
    pub fn touch(&mut self, path: &Path) {
        self.time += 1;
        let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000 + self.time);
        File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }

    fn move_folder(&mut self, folder: &Path) {
        if folder != self.archive() {
            let number = self.number(10_000);
            fs::rename(folder, self.archive().join(format!("moved{number}"))).unwrap();
        }
    }

    fn zip(&mut self) {
        let number = self.number(3);
        let path = self.archive().join(format!("disc{number}.zip"));
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for entry in 0..3 {
            let from = self.number(self.pool.len());
            zip.start_file(format!("IM{entry}"), zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &fs::read(&self.pool[from]).unwrap()).unwrap();
        }
        zip.finish().unwrap();
        self.touch(&path);
    }
}

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_dcm2fhir");

/// A user who owns nothing.
const NOBODY: u32 = 65534;

impl World {
    /// Runs the program as a user whom permissions keep out. Others than root are one already.
    pub fn run_unprivileged(&self, arguments: &[&str]) -> Output {
        if !nix::unistd::geteuid().is_root() {
            return run(arguments, self.folder.path());
        }
        let own = self.at("dcm2fhir");
        if !own.exists() {
            fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            fs::hard_link(PROGRAM, &own).or_else(|_| fs::copy(PROGRAM, &own).map(drop)).unwrap();
        }
        Command::new(own).args(arguments).current_dir(self.folder.path()).uid(NOBODY).gid(NOBODY).output().unwrap()
    }

    /// Makes files and folders that user's own.
    pub fn give_away(&self, names: &[&str]) {
        let all = names.iter().flat_map(|name| WalkDir::new(self.at(name))).flatten();
        if nix::unistd::geteuid().is_root() {
            all.for_each(|entry| std::os::unix::fs::chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap());
        }
    }
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub documents: BTreeMap<String, String>,
    pub report: String,
}

/// Runs the program.
pub fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(PROGRAM).args(arguments).current_dir(folder).output().unwrap()
}

/// Converts the archive into a folder or file, and gives what stands there then.
pub fn convert(world: &World, output: &str, options: &[&str]) -> Run {
    let report = format!("{}.report", output.trim_end_matches('/'));
    let mut arguments = vec!["convert", "archive", "-o", output, "--report", &report, "-q"];
    arguments.extend(options);
    let ran = run(&arguments, world.folder.path());
    let code = ran.status.code().unwrap();
    assert!(code < 2, "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    Run { code, documents: documents(&world.at(output)), report: fs::read_to_string(world.at(&report)).unwrap() }
}

/// The files of a folder, or one file, by name.
pub fn documents(output: &Path) -> BTreeMap<String, String> {
    let files = WalkDir::new(output).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let named = files.map(|entry| {
        let name = entry.path().strip_prefix(output).unwrap().to_string_lossy().into_owned();
        // Of a file that is no text, each byte is a character.
        let bytes = fs::read(entry.path()).unwrap();
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect());
        (name, text)
    });
    named.collect()
}

/// The same, where the difference is told by names first.
#[track_caller]
pub fn assert_same(night: &Run, full: &Run, place: &str) {
    let names = |run: &Run| run.documents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(night), names(full), "{place}: other documents");
    for (name, document) in &night.documents {
        let other = &full.documents[name];
        let differ = document.lines().zip(other.lines()).find(|(one, other)| one != other);
        assert!(
            document == other,
            "{place}: {name}: {} and {} lines: {differ:.900?}",
            document.lines().count(),
            other.lines().count()
        );
    }
    let lines = |run: &Run| run.report.lines().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(lines(night), lines(full), "{place}: the report");
    assert_eq!(night.code, full.code, "{place}: the exit code");
}
