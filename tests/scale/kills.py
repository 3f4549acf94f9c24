#!/usr/bin/env python3
"""A scan that is killed leaves whole files or none, those of one scan alone, and the next one ends as if nothing had
happened.

    tests/scale/kills.py [KILLS]

20 times, at random moments, over an archive that changes each time. After each kill `assemble` refuses what is there,
or writes what `convert` wrote before or after the change. At the end the folder is scanned again and compared with one
that was never disturbed.
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


def documents(folder):
    """What `convert` writes of an archive."""
    return run("convert", folder, "--fhir", "r4", "-q", codes=(0, 1))


def run(*arguments, codes=(0,)):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True)
    assert done.returncode in codes, (arguments, done.returncode, done.stderr[-2000:])
    return done.stdout if done.returncode < 2 else done.stderr


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    dice = random.Random(11)
    with tempfile.TemporaryDirectory(prefix="kills-") as temporary:
        work = pathlib.Path(temporary)
        subprocess.run([PROGRAM, "synth", "-o", work / "archive", "--studies", "200", "-q"], check=True)
        scan = [PROGRAM, "scan", work / "archive", "--partitions", "16", "-q", "-o"]
        start = time.monotonic()
        subprocess.run([*scan, work / "want"], check=True)
        took, wants, texts = time.monotonic() - start, [content(work / "want")], [documents(work / "archive")]
        subprocess.run([*scan, work / "found"], check=True)
        killed = refused = 0
        for _ in range(kills):
            dice.choice(sorted((work / "archive").rglob("*.dcm"))).unlink()
            subprocess.run([*scan, work / "want"], check=True)
            wants.append(content(work / "want"))
            texts.append(documents(work / "archive"))
            process = subprocess.Popen([*scan, work / "found"])
            time.sleep(dice.uniform(0, took))
            process.kill()
            killed += process.wait() != 0
            for name, lines in content(work / "found").items():
                assert any(lines == want[name] for want in wants), f"{name} is not whole"
            found = run("assemble", work / "found", "--fhir", "r4", "-q", codes=(0, 2))
            is_refused = b"are not all there" in found or b"there are no files of a scan" in found
            assert is_refused or found in texts, f"documents of two scans together: {found[:300]}"
            refused += is_refused
        subprocess.run([*scan, work / "found"], check=True)
        assert content(work / "found") == wants[-1], "the next scan differs"
    print(f"{killed} of {kills} scans were killed; every file was whole or absent, {refused} folders were refused, no two")
    print("scans were taken together, and the next scan was equal")


if __name__ == "__main__":
    main()
