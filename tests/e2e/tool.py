"""The binary that is tested, and what is expected of a server after it."""

import collections
import json
import os
import subprocess

MRN = "http://e2e.example/mrn"
KINDS = ["ImagingStudy", "Patient", "Practitioner", "Organization", "Device", "Location", "Encounter", "ServiceRequest",
         "Procedure", "Specimen", "Endpoint"]


def binary():
    if "DCM2FHIR" in os.environ:
        return os.environ["DCM2FHIR"]
    subprocess.run(["cargo", "build", "--quiet", "--locked"], check=True)
    return os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "debug", "dcm2fhir")


class Tool:
    """The binary, with the options that stay the same."""

    def __init__(self, path, fhir):
        self.path, self.fhir = path, fhir

    def run(self, *arguments, codes=(0,), **environment):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True,
                              env={**os.environ, **environment})
        if done.returncode not in codes:
            raise AssertionError(f"exit code {done.returncode}, not {codes}:\n{done.stdout}{done.stderr}")
        return done

    def options(self, folder, base=None):
        return ["upload", folder, "--to", base or self.fhir.base, "--system", f"patient={MRN}", "--endpoint",
                "wado-rs=http://127.0.0.1:8042/dicom-web"]

    def upload(self, folder, *options, codes=(0,), base=None, **environment):
        return self.run(*self.options(folder, base), *options, codes=codes, **environment)

    def start(self, folder, *options):
        command = [self.path, *map(str, self.options(folder)), *map(str, options)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def synth(self, folder, studies, seed, instances=3):
        self.run("synth", "-o", folder, "--studies", studies, "--instances", instances, "--seed", seed)

    def studies(self, folder):
        """What is expected, by conversion."""
        done = self.run("convert", folder, "--fhir", self.fhir.release, "--system", f"patient={MRN}", "-q", codes=(0, 1))
        return [json.loads(line) for line in done.stdout.splitlines()]


def uid(study):
    return next(one["value"] for one in study["identifier"] if one.get("system") == "urn:dicom:uid")


def references(value):
    """Every reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def is_whole(fhir):
    """Every reference leads somewhere, each study and each patient number is there once. Gives all resources."""
    there = fhir.all(KINDS)
    for name, resource in there.items():
        for reference in references(resource):
            assert reference.startswith("#") or reference in there, f"{name} refers to {reference}, which is not there"
    studies = [uid(resource) for name, resource in there.items() if name.startswith("ImagingStudy/")]
    twice = sorted(one for one, times in collections.Counter(studies).items() if times > 1)
    assert not twice, f"{len(twice)} studies are there twice, the first is {twice[0]}"
    numbers = [one["value"] for name, resource in there.items() if name.startswith("Patient/")
               for one in resource.get("identifier", []) if one.get("system") == MRN]
    assert len(numbers) == len(set(numbers)), "a patient is there twice"
    return there


def has_all(fhir, studies):
    """Each study is there with all its instances."""
    there = {uid(one): one for one in fhir.search("ImagingStudy")}
    for study in studies:
        stored = there.get(uid(study))
        assert stored, f"{uid(study)} is not there"
        ours, theirs = (sorted(instance["uid"] for series in one["series"] for instance in series.get("instance", []))
                        for one in [study, stored])
        assert set(ours) <= set(theirs), f"{uid(study)} lacks instances"
