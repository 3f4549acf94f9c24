#!/usr/bin/env python3
"""The law: whatever is done to the lines of a scan, and whatever becomes of an archive between two nights with an
index, documents and reports are those of `convert`, by bytes.

    tests/scale/law.py [FOLDER...]

Without folders: testdata/dicom and a synthetic archive that the program writes. DCM2FHIR names the program, else
target/debug/dcm2fhir. For each folder and each set of options the law is tried in six ways: one scan and a sort; four
partitions of three shards, together and each alone; three lists of files that overlap, with their lines cut into files,
shuffled and doubled; nights over a copy in which files are added, changed, renamed, deleted and touched, each compared
with `convert` and with a scan of that night. Needs nothing but Python.
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DCM2FHIR", ROOT / "target/debug/dcm2fhir")

OPTIONS = [
    ["--fhir", "r4"],
    ["--fhir", "r5", "--references", "contained", "--report-values", "--timezone", "Europe/Berlin"],
    ["--fhir", "r4", "--format", "bundle", "--system", "accession=urn:law:accession", "--system", "patient=urn:law:patient"],
    ["--fhir", "r6", "--selections", "--apply-rejections", "--charset", "ISO_IR 100"],
    ["--fhir", "r4b", "--detail", "series", "--max-instances", "3", "--id-salt", "law"],
    ["--profile", "mado", "--creator", "Law", "--retrieve-location", "1.2.3", "--creation-time", "2026-01-01T00:00:00Z"],
]
# Nights after the first.
NIGHTS = 3


def run(*arguments, stdin=None, codes=(0,)):
    """Runs the program, and gives its standard output."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True)
    if done.returncode not in codes:
        sys.exit(f"{arguments}: exit code {done.returncode}, want {codes}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def documents(path):
    """The documents in a file or folder, by name."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return {str(one.relative_to(path)) if path.is_dir() else "": one.read_bytes() for one in files}


def first_difference(one, other):
    lines = zip(one.splitlines(), other.splitlines())
    return next((f"\n  {a[:400]}\n  {b[:400]}" for a, b in lines if a != b), f"{len(one)} and {len(other)} bytes")


def same(what, want, found):
    """Whether two sets of documents are equal by bytes; says where they are not."""
    if want == found:
        return True
    names = sorted(set(want) ^ set(found))
    at = next((name for name in want if name in found and want[name] != found[name]), None)
    detail = f"only in one: {names[:3]}" if at is None else f"{at}: {first_difference(want[at], found[at])}"
    print(f"  DIFFERS {what}: {detail}")
    return False


class Law:
    """One folder with one set of options."""

    def __init__(self, folder, options, work):
        self.folder, self.options, self.work = folder, options, work
        self.scan = ["scan", "-q"]
        run("convert", folder, "-o", work / "want.ndjson", "--report", work / "want.json", *options, "-q", codes=(0, 1))
        self.want = documents(work / "want.ndjson") if (work / "want.ndjson").exists() else {"": b""}
        self.report = {"": (work / "want.json").read_bytes()}

    def assembled(self, what, *inputs, stdin=None):
        out, report = self.work / f"{what}.ndjson", self.work / f"{what}.json"
        run("assemble", *inputs, "-o", out, "--report", report, *self.options, "-q", stdin=stdin)
        found = documents(out) if out.exists() else {"": b""}
        fine = same(f"{what}: documents", self.want, found)
        return same(f"{what}: report", self.report, documents(report)) and fine

    def one_scan(self):
        lines = run(*self.scan, self.folder, "-o", "-").splitlines(keepends=True)
        return self.assembled("sorted", "-", stdin=b"".join(sorted(lines)))

    def partitions(self):
        records = self.work / "records"
        for shard in (1, 2, 3):
            run(*self.scan, self.folder, "-o", f"{records}/", "--partitions", 4, "--shard", f"{shard}/3")
        fine = self.assembled("partitions", records)
        found = {}
        for number in range(1, 5):
            out = self.work / f"part-{number}"
            run("assemble", records, "--partition", f"{number}/4", "-o", f"{out}/", *self.options, "-q", "--report", self.work / "part.json")
            found |= documents(out) if out.exists() else {}
        want = self.work / "want"
        run("convert", self.folder, "-o", f"{want}/", *self.options, "-q", "--report", self.work / "folder.json", codes=(0, 1))
        return same("each partition alone", documents(want), found) and fine

    def lists(self):
        files = [os.path.join(folder, name) for folder, _, names in os.walk(self.folder) for name in names]
        dice = random.Random(7)
        dice.shuffle(files)
        third = len(files) // 3 + 1
        lines = []
        for some in (files[: 2 * third], files[third:], files[:third] + files[2 * third :]):
            paths = b"\0".join(map(os.fsencode, some))
            lines += run(*self.scan, "--files-from", "-", "-0", "-o", "-", "--allow-empty", stdin=paths).splitlines(keepends=True)
        lines += dice.sample(lines, len(lines) // 2)
        dice.shuffle(lines)
        parts = []
        for number in range(5):
            parts.append(self.work / f"lines-{number}.ndjson")
            parts[-1].write_bytes(b"".join(sorted(lines[number::5])))
        return self.assembled("lists", *parts) and self.assembled("doubled", "-", stdin=b"".join(sorted(lines)))


    def night(self, place):
        """A night over the folder as it is now: its documents, its report and its exit code are those of `convert`."""
        full, nightly = self.work / "full", place / "nightly"
        index = ["--index", place / "index", "--gone", "delete", "--max-gone", "100%"]
        codes = {}
        for out, more in ((full, []), (nightly, index)):
            report = f"{out}.report"
            command = [PROGRAM, "convert", self.folder, "-o", f"{out}/", "--report", report, "-q", *self.options, *more]
            codes[out] = subprocess.run(command, capture_output=True).returncode
        fine = codes[full] == codes[nightly] < 2
        if not fine:
            print(f"  DIFFERS {self.work.name}: exit codes {codes[full]} and {codes[nightly]}")
        fine = same(f"{self.work.name}: documents", documents(full), documents(nightly)) and fine
        reports = [documents(pathlib.Path(f"{out}.report")) for out in (full, nightly)]
        return same(f"{self.work.name}: report", *reports) and fine


class Archive:
    """A copy of a folder, which changes."""

    def __init__(self, folder, place):
        self.place, self.dice, self.time = place, random.Random(5), 1_000_000_000
        shutil.copytree(folder, place, symlinks=True)
        for file in self.files():
            self.touch(file)

    def files(self):
        return sorted(one for one in self.place.rglob("*") if one.is_file() and not one.is_symlink())

    def touch(self, file):
        """Every change has a time of its own, long ago: what changed just now is read again each night."""
        self.time += 1
        os.utime(file, (self.time, self.time))

    def new(self, name):
        folder = self.place / f"law {self.dice.randrange(3)}"
        folder.mkdir(exist_ok=True)
        return folder / f"{self.dice.randrange(10**6)}-{name}"

    def change(self):
        """Adds, changes, renames, deletes and touches a few files."""
        some = self.dice.sample(self.files(), min(10, len(self.files())))
        added = [self.new(file.name) for file in some[:2]]
        for file, copy in zip(some, added):
            shutil.copyfile(file, copy)
        for file, other in zip(some[2:4], some[4:6]):
            file.write_bytes(other.read_bytes())
        for file in some[4:6]:
            file.rename(self.new(file.name))
        for file in some[6:8]:
            file.unlink()
        for file in added + some[2:4] + some[8:]:
            self.touch(file)


def nights(folder, options, work):
    """Several nights over an archive that changes."""
    archive, results = Archive(folder, work / "archive"), []
    for number in range(NIGHTS + 1):
        if number > 0:
            archive.change()
        of_night = work / f"night-{number}"
        of_night.mkdir()
        law = Law(archive.place, options, of_night)
        results += [law.night(work), law.one_scan()]
    return all(results)


def holds(folder, options):
    with tempfile.TemporaryDirectory(prefix="law-") as work:
        work = pathlib.Path(work)
        law = Law(folder, options, work)
        results = [law.one_scan(), law.partitions(), law.lists(), nights(folder, options, work)]
    print(f"{'holds' if all(results) else 'BROKEN'}: {folder} {' '.join(options)}", flush=True)
    return all(results)


def main():
    with tempfile.TemporaryDirectory(prefix="law-synth-") as synth:
        folders = sys.argv[1:]
        if not folders:
            run("synth", "-o", synth, "--studies", 30, "--seed", 5, "-q")
            files = sorted(pathlib.Path(synth).rglob("*.dcm"))
            pathlib.Path(synth, "cut.dcm").write_bytes(files[0].read_bytes()[:400])
            pathlib.Path(synth, "no DICOM, and a\nname.txt").write_bytes(b"text")
            pathlib.Path(synth, "again.dcm").write_bytes(files[1].read_bytes())
            folders = [ROOT / "testdata/dicom", synth]
        results = [holds(folder, options) for folder in folders for options in OPTIONS]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
