//! `--mode`: permissions of written files. Results hold patient data, so by default only the owner may read them.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::Path;
use std::str::FromStr;

/// The permission bits of a file, as `chmod` takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMode(u32);

const OWNER_ONLY: FileMode = FileMode(0o600);

impl Default for FileMode {
    fn default() -> FileMode {
        OWNER_ONLY
    }
}

impl FileMode {
    /// The permissions, if they differ from those of temporary files and the system supports them.
    pub fn permissions(self) -> Option<std::fs::Permissions> {
        if self == OWNER_ONLY { None } else { permissions(self.0) }
    }

    /// Sets the permissions of an open regular file that was created with others.
    pub fn apply(self, file: &File) -> io::Result<()> {
        match self.permissions() {
            Some(permissions) if file.metadata()?.is_file() => file.set_permissions(permissions),
            _ => Ok(()),
        }
    }

    /// Sets the permissions of a file, regardless of the umask.
    pub fn set(self, path: &Path) -> io::Result<()> {
        permissions(self.0).map_or(Ok(()), |permissions| fs::set_permissions(path, permissions))
    }

    /// Creates a folder and its missing parents; everyone who may read the files may enter it.
    pub fn make_folder(self, path: &Path) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        // 0640 becomes 0750: entering a folder is the right to execute it.
        set_mode(&mut builder, self.0 | (self.0 & 0o444) >> 2);
        builder.create(path)
    }
}

#[cfg(unix)]
fn permissions(mode: u32) -> Option<std::fs::Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn permissions(_: u32) -> Option<std::fs::Permissions> {
    None
}

#[cfg(unix)]
fn set_mode(builder: &mut DirBuilder, mode: u32) {
    std::os::unix::fs::DirBuilderExt::mode(builder, mode);
}

#[cfg(not(unix))]
fn set_mode(_: &mut DirBuilder, _: u32) {}

impl fmt::Display for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:o}", self.0)
    }
}

impl FromStr for FileMode {
    type Err = String;

    fn from_str(text: &str) -> Result<FileMode, String> {
        let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let mode = u32::from_str_radix(text, 8).ok().filter(|mode| is_octal && *mode <= 0o777);
        match mode {
            Some(mode) if mode & 0o600 != 0o600 => Err("the owner must be able to read and write: want 6 first".into()),
            Some(mode) if mode & 0o111 != 0 => Err("a result is no program: want even digits, as 640".into()),
            Some(mode) => Ok(FileMode(mode)),
            None => Err("want octal permissions, as 640 or 0640".into()),
        }
    }
}

/// Whether a path means standard output.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path.as_os_str() == *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_and_leaves_the_owner_in() {
        for text in ["600", "0640", "644", "660"] {
            assert!(text.parse::<FileMode>().is_ok(), "{text}");
        }
        for (text, advice) in [
            ("640 ", "want octal"),
            ("8", "want octal"),
            ("+640", "want octal"),
            ("1777", "want octal"),
            ("u+r", "want octal"),
            ("444", "the owner"),
            ("755", "no program"),
        ] {
            assert!(text.parse::<FileMode>().unwrap_err().contains(advice), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn whoever_may_read_a_file_may_enter_its_folder() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        FileMode::default().make_folder(&path).unwrap();
        for folder in [&*path, path.parent().unwrap()] {
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
