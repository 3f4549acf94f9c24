#!/usr/bin/env python3
"""Damages files at random and converts them, many at a time, until the time is up.

    tests/hostile/mutations.py [SECONDS [FOLDER...]]

Files are taken from the folders (default testdata/dicom), and from archives that are made of some of them. No mutation
may end the run, take more than 5 seconds a file, or 64 MB more than the files took as they were. What does is kept, and
its path printed. The binary is $DCM2FHIR, else target/debug/dcm2fhir; $SEED repeats a run.
"""

import io
import os
import random
import shutil
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import hostile
from hostile import convert

BATCH_FILES = 400
MAX_SECONDS_A_FILE = 5
MAX_EXTRA_KIB = 64 * 1000
MAX_SEED_BYTES = 64 << 10
# What lengths and counts are wrong by.
NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0xFFFE, 0xFFF0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE,
           0xFFFFFFF0]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    folders = [Path(folder) for folder in sys.argv[2:]] or [hostile.TESTDATA]
    seed = int(os.environ.get("SEED", time.time_ns()))
    dice = random.Random(seed)
    seeds = read_seeds(folders)
    print(f"mutations: seed {seed}, {len(seeds)} files")
    with tempfile.TemporaryDirectory(dir=memory()) as name:
        folder = Path(name)
        base_kib = peak_of(folder, seeds)
        end, count, peak_kib = time.monotonic() + seconds, 0, 0
        while time.monotonic() < end:
            batch = [mutated(dice, seeds) for _ in range(BATCH_FILES)]
            peak_kib = max(peak_kib, run_batch(folder, batch, base_kib + MAX_EXTRA_KIB))
            count += len(batch)
    print(f"{count} mutations, peak {peak_kib / 1000:.0f} MB, unmutated {base_kib / 1000:.0f} MB")
    print("passed")


def memory():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def read_seeds(folders):
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    seeds = []
    for path in files:
        with open(path, "rb") as file:
            seeds.append(file.read(MAX_SEED_BYTES))
    return seeds + [archive for at in range(0, min(len(seeds), 40), 4) for archive in archives(seeds[at:at + 4])]


def archives(seeds):
    """The same files as zips and tars."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for number, seed in enumerate(seeds):
                archive.writestr(f"IM{number}", seed)
        yield out.getvalue()
    for mode in ("w", "w:gz"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:
            for number, seed in enumerate(seeds):
                info = tarfile.TarInfo(f"{'n' * 120 * (number % 2)}IM{number}")
                info.size = len(seed)
                archive.addfile(info, io.BytesIO(seed))
        yield out.getvalue()


def mutated(dice, seeds):
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.choice([1, 1, 1, 2, 3, 8, 40])):
        mutate(dice, data, seeds)
    return bytes(data)


def mutate(dice, data, seeds):
    end = len(data) if dice.random() < 0.2 else min(len(data), 4096)
    at = dice.randrange(end + 1)
    length = dice.choice([1, 2, 4, 8, 8, 64, 1024])
    match dice.randrange(8):
        case 0 if data and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        case 1:
            data[at:at + 1] = dice.randbytes(1)
        case 2:
            width = dice.choice([2, 4, 4, 8])
            number = dice.choice(NUMBERS) & (1 << 8 * width) - 1
            data[at:at + width] = number.to_bytes(width, dice.choice(["little", "big"]))
        case 3:
            del data[at:at + length]
        case 4:
            data[at:at] = dice.randbytes(length)
        case 5:
            data[at:at] = data[at:at + length] * dice.choice([1, 2, 30])
        case 6:
            other = dice.choice(seeds)
            start = dice.randrange(len(other) + 1)
            data[at:at + length] = other[start:start + length]
        case 7 if dice.random() < 0.3:
            del data[at:]


def write(folder, batch):
    target = folder / "batch"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for number, content in enumerate(batch):
        (target / f"{number}.dcm").write_bytes(content)
    return target


def peak_of(folder, seeds):
    return max(run_batch(folder, seeds[at:at + BATCH_FILES], 10**9) for at in range(0, len(seeds), BATCH_FILES))


def run_batch(folder, batch, max_peak_kib):
    """Converts the files, and gives the peak of memory; of a batch that fails, the one file is looked for."""
    run = convert([write(folder, batch), "--threads", "2"], MAX_SECONDS_A_FILE * 12)
    if not is_bad(run, max_peak_kib, MAX_SECONDS_A_FILE * 12):
        return run.peak_kib
    for content in batch:
        alone = convert([write(folder, [content]), "--threads", "2"], MAX_SECONDS_A_FILE)
        if is_bad(alone, max_peak_kib, MAX_SECONDS_A_FILE):
            keep([content], alone)
    keep(batch, run)


def is_bad(run, max_peak_kib, seconds):
    return run.crashed or run.peak_kib > max_peak_kib or run.seconds > seconds


def keep(batch, run):
    kept = Path(tempfile.mkdtemp(prefix="dcm2fhir-mutations-"))
    write(kept, batch)
    print(run.stderr.decode(errors="replace")[-1000:])
    hostile.fail(f"exit {run.code}, signal {run.signal}, {run.seconds:.1f} s, {run.peak_kib / 1000:.0f} MB: {kept}")


if __name__ == "__main__":
    main()
