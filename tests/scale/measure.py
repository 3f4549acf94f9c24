#!/usr/bin/env python3
"""Bytes of an instance in a fragment, and CPU of scan, sort and assemble beside that of convert.

    tests/scale/measure.py [STUDIES]

Series of 200 instances. DCM2FHIR names the program: give an optimised build (cargo build --release).
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DCM2FHIR", str(ROOT / "target/release/dcm2fhir"))


def cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with tempfile.TemporaryDirectory(prefix="measure-") as work:
        folder, lines = pathlib.Path(work, "archive"), pathlib.Path(work, "lines")
        synth = [PROGRAM, "synth", "-o", folder, "--studies", studies, "--modalities", "CT", "--instances", 200, "-q"]
        subprocess.run(list(map(str, synth)), check=True)
        instances = sum(1 for _ in folder.rglob("*.dcm"))
        convert = f"{PROGRAM} convert {folder} --fhir r4 -q > /dev/null || [ $? = 1 ]"
        parts = [
            f"{PROGRAM} scan {folder} -o - -q > {lines}",
            f"LC_ALL=C sort {lines} > {lines}.sorted",
            f"{PROGRAM} assemble - --fhir r4 -q < {lines}.sorted > /dev/null",
        ]
        cpu(convert)
        whole = min(cpu(convert) for _ in range(5))
        each = [min(cpu(part) for _ in range(5)) for part in parts]
        micro = [f"{seconds * 1e6 / instances:.2f}" for seconds in [whole, *each]]
        print(f"{instances} instances, {lines.stat().st_size / instances:.1f} bytes each in fragments")
        print("CPU in microseconds an instance: convert {}, scan {}, sort {}, assemble {}".format(*micro))
        print(f"scan, sort and assemble / convert: {sum(each) / whole:.2f}")


if __name__ == "__main__":
    main()
