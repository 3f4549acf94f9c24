//! An archive gives the same documents as the folder it was made of; unreadable entries are reported.

use std::fs;
use std::path::{Path, PathBuf};

use dcm2fhir::synth::{Instance, uid};
use dicom_dictionary_std::uids;
use serde_json::Value;
use zip::CompressionMethod::{Deflated, Stored};

use crate::containers::{
    Compress, Entries, bzip2, crc32, gzip, lzma_marked, lzma_sized, streamed_zip, tar, xz, zip, zip_by, zstd,
};
use crate::run::{case, code, convert, files, instances, resources, stderr, stdout};

fn image(number: u32) -> Vec<u8> {
    Instance::new("CT", uids::CT_IMAGE_STORAGE, "archives", 1, number).bytes()
}

fn image_uid(number: u32) -> String {
    uid(&format!("archives/1/{number}"))
}

fn images(numbers: impl IntoIterator<Item = u32>) -> Entries {
    numbers.into_iter().map(|number| (format!("CT/IM{number}"), image(number))).collect()
}

/// The result of converting an archive.
struct Converted {
    code: i32,
    instances: Vec<String>,
    /// Entry or file name, and reason.
    skipped: Vec<(String, String)>,
}

fn converted(name: &str, bytes: &[u8]) -> Converted {
    let folder = tempfile::tempdir().unwrap();
    let (archive, report) = (folder.path().join(name), folder.path().join("report.json"));
    fs::write(&archive, bytes).unwrap();
    converted_at(&archive, &report)
}

fn converted_at(input: &Path, report: &Path) -> Converted {
    let output = convert([input.as_os_str(), "--report".as_ref(), report.as_os_str()]);
    let code = code(&output);
    assert!(code < 2, "{}", stderr(&output));
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let text = |skip: &Value, key: &str| skip[key].as_str().unwrap().to_string();
    let folder = format!("{}/", input.parent().unwrap().display());
    let skipped = report["skipped"].as_array().unwrap().iter();
    let skipped = skipped.map(|skip| (text(skip, "path").replace(&folder, ""), text(skip, "reason"))).collect();
    Converted { code, instances: instances(&resources(&output)), skipped }
}

fn reasons(reasons: &[(&str, &str)]) -> Vec<(String, String)> {
    reasons.iter().map(|(name, reason)| (name.to_string(), reason.to_string())).collect()
}

fn uids(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    let mut uids: Vec<String> = numbers.into_iter().map(image_uid).collect();
    uids.sort();
    uids
}

#[test]
fn a_folder_and_the_archives_of_it_give_the_same_bytes() {
    let all: Entries = files(&case("")).into_iter().map(|(path, bytes)| (path.display().to_string(), bytes)).collect();
    let want = convert([case("")]);
    assert!(!want.stdout.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("deflated.zip", zip(&all, Deflated)),
        ("stored.zip", zip(&all, Stored)),
        ("streamed.zip", streamed_zip(&all)),
        ("a.tar", tar(&all)),
        ("a.tar.gz", gzip(&tar(&all))),
        ("without-extension", gzip(&tar(&all))),
        ("a.tar.bz2", bzip2(&tar(&all))),
        ("a.tar.xz", xz(&tar(&all))),
        ("a.tar.zst", zstd(&tar(&all))),
    ] {
        let archive = folder.path().join(name);
        fs::write(&archive, bytes).unwrap();
        for threads in ["1", "7"] {
            let output = convert([archive.as_os_str(), "--threads".as_ref(), threads.as_ref()]);
            assert_eq!(stdout(&output), stdout(&want), "{name}");
            assert_eq!(code(&output), code(&want), "{name}");
        }
    }
}

#[test]
fn archives_are_found_in_a_walk_beside_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("1.dcm", &image(1));
    write("2.zip", &zip(&images([2, 3]), Deflated));
    write("3.tar", &tar(&images([4, 5])));
    write("4.tgz", &gzip(&tar(&images([6, 7]))));
    write("5.dcm.gz", &gzip(&image(8)));
    write("6.dcm.gz", &[gzip(&image(9)[..200]), gzip(&image(9)[200..])].concat());
    write("7.txt.gz", &gzip(b"no image"));
    let report = tempfile::NamedTempFile::new().unwrap();
    let converted = converted_at(folder.path(), report.path());
    assert_eq!(converted.instances, uids(1..=9));
    let name = format!("{}/7.txt.gz", folder.path().file_name().unwrap().display());
    assert_eq!((converted.code, converted.skipped), (0, reasons(&[(&name, "not-dicom")])));
}

#[test]
fn files_are_read_however_they_are_compressed_whole_or_in_members() {
    for (name, compress) in [("1.bz2", bzip2 as Compress), ("1.xz", xz), ("1.zst", zstd)] {
        let whole = converted(name, &compress(&image(1)));
        assert_eq!((whole.code, whole.instances), (0, uids([1])), "{name}");
        let (start, end) = (&image(1)[..200], &image(1)[200..]);
        let members = converted(name, &[compress(start), compress(end)].concat());
        assert_eq!((members.code, members.instances), (0, uids([1])), "{name}");
        let cut = converted(name, &compress(&tar(&images(1..=20)))[..1000]);
        assert_eq!(cut.code, 1, "{name}: {:?}", cut.skipped);
    }
}

#[test]
fn entries_of_a_zip_are_read_by_every_method_that_there_is_a_decoder_for() {
    let entries = images(1..=2);
    for (method, compress) in
        [(12, bzip2 as Compress), (14, lzma_marked), (14, lzma_sized), (20, zstd), (93, zstd), (95, xz)]
    {
        let bytes = zip_by(&entries, method, compress);
        let whole = converted("a.zip", &bytes);
        assert_eq!((whole.code, whole.instances), (0, uids(1..=2)), "method {method}: {:?}", whole.skipped);
        // Without the directory.
        let end = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        let cut = converted("a.zip", &bytes[..end]);
        assert_eq!((cut.code, cut.instances), (1, uids(1..=2)), "method {method}, cut: {:?}", cut.skipped);
    }
}

#[test]
fn entries_that_are_encrypted_or_compressed_by_another_method_are_named_with_it() {
    for (flags, method, want) in [
        (0, 9, "stored in a way that is not read: Deflate64 (zip compression method 9)"),
        (0, 98, "stored in a way that is not read: PPMd (zip compression method 98)"),
        (0, 77, "stored in a way that is not read: zip compression method 77"),
        (1, 0, "encrypted"),
        (1, 8, "encrypted"),
        // WinZip's and the standard's strong encryption.
        (1, 99, "encrypted"),
        (0x41, 14, "encrypted"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = zip_by(&images([1]), method, <[u8]>::to_vec);
        let record = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        (bytes[6], bytes[record + 8]) = (flags, flags);
        let archive = folder.path().join("a.zip");
        fs::write(&archive, bytes).unwrap();
        let output = convert([archive.as_os_str(), "--quiet".as_ref()]);
        assert_eq!((code(&output), stdout(&output)), (1, ""));
        let line = format!("{}!/CT/IM1: {want}", archive.display());
        assert!(stderr(&output).contains(&line), "{line}: {}", stderr(&output));
    }
}

#[test]
fn an_lzma_entry_that_asks_for_too_much_memory_or_is_cut_is_reported() {
    let big = |bytes: &[u8]| {
        let mut lzma = lzma_sized(bytes);
        lzma[5..9].fill(0xFE);
        lzma
    };
    let cut = |bytes: &[u8]| lzma_sized(bytes)[..60].to_vec();
    for (compress, reason) in [(big as Compress, "compressed"), (cut, "cut"), (|_| vec![9, 20], "cut")] {
        let converted = converted("a.zip", &zip_by(&images([1]), 14, compress));
        assert_eq!((converted.code, converted.skipped), (1, reasons(&[("a.zip!/CT/IM1", reason)])));
    }
}

#[test]
fn an_archive_that_is_known_and_not_read_is_unsupported() {
    let disc = |standard: &[u8]| [&[0; 0x8001], standard, &[0; 5000]].concat();
    let program = |magic: &[u8]| [magic, &[0; 600], &*zip(&images([1]), Deflated)].concat();
    for (name, bytes) in [
        ("a.7z", b"7z\xBC\xAF\x27\x1C and more".to_vec()),
        ("a.rar", b"Rar!\x1A\x07\x01\0".to_vec()),
        ("a.Z", b"\x1F\x9D\x90 and more".to_vec()),
        ("a.lz4", b"\x04\x22\x4D\x18 and more".to_vec()),
        ("a.lz", b"LZIP\x01 and more".to_vec()),
        ("a.iso", disc(b"CD001")),
        ("no extension", disc(b"BEA01")),
        ("a.exe", program(b"MZ")),
        ("a.run", program(b"\x7FELF")),
    ] {
        let converted = converted(name, &bytes);
        assert_eq!((converted.code, converted.skipped), (1, reasons(&[(name, "unsupported")])), "{name}");
    }
    let program = converted("a.exe", &[b"MZ".as_slice(), &[0; 600]].concat());
    assert_eq!(program.skipped, reasons(&[("a.exe", "not-dicom")]), "a program is no archive");
    let entries =
        vec![("in.7z".to_string(), b"7z\xBC\xAF\x27\x1C".to_vec()), ("in.xz".to_string(), xz(&tar(&images([1]))))];
    let nested = converted("a.zip", &zip(&entries, Stored));
    assert_eq!(nested.skipped, reasons(&[("a.zip!/in.7z", "nested-archive"), ("a.zip!/in.xz", "nested-archive")]));
}

#[test]
fn a_stream_that_asks_for_too_much_memory_is_reported() {
    let mut header = xz(&image(1));
    // The dictionary of the block's filter: 4 GiB less a byte; its header has a checksum of its own.
    let size = usize::from(header[12]) * 4 + 4;
    let filter = 12 + 2 + 2;
    header[filter] = 40;
    let sum = crc32(&header[12..12 + size - 4]).to_le_bytes();
    header[12 + size - 4..12 + size].copy_from_slice(&sum);
    let converted = converted("a.xz", &header);
    assert_eq!(
        (converted.code, converted.instances.len(), converted.skipped.len()),
        (1, 0, 1),
        "{:?}",
        converted.skipped
    );
    // A window of 2 GiB.
    let zstd = self::converted("a.zst", b"\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00");
    assert_eq!((zstd.code, zstd.skipped), (1, reasons(&[("a.zst", "compressed")])));
}

#[test]
fn an_archive_in_an_archive_is_reported_and_not_opened() {
    let inner: Entries = vec![
        ("in.zip".into(), zip(&images([2]), Deflated)),
        ("in.tgz".into(), gzip(&tar(&images([3])))),
        ("in.tar".into(), tar(&images([4]))),
    ];
    let entries = [images([1]), inner].concat();
    let skipped = |name: &str| -> Vec<(String, String)> {
        ["in.tar", "in.tgz", "in.zip"].map(|inner| (format!("{name}!/{inner}"), "nested-archive".to_string())).into()
    };
    for (name, bytes) in [("a.zip", zip(&entries, Deflated)), ("a.tar", tar(&entries)), ("a.tgz", gzip(&tar(&entries)))]
    {
        let converted = converted(name, &bytes);
        assert_eq!((converted.code, converted.instances), (1, uids([1])), "{name}");
        assert_eq!(converted.skipped, skipped(name));
    }
    assert_eq!(converted("a.gz", &gzip(&zip(&images([1]), Deflated))).skipped, reasons(&[("a.gz", "nested-archive")]));
}

#[test]
fn a_cut_archive_gives_what_it_holds_and_is_reported() {
    let entries = images(1..=20);
    let all = uids(1..=20);
    for (name, bytes) in [
        ("deflated.zip", zip(&entries, Deflated)),
        ("stored.zip", zip(&entries, Stored)),
        ("streamed.zip", streamed_zip(&entries)),
        ("a.tar", tar(&entries)),
        ("a.tgz", gzip(&tar(&entries))),
    ] {
        let converted = converted(name, &bytes[..bytes.len() * 6 / 10]);
        assert_eq!(converted.code, 1, "{name}");
        assert!((4..20).contains(&converted.instances.len()), "{name}: {}", converted.instances.len());
        assert!(converted.instances.iter().all(|uid| all.contains(uid)));
        assert!(converted.skipped.contains(&(name.to_string(), "cut".to_string())), "{name}: {:?}", converted.skipped);
    }
}

#[test]
fn a_wrong_checksum_does_no_harm_to_what_was_read() {
    let mut gzipped = gzip(&image(1));
    let at = gzipped.len() - 8;
    gzipped[at] ^= 0xFF;
    assert_eq!(converted("a.gz", &gzipped).instances, uids([1]));
    let mut zipped = zip(&images([1]), Deflated);
    zipped[14] ^= 0xFF;
    assert_eq!(converted("a.zip", &zipped).instances, uids([1]));
}

#[test]
fn what_cannot_be_opened_in_a_zip_is_reported_and_the_rest_is_read() {
    let bytes = zip(&images(1..=3), Deflated);
    let records: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    for (field, value, reason) in
        [(8, 1, "encrypted"), (10, 99, "unsupported"), (42, 7, "compressed"), (45, 0xFF, "cut")]
    {
        let mut damaged = bytes.clone();
        damaged[records[1] + field] = value;
        let converted = converted("a.zip", &damaged);
        assert_eq!((converted.code, converted.instances), (1, uids([1, 3])), "{reason}");
        assert_eq!(converted.skipped, reasons(&[("a.zip!/CT/IM2", reason)]));
    }
}

#[test]
fn entries_that_lie_over_each_other_are_not_read_without_end() {
    let bytes = zip(&images(1..=9), Stored);
    let records: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    let mut bomb = bytes.clone();
    let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    for record in records {
        bomb[record + 20..][..4].copy_from_slice(&size);
        bomb[record + 42..][..4].copy_from_slice(&[0; 4]);
    }
    let converted = converted("a.zip", &bomb);
    assert_eq!((converted.code, converted.instances), (1, uids([1])));
    assert_eq!(converted.skipped, reasons(&[("a.zip", "compressed")]));
}

#[test]
fn a_directory_that_makes_no_sense_is_reported() {
    let mut bytes = zip(&images([1]), Deflated);
    let at = bytes.len() - 6;
    bytes[at] ^= 1;
    let converted = converted("a.zip", &bytes);
    assert_eq!((converted.code, converted.skipped), (1, reasons(&[("a.zip", "compressed")])));
}

#[test]
fn more_entries_than_16_bits_can_count_are_all_seen() {
    let mut entries: Entries = (0..70_000).map(|number| (format!("{number}"), Vec::new())).collect();
    entries.extend(images([1]));
    let converted = converted("a.zip", &zip(&entries, Stored));
    assert_eq!((converted.code, converted.instances), (0, uids([1])));
    assert_eq!(converted.skipped.len(), 70_000);
}

#[test]
fn names_of_entries_are_shown_and_never_lead_anywhere() {
    let long = "n".repeat(300);
    let names = ["../../../tmp/x", "/etc/passwd", "a\nb", "C:\\x", long.as_str()];
    let entries: Entries = (0..).zip(names).map(|(at, name)| (name.to_string(), image(at)[..200].to_vec())).collect();
    for (name, bytes) in [("a.zip", zip(&entries, Stored)), ("a.tar", tar(&entries))] {
        let shown: Vec<String> = converted(name, &bytes).skipped.into_iter().map(|(path, _)| path).collect();
        let want = ["../../../tmp/x", "/etc/passwd", "C:\\\\x", "a\\nb", &long].map(|entry| format!("{name}!/{entry}"));
        assert_eq!(shown, want);
    }
}

#[test]
fn what_is_no_file_in_a_tar_is_passed_by() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name) in
        [(tar::EntryType::Directory, "CT"), (tar::EntryType::Symlink, "link"), (tar::EntryType::Fifo, "fifo")]
    {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(if kind.is_symlink() { 1 << 30 } else { 0 });
        builder.append_data(&mut header, name, [].as_slice()).unwrap();
    }
    let bytes = [builder.get_ref().as_slice(), &tar(&images([1]))].concat();
    let converted = converted("a.tar", &bytes);
    assert_eq!((converted.code, converted.instances), (0, uids([1])));
    assert_eq!(converted.skipped, reasons(&[("a.tar!/fifo", "not-regular"), ("a.tar!/link", "not-regular")]));
}

#[test]
fn an_archive_without_entries_holds_nothing() {
    for (name, bytes) in [("a.zip", zip(&Entries::new(), Stored)), ("a.tgz", gzip(&tar(&Entries::new())))] {
        let converted = converted(name, &bytes);
        assert_eq!((converted.code, converted.instances), (1, uids([])), "{name}");
    }
}

#[test]
fn a_filter_holds_in_archives() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("a.zip");
    fs::write(&path, zip(&images(1..=2), Deflated)).unwrap();
    let output = convert([path.as_os_str(), "--exclude".as_ref(), "modality=CT".as_ref()]);
    assert_eq!((code(&output), stdout(&output)), (1, ""));
}
