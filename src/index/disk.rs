//! The kind of file system of a file, and syncing to disk.

use std::path::Path;

/// File systems whose locks work on one machine only, or not at all: NFS, SMB, CIFS, Lustre, GPFS, Ceph, BeeGFS, AFS,
/// 9P.
#[cfg(target_os = "linux")]
const NETWORK: [u64; 11] = [
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x0BD0_0BD0,
    0x4750_4653,
    0x00C3_6400,
    0x1983_0326,
    0x5346_414F,
    0x6B41_4653,
    0x0102_1997,
];

/// Whether a path is on a network file system. Only detected on Linux.
#[cfg(target_os = "linux")]
pub(super) fn is_network(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = if path.exists() { path } else { folder };
    rustix::fs::statfs(place).is_ok_and(|disk| is_of_network(disk.f_type as u64))
}

#[cfg(target_os = "linux")]
fn is_of_network(kind: u64) -> bool {
    // Some machines extend the sign.
    NETWORK.contains(&(kind & 0xFFFF_FFFF))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_network(_: &Path) -> bool {
    false
}

/// Syncs the file system of a folder, before the index records its files as written.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn sync(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = rustix::fs::syncfs(folder);
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn sync(_: &Path) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        for (kind, want) in [
            (0x6969, true),
            (0xFF53_4D42, true),
            (0xFFFF_FFFF_FF53_4D42, true),
            (0x0BD0_0BD0, true),
            (0x0102_1997, true),
            (0xEF53, false),
            (0x0102_1994, false),
            (0x5846_5342, false),
            (0x9123_683E, false),
            (0x794C_7630, false),
        ] {
            assert_eq!(is_of_network(kind), want, "{kind:x}");
        }
        assert!(!is_network(Path::new("/proc/self/status")));
    }
}
