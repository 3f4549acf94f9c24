//! Writes the inputs that the fuzzers start from: the project's own test data, archives of it, and values by hand.
//!
//! ```text
//! cargo run --example seeds -- TESTDATA CORPUS
//! ```

use std::fs;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const CHARACTER_SETS: [(&str, &[u8]); 12] = [
    ("", b"Doe^Jane=A=B"),
    ("ISO_IR 100", b"J\xf6rg^\xdcber"),
    ("ISO_IR 192", "山田^太郎=Yamada".as_bytes()),
    ("GB18030", b"\xcd\xf5^\xd0\xa1\xb6\xab"),
    ("GBK", b"\xcd\xf5\\\x81\x5c"),
    ("ISO_IR 144", b"\xbb\xee\xda\xee"),
    ("ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3"),
    ("\\ISO 2022 IR 87", b"Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", b"\x1b(J~\x1b$B;3\x1b(J"),
    ("\\ISO 2022 IR 149", b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce"),
    ("\\ISO 2022 IR 58", b"Zhang=\x1b$)A\xd5\xc5"),
    ("ISO 2022 IR 6\\ISO 2022 IR 159\\ISO-IR 109", b"\x1b$(D01\x1b-C\xa1"),
];

const VALUES: [&str; 24] = [
    "20240229",
    "2024",
    "1999.12.31",
    "235960",
    "120000.123456",
    "12:30:00",
    "2330",
    "20240229120000.5+0100",
    "+0100",
    "-0000",
    "-1200",
    "+1400",
    "Europe/Berlin",
    "+01:00",
    "1.2.840.10008.1.2",
    "2.25.1",
    "1.02.3",
    "12",
    "-1",
    "1.5",
    "4294967296",
    "+7",
    "Doe^Jane^A^Dr^Jr=X=Y",
    "1.2.3 ",
];

const JSON: &str = r#"[{"00080018":{"vr":"UI","Value":["1.2.3"]},"0020000D":{"vr":"UI","Value":["1.2"]},"0020000E":{"vr":"UI"},
"00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B","Ideographic":"\u5c71"}]},"00200013":{"vr":"IS","Value":[3,null]},
"00400275":{"vr":"SQ","Value":[{"00080050":{"vr":"SH","InlineBinary":"Nzg="}}]}}]"#;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(testdata), Some(corpus)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("want TESTDATA CORPUS"));
    };
    let mut files = Vec::new();
    collect(&testdata, &mut files)?;
    for target in ["scanner", "whole_file", "dicomdir"] {
        write(&corpus.join(target), &files)?;
    }
    let text = CHARACTER_SETS.map(|(terms, value)| [terms.as_bytes(), b"\n", value].concat());
    write(&corpus.join("charset"), &text)?;
    write(&corpus.join("values"), &VALUES.map(|value| value.as_bytes().to_vec()))?;
    write(&corpus.join("json"), &[JSON.as_bytes().to_vec()])?;
    write(&corpus.join("archive"), &archives(&files)?)
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(fs::read(path)?) }
    }
    Ok(())
}

fn write(folder: &Path, seeds: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    seeds.iter().enumerate().try_for_each(|(number, seed)| fs::write(folder.join(format!("seed-{number}")), seed))
}

/// Two files each, in every form.
fn archives(files: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
    let mut archives = Vec::new();
    for pair in files.chunks(2).take(8) {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            archives.push(add(ZipWriter::new(Cursor::new(Vec::new())), pair, method)?.into_inner());
        }
        archives.push(add(ZipWriter::new_stream(Vec::new()), pair, CompressionMethod::Deflated)?.into_inner());
        let tar = tar(pair)?;
        archives.extend([gzip(&pair[0])?, gzip(&tar)?, tar]);
    }
    Ok(archives)
}

fn add<W: Write + io::Seek>(mut writer: ZipWriter<W>, files: &[Vec<u8>], method: CompressionMethod) -> io::Result<W> {
    for (number, file) in files.iter().enumerate() {
        writer.start_file(format!("CT/{number}"), SimpleFileOptions::default().compression_method(method))?;
        writer.write_all(file)?;
    }
    Ok(writer.finish()?)
}

fn tar(files: &[Vec<u8>]) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (number, file) in files.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.len() as u64);
        builder.append_data(&mut header, "long/".repeat(30 * number) + "name", file.as_slice())?;
    }
    builder.into_inner()
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
