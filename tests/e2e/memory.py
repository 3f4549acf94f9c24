"""What `dcm2fhir upload` keeps in memory of each study: the peak for two numbers of studies, and the slope between
them.

    cargo build --release
    python3 tests/e2e/memory.py target/release/dcm2fhir

The studies of `synth`, series of one instance each, go as Bundles and as DICOM to a small server on loopback, without
and with a journal. As DICOM they are grouped before the first is sent, so `convert` stands beside: what `upload` takes
more is what it keeps. `--studies 100000` measures that many.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent


def peak_bytes(command):
    """The resident memory of a command at its peak."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, (status, command)
    return usage.ru_maxrss * 1024


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tool")
    arguments.add_argument("--studies", type=int, default=20000)
    options = arguments.parse_args()
    tool, numbers = options.tool, [options.studies // 5, options.studies]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(["rustc", "-O", "--edition", "2024", "-o", folder / "sink", HERE / "sink.rs"], check=True)
        sink = subprocess.Popen([folder / "sink", folder / "requests"], stdout=subprocess.PIPE, text=True)
        to = f"http://127.0.0.1:{sink.stdout.readline().strip()}/fhir"
        try:
            peaks = {"bundles": [], "bundles, journal": [], "bundles, journal, again": [], "convert": [], "dicom": [],
                     "dicom, journal": []}
            for number in numbers:
                archive, bundles = folder / f"archive{number}", folder / f"bundles{number}.ndjson"
                quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                subprocess.run([tool, "synth", "-o", archive, "--studies", str(number), "--instances", "1",
                                "--modalities", "CT"], **quiet)
                convert = [tool, "convert", archive, "--fhir", "r4", "--format", "bundle", "-q", "-o", bundles]
                peaks["convert"].append(peak_bytes(convert))
                upload, journal = [tool, "upload", "--to", to, "-q"], ["--journal", folder / f"journal{number}"]
                peaks["bundles"].append(peak_bytes([*upload, bundles]))
                peaks["bundles, journal"].append(peak_bytes([*upload, bundles, *journal]))
                peaks["bundles, journal, again"].append(peak_bytes([*upload, bundles, *journal]))
                peaks["dicom"].append(peak_bytes([*upload, archive]))
                peaks["dicom, journal"].append(peak_bytes([*upload, archive, "--journal", folder / f"other{number}"]))
            for name, (few, many) in peaks.items():
                each = (many - few) / (numbers[1] - numbers[0])
                print(f"{name:24} {many / 1e6:8.1f} MB for {numbers[1]} studies, {each:7.0f} bytes for each more")
        finally:
            sink.kill()
            sink.wait()


main()
