//! The measured programs: the floor, the tool, and other installed ones. All read the same attributes.

use std::env;
use std::path::{Path, PathBuf};

/// A command with a name.
#[derive(Debug)]
pub struct Contestant {
    /// As the table shows it.
    pub name: &'static str,
    /// The program and its arguments.
    pub command: Vec<String>,
}

/// Attributes that a study, series and instance need, as `gggg,eeee`.
pub const TAGS: [&str; 22] = [
    "0008,0005",
    "0008,0008",
    "0008,0016",
    "0008,0018",
    "0008,0020",
    "0008,0030",
    "0008,0050",
    "0008,0060",
    "0008,0090",
    "0008,1030",
    "0008,103e",
    "0010,0010",
    "0010,0020",
    "0010,0030",
    "0010,0040",
    "0018,0015",
    "0020,000d",
    "0020,000e",
    "0020,0010",
    "0020,0011",
    "0020,0013",
    "0020,0060",
];

/// The folder that the tool writes to.
pub const OUTPUT: &str = "studies";

/// The floor, the tool, and with `others` those that are installed.
pub fn contestants(archive: &Path, work: &Path, threads: usize, others: bool) -> Vec<Contestant> {
    let mut all = vec![
        Contestant { name: "floor", command: floor(archive, threads) },
        Contestant { name: "dcm2fhir", command: tool(archive, work, threads) },
    ];
    if others {
        all.push(Contestant { name: "dicom-object", command: reader("dicom-object", archive, threads) });
        let installed =
            [("gdcmscanner", gdcmscanner(archive)), ("dcmdump", dcmdump(archive)), ("pydicom", pydicom(archive))];
        let installed =
            installed.into_iter().filter_map(|(name, command)| Some(Contestant { name, command: command? }));
        all.extend(installed);
    }
    all
}

/// The tool, writing to a folder and with a report.
pub fn tool(archive: &Path, work: &Path, threads: usize) -> Vec<String> {
    let (output, report) = (work.join(OUTPUT), work.join("report.json"));
    let threads = threads.to_string();
    let options = ["convert", "--fhir", "r5", "--quiet", "--threads", &threads, "--report"].map(str::to_string);
    let paths = [report, PathBuf::from("-o"), output, archive.to_path_buf()].map(|path| path.display().to_string());
    [vec![env!("CARGO_BIN_EXE_dcm2fhir").to_string()], options.to_vec(), paths.to_vec()].concat()
}

/// The cost of opening the files.
pub fn floor(archive: &Path, threads: usize) -> Vec<String> {
    reader("floor", archive, threads)
}

/// A reader of this program.
fn reader(name: &str, archive: &Path, threads: usize) -> Vec<String> {
    let own = env::current_exe().expect("the program knows where it is");
    [&own.display().to_string(), "reader", name, &archive.display().to_string(), &threads.to_string()]
        .map(str::to_string)
        .to_vec()
}

fn gdcmscanner(archive: &Path) -> Option<Vec<String>> {
    let program = installed("gdcmscanner")?;
    let options = [program, "-r".into(), "-d".into(), archive.display().to_string()].into_iter();
    Some(options.chain(TAGS.iter().flat_map(|tag| ["-t".to_string(), tag.to_string()])).collect())
}

fn dcmdump(archive: &Path) -> Option<Vec<String>> {
    installed("dcmdump")?;
    let tags: Vec<String> = TAGS.iter().map(|tag| format!("+P {tag}")).collect();
    let script =
        format!("find '{}' -type f -print0 | xargs -0 -n 500 dcmdump -q -M {}", archive.display(), tags.join(" "));
    Some(["sh".into(), "-c".into(), script].to_vec())
}

fn pydicom(archive: &Path) -> Option<Vec<String>> {
    let python = installed("python3")?;
    let has_it = std::process::Command::new(&python).args(["-c", "import pydicom"]).output().ok()?.status.success();
    let tags: Vec<String> = TAGS.iter().map(|tag| format!("0x{}", tag.replace(',', ""))).collect();
    let script = format!(
        "import os,pydicom\nfor folder,_,names in os.walk(r'{}'):\n for name in names:\n  pydicom.dcmread(os.path.join(folder,name),\
         stop_before_pixels=True,specific_tags=[{}])",
        archive.display(),
        tags.join(",")
    );
    has_it.then(|| [python, "-c".into(), script].to_vec())
}

/// The path of a program, if installed.
pub fn installed(program: &str) -> Option<String> {
    let folders = env::var_os("PATH")?;
    let mut places = env::split_paths(&folders).map(|folder| folder.join(program));
    places.find(|place| place.is_file()).map(|place| place.display().to_string())
}
