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
    rustix::fs::statfs(place).is_ok_and(|disk| NETWORK.contains(&(disk.f_type as u64 & 0xFFFF_FFFF)))
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
