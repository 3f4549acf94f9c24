#!/usr/bin/env python3
"""A scan that is killed leaves whole files or none, and the next one ends as if nothing had happened.

    tests/scale/kills.py [KILLS]

20 times, at random moments; then the folder is scanned again and compared with one that was never disturbed.
"""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DCM2FHIR", str(ROOT / "target/debug/dcm2fhir"))


def content(folder):
    return {one.name: one.read_bytes() for one in folder.iterdir() if not one.name.startswith(".dcm2fhir-")}


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    dice = random.Random(11)
    with tempfile.TemporaryDirectory(prefix="kills-") as temporary:
        work = pathlib.Path(temporary)
        subprocess.run([PROGRAM, "synth", "-o", work / "archive", "--studies", "200", "-q"], check=True)
        scan = [PROGRAM, "scan", work / "archive", "--partitions", "16", "-q", "-o"]
        start = time.monotonic()
        subprocess.run([*scan, work / "want"], check=True)
        took, want = time.monotonic() - start, content(work / "want")
        killed = 0
        for _ in range(kills):
            process = subprocess.Popen([*scan, work / "found"])
            time.sleep(dice.uniform(0, took))
            process.kill()
            killed += process.wait() != 0
            for name, lines in content(work / "found").items() if (work / "found").exists() else []:
                assert lines == want[name], f"{name} is not whole"
        subprocess.run([*scan, work / "found"], check=True)
        assert content(work / "found") == want, "the next scan differs"
    print(f"{killed} of {kills} scans were killed; every file was whole or absent, and the next scan equal")


if __name__ == "__main__":
    main()
