//! Archives and compressed streams, made for tests.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::CompressionMethod::{Deflated, Stored};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Names and contents.
pub type Entries = Vec<(String, Vec<u8>)>;

pub type Compress = fn(&[u8]) -> Vec<u8>;

/// A zip whose writer can seek back to fill in sizes.
pub fn zip(entries: &Entries, method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    add_all(&mut writer, entries, method);
    writer.finish().unwrap().into_inner()
}

pub fn streamed_zip(entries: &Entries) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(Vec::new());
    add_all(&mut writer, entries, Deflated);
    writer.finish().unwrap().into_inner()
}

fn add_all<W: Write + std::io::Seek>(writer: &mut ZipWriter<W>, entries: &Entries, method: zip::CompressionMethod) {
    for (name, bytes) in entries {
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
}

pub fn tar(entries: &Entries) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        // Set as bytes: the writer would refuse a name that leads out of the archive.
        if name.len() <= 100 {
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, bytes.as_slice()).unwrap();
        } else {
            builder.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    // A frame to be skipped, as pzstd writes in front.
    let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0], b"skip".as_slice()].concat();
    [skipped, ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)].concat()
}

/// The stream behind the header that zips have (APPNOTE 5.8.8), with or without a marker at its end.
fn lzma(bytes: &[u8], has_marker: bool) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(0);
    let header = [&[9, 20, 5, 0, options.get_props()][..], &options.dict_size.to_le_bytes()].concat();
    let size = (!has_marker).then_some(bytes.len() as u64);
    let mut encoder = lzma_rust2::LzmaWriter::new(header, &options, false, has_marker, size).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn lzma_marked(bytes: &[u8]) -> Vec<u8> {
    lzma(bytes, true)
}

pub fn lzma_sized(bytes: &[u8]) -> Vec<u8> {
    lzma(bytes, false)
}

/// A zip of what was compressed before, by the number of the method.
pub fn zip_by(entries: &Entries, method: u8, compress: Compress) -> Vec<u8> {
    let compressed = entries.iter().map(|(name, bytes)| (name.clone(), compress(bytes))).collect();
    let mut zip = zip(&compressed, Stored);
    // Local headers and directory have the method and the size at different places (APPNOTE 4.3.7, 4.3.12).
    for (mark, method_at, size_at) in [(b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)] {
        let records: Vec<usize> = (0..zip.len()).filter(|at| zip[*at..].starts_with(mark)).collect();
        for (record, (_, bytes)) in records.into_iter().zip(entries) {
            zip[record + method_at] = method;
            zip[record + size_at..][..4].copy_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        }
    }
    zip
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
