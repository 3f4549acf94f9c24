#!/usr/bin/env python3
"""Kills runs at random moments, and looks at what they leave.

    tests/hostile/kills.py [SECONDS [KILLS]]

Until the time is up (default 60 s) or so many runs (default 50) were killed with -9. No file under a final name may
differ from that of a run that was left alone, whether the folder was empty or not, and a last run must mend all of it.
The binary is $DCM2FHIR, else target/debug/dcm2fhir.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hostile
from hostile import BINARY, EXPLICIT, fail, identified, meta

STUDIES = 1500
FORMS = (("out", ["-o", "out/"]), ("bundles", ["-o", "bundles/", "--format", "bundle", "--fhir", "r4"]),
         ("bulk", ["-o", "bulk/", "--format", "ndjson"]), ("all.ndjson", ["-o", "all.ndjson"]))


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "in").mkdir()
        for number in range(1, STUDIES + 1):
            (root / "in" / f"{number}.dcm").write_bytes(meta(EXPLICIT) + identified(number))
        whole = {form: reference(root, form, options) for form, options in FORMS}
        end, count = time.monotonic() + seconds, 0
        while count < kills and time.monotonic() < end:
            form, options = FORMS[count % len(FORMS)]
            kill_one(root, form, options, *whole[form])
            count += 1
        for form, options in FORMS:
            mend(root, form, options, whole[form][0])
    print(f"kills: {count} runs")
    print("passed")


def reference(root, form, options):
    """What a whole run writes, and how long it takes."""
    start = time.monotonic()
    subprocess.run([BINARY, "convert", "in", *options, "--quiet"], cwd=root, check=True)
    duration = time.monotonic() - start
    files = read(root / form)
    if not files:
        fail(f"{form}: nothing was written")
    remove(root / form)
    return files, duration


def kill_one(root, form, options, want, duration):
    process = subprocess.Popen([BINARY, "convert", "in", *options, "--quiet"], cwd=root)
    time.sleep(random.uniform(0, duration * 1.1))
    process.kill()
    process.wait()
    check(root / form, want)
    # Half of the runs start where a killed one left off.
    if random.random() < 0.5:
        remove(root / form)


def mend(root, form, options, want):
    subprocess.run([BINARY, "convert", "in", *options, "--quiet"], cwd=root, check=True)
    if check(root / form, want) != len(want):
        fail(f"{form}: the run after the killed ones left files out")


def check(path, want):
    found = read(path)
    for name, content in found.items():
        if want.get(name) != content:
            fail(f"{path.name}/{name} differs from the whole run's")
    return len(found)


def read(path):
    """The files under final names, by name."""
    files = [path] if path.is_file() else path.rglob("*") if path.is_dir() else []
    return {file.name: file.read_bytes() for file in files if file.is_file() and not file.name.startswith(".dcm2fhir-")}


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
