"""`dcm2fhir upload` against a real FHIR server: see README.md beside this file."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import dicomweb
import server

KINDS = ["ImagingStudy", "Patient", "Practitioner", "Organization", "Device", "Location", "Encounter", "ServiceRequest",
         "Procedure", "Specimen", "Endpoint"]
MRN = "http://e2e.example/mrn"
KILLS = 20


def binary():
    if "DCM2FHIR" in os.environ:
        return os.environ["DCM2FHIR"]
    subprocess.run(["cargo", "build", "--quiet"], check=True)
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "debug", "dcm2fhir")


class Tool:
    """The binary, with the options that stay the same."""

    def __init__(self, path, fhir, release):
        self.path, self.fhir, self.release = path, fhir, release

    def run(self, *arguments, code=0):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=1200)
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
        return done

    def options(self, folder):
        return ["upload", folder, "--to", self.fhir.base, "--system", f"patient={MRN}", "--endpoint",
                "wado-rs=http://127.0.0.1:8042/dicom-web"]

    def upload(self, folder, *options, code=0):
        return self.run(*self.options(folder), *options, code=code)

    def synth(self, folder, studies, seed):
        self.run("synth", "-o", folder, "--studies", studies, "--instances", 3, "--seed", seed)

    def studies(self, folder):
        """What is expected, by conversion."""
        done = self.run("convert", folder, "--fhir", self.release, "--system", f"patient={MRN}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def step(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def modality(study):
    one = study["modality"][0]
    return one.get("code") or one["coding"][0]["code"]


def found_again(fhir, studies):
    """Every study is found by everything that it says."""
    for study in studies:
        identifier = next(one for one in study["identifier"] if one.get("system") == "urn:dicom:uid")
        series = study["series"][0]
        searches = {
            "identifier": f"urn:dicom:uid|{identifier['value']}",
            "modality": modality(study),
            "series": series["uid"],
            "instance": series["instance"][0]["uid"],
        }
        if "started" in study:
            searches["started"] = study["started"][:10]
        patient = study["subject"].get("identifier", {})
        if patient.get("system"):
            searches["patient.identifier"] = f"{patient['system']}|{patient['value']}"
        for name, value in searches.items():
            ids = [one["id"] for one in fhir.search("ImagingStudy", **{name: value})]
            assert study["id"] in ids, f"{study['id']} is not found by {name}={value}"
    return len(studies)


def one_file(folder):
    """A file of a series that has others."""
    for series in sorted(path.parent for path in folder.rglob("*.dcm")):
        files = sorted(series.glob("*.dcm"))
        if len(files) > 1:
            return files[-1]
    raise AssertionError("no series with two files")


def once_and_again(tool, fhir, folder):
    archive, aside = folder / "archive", folder / "aside.dcm"
    tool.synth(archive, 20, 7)
    held_out = one_file(archive)
    shutil.move(held_out, aside)

    step("upload")
    tool.upload(archive)
    studies = tool.studies(archive)
    step(f"search: {found_again(fhir, studies)} studies found again")
    before = fhir.versions(KINDS)
    assert set(before.values()) == {1}, before

    step("upload again")
    tool.upload(archive)
    assert fhir.versions(KINDS) == before, "something has a new version"

    step("one more file")
    shutil.move(aside, held_out)
    tool.upload(archive)
    after = fhir.versions(KINDS)
    changed = [key for key in after if before.get(key) != after[key]]
    assert len(changed) == 1 and changed[0].startswith("ImagingStudy/"), changed

    step("one file less")
    held_out.unlink()
    summary = tool.upload(archive, code=1).stderr
    assert "1  held back" in summary, summary
    assert fhir.versions(KINDS) == after, "something was lost"


def lines(journal):
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def killed(tool, fhir, folder):
    archive, journal = folder / "killed", folder / "journal"
    tool.synth(archive, 60, 23)
    studies = tool.studies(archive)
    dice = random.Random(5)
    stopped = 0
    for _ in range(KILLS):
        command = [tool.path, *map(str, tool.options(archive)), "--journal", str(journal), "--quiet"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        # Somewhere in the first few studies of what is left.
        end = lines(journal) + dice.randint(1, 12)
        while process.poll() is None and lines(journal) < end:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.02))
        stopped += process.poll() is None
        process.kill()
        process.wait()
    there = len(fhir.search("ImagingStudy", _elements="id"))
    assert stopped == KILLS, f"only {stopped} of {KILLS} runs were killed in the middle"
    step(f"{stopped} of {KILLS} runs were killed; {there} studies are there")
    tool.upload(archive, "--journal", journal)
    for study in studies:
        found = fhir.search("ImagingStudy", identifier=f"urn:dicom:uid|urn:oid:{study['id']}")
        assert [one["id"] for one in found] == [study["id"]], study["id"]
    patients = fhir.search("Patient")
    numbers = [one["value"] for patient in patients for one in patient.get("identifier", []) if one.get("system") == MRN]
    assert len(numbers) == len(set(numbers)), "a patient is there twice"
    step(f"last run: {len(studies)} studies, each once; {len(numbers)} patients, each once")


def main():
    release = sys.argv[1] if len(sys.argv) > 1 else "r4"
    os.makedirs("target", exist_ok=True)
    path = binary()
    with tempfile.TemporaryDirectory() as folder, server.hapi(release, "target/e2e-hapi.log") as fhir:
        software = fhir.get("metadata")
        step(f"{software['software']['name']} {software['software']['version']}, FHIR {software['fhirVersion']}")
        tool = Tool(path, fhir, release)
        folder = pathlib.Path(folder)
        once_and_again(tool, fhir, folder)
        step("kill -9")
        killed(tool, fhir, folder)
        step(dicomweb.check(tool, fhir, folder))
    step("all is well")


if __name__ == "__main__":
    main()
