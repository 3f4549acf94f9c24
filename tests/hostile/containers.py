#!/usr/bin/env python3
"""Converts a folder, and the same as zip, tar and tar.gz: the outputs must be the same bytes.

    tests/hostile/containers.py [SECONDS [FOLDER...]]

SECONDS bound each run (default 60); the folders are converted one after the other (default testdata/dicom). The binary
is $DCM2FHIR, else target/debug/dcm2fhir.
"""

import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import hostile
from hostile import convert, fail


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    for folder in [Path(folder) for folder in sys.argv[2:]] or [hostile.TESTDATA]:
        with tempfile.TemporaryDirectory() as name:
            compare(folder, Path(name), seconds)
    print("passed")


def compare(folder, place, seconds):
    want = convert([folder], seconds)
    if want.crashed or not want.stdout:
        fail(f"{folder}: exit {want.code}, signal {want.signal}")
    for archive in archives(folder, place):
        run = convert([archive], seconds)
        print(f"{folder.name}: {archive.name} in {run.seconds:.2f} s, folder in {want.seconds:.2f} s, "
              f"{run.peak_kib / 1000:.0f} and {want.peak_kib / 1000:.0f} MB")
        if run.stdout != want.stdout or run.code != want.code:
            fail(f"{archive.name} of {folder} gives another output, exit {run.code} instead of {want.code}")


def archives(folder, place):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    names = {path: str(path.relative_to(folder)) for path in files}
    for name, method in (("stored.zip", zipfile.ZIP_STORED), ("deflated.zip", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(place / name, "w", method, strict_timestamps=False) as archive:
            for path in files:
                archive.write(path, names[path])
        yield place / name
    for name, mode in (("plain.tar", "w"), ("gzipped.tar.gz", "w:gz")):
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            with tarfile.open(place / name, mode, format=form) as archive:
                for path in files:
                    archive.add(path, names[path])
            yield place / name


if __name__ == "__main__":
    main()
