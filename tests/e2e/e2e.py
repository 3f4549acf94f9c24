"""`dcm2fhir upload` against real FHIR servers: see README.md beside this file."""

import contextlib
import functools
import http.server
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import traceback

import dicomweb
import front
import postgres
import server
import writers
from tool import KINDS, MRN, Tool, binary, has_all, is_whole

SERVERS = ["medplum", "hapi-r4", "hapi-r5"]
CORPUS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "corpus"
#: Exit code of a run that could not test something, for lack of a program.
LEFT_OUT = 3


def modality(study):
    one = study["modality"][0]
    return one.get("code") or one["coding"][0]["code"]


def found_again(tool, fhir, folder):
    """Every study is found by everything that it says."""
    archive = folder / "archive"
    tool.synth(archive, 20, 7)
    tool.upload(archive)
    studies = tool.studies(archive)
    for study in studies:
        identifier = next(one for one in study["identifier"] if one.get("system") == "urn:dicom:uid")
        series = study["series"][0]
        searches = {
            "identifier": f"urn:dicom:uid|{identifier['value']}",
            "series": series["uid"],
            "instance": series["instance"][0]["uid"],
        }
        if study.get("modality"):
            searches["modality"] = modality(study)
        if "started" in study:
            searches["started"] = study["started"][:10]
        patient = study["subject"].get("identifier", {})
        if patient.get("system"):
            searches["patient.identifier"] = f"{patient['system']}|{patient['value']}"
        for name, value in searches.items() if fhir.searches else []:
            ids = [one["id"] for one in fhir.search("ImagingStudy", **{name: value})]
            assert study["id"] in ids, f"{study['id']} is not found by {name}={value}"
    has_all(fhir, studies)
    return f"{len(studies)} studies found again"


def only_what_changed(tool, fhir, folder):
    """A second upload only reads, one more file writes one study, one file less nothing."""
    archive = folder / "changing"
    tool.synth(archive, 8, 11)
    aside, held_out = writers.held_out(archive)[0]
    tool.upload(archive)
    before = fhir.versions(KINDS)
    tool.upload(archive)
    assert fhir.versions(KINDS) == before, "something has a new version"
    shutil.move(aside, held_out)
    tool.upload(archive)
    after = fhir.versions(KINDS)
    changed = [key for key in after if before.get(key) != after[key]]
    assert len(changed) == 1 and changed[0].startswith("ImagingStudy/"), changed
    held_out.unlink()
    summary = tool.upload(archive, codes=(1,)).stderr
    assert "1  held back" in summary, summary
    assert fhir.versions(KINDS) == after, "something was lost"
    return "a second upload reads, one more file writes one study, one less is held back"


def secured(tool, fhir, folder, log):
    """Over TLS with certificates on both sides, and tokens of a token server that live for twenty seconds."""
    archive = folder / "secured"
    tool.synth(archive, 12, 13)
    with front.secured(fhir, folder, log) as (base, token_url, seen):
        options = ["--ca-cert", folder / "ca.pem", "--client-cert", folder / "client.pem", "--client-key",
                   folder / "client.key"]
        credentials = ["--oauth-client-id", front.CLIENT, "--oauth-secret-env", "E2E_SECRET", "--oauth-scope",
                       "system/*.cruds"]
        refused = tool.upload(archive, *options, "--deadline", 5, base=base, codes=(2,)).stderr
        assert "401" in refused, refused
        # A server on https does not send a secret to http by itself.
        refused = tool.upload(archive, *options, *credentials, base=base, codes=(2,), E2E_SECRET=front.SECRET).stderr
        assert "not https" in refused, refused
        credentials += ["--oauth-token-url", token_url]
        wrong = tool.upload(archive, *options, *credentials, base=base, codes=(2,), E2E_SECRET="wrong").stderr
        assert "invalid_client" in wrong and "wrong" not in wrong, wrong
        tool.upload(archive, *options, *credentials, "--gzip", base=base, E2E_SECRET=front.SECRET)
        misfit = ["--client-cert", folder / "client.pem", "--client-key", folder / "localhost.key"]
        refused = tool.upload(archive, *options[:2], *misfit, base=base, codes=(2,)).stderr
        assert "is not that of the certificate" in refused, refused
    has_all(fhir, tool.studies(archive))
    return f"certificates on both sides, {len(seen)} tokens"


def corpus(tool, fhir, _):
    """Real files: a second upload only reads, and says the same."""
    if not CORPUS.exists():
        return "left out: there is no corpus"
    first = tool.upload(CORPUS, codes=(0, 1))
    is_whole(fhir)
    before = fhir.versions(KINDS)
    second = tool.upload(CORPUS, codes=(0, 1))
    assert fhir.versions(KINDS) == before, "something has a new version"
    assert first.returncode == second.returncode, (first.stderr, second.stderr)
    has_all(fhir, [study for study in tool.studies(CORPUS) if first.returncode == 0])
    return f"{len(tool.studies(CORPUS))} studies, exit code {first.returncode}"


class Ndjson(http.server.SimpleHTTPRequestHandler):
    """Serves a folder as the import wants it."""

    extensions_map = {".ndjson": "application/fhir+ndjson"}

    def log_message(self, *_):
        pass


RECIPE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "upload.md"


def recipe(base, files):
    """The Parameters that docs/upload.md gives to `$import`, with an input for each file, as it says there."""
    text = RECIPE.read_text().split("$import\"", 1)[1].split(" -d '", 1)[1].split("'\n", 1)[0]
    parameters = json.loads(text.replace("http://files.example/import", base))
    pattern = next(json.dumps(one) for one in parameters["parameter"] if one["name"] == "input")
    others = [one for one in parameters["parameter"] if one["name"] != "input"]
    inputs = [json.loads(pattern.replace("Patient", file.stem)) for file in files]
    return {**parameters, "parameter": others + inputs}


def waited_for(check):
    """Waits until a check is true: an import says nothing of its end."""
    while True:
        try:
            return check()
        except AssertionError:
            time.sleep(2)


def imported(tool, fhir, folder):
    """The recipe of docs/upload.md: HAPI takes the folder that `convert` writes, and `upload` adds what is missing."""
    if not fhir.searches:
        return "left out: the server has no $import"
    if fhir.release != "r4":
        return "left out: HAPI 8.8.0 never answers $import in R5 (an endless loop in its ResourceOrderUtil)"
    archive, out = folder / "import", folder / "ndjson"
    tool.synth(archive, 10, 17)
    tool.run("convert", archive, "--fhir", fhir.release, "--format", "ndjson", "--references", "separate", "--system",
             f"patient={MRN}", "-o", f"{out}/", "-q")
    all_studies = tool.studies(archive)
    # As if the server had not taken one.
    there = [json.loads(line) for line in (out / "ImagingStudy.ndjson").read_text().splitlines()][:-1]
    (out / "ImagingStudy.ndjson").write_text("".join(f"{json.dumps(one)}\n" for one in there))
    files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Ndjson, directory=out))
    threading.Thread(target=files.serve_forever, daemon=True).start()
    parameters = recipe(f"http://127.0.0.1:{files.server_port}", sorted(out.glob("*.ndjson")))

    def start():
        status, _ = fhir.request("POST", "$import", parameters, Prefer="respond-async")
        assert status == 202, f"$import answers {status}"

    start()
    waited_for(lambda: has_all(fhir, there))
    is_whole(fhir)
    before = fhir.versions(KINDS)
    tool.upload(archive)
    has_all(fhir, all_studies)
    after = fhir.versions(KINDS)
    patients = [name for name in before if name.startswith("Patient/")]
    assert all(before[name] == after[name] for name in patients), "an upload changed a patient"
    # It replaces what has the same id, as it is said there.
    place = f"ImagingStudy/{there[0]['id']}"
    fhir.edit(place, writers.note)
    start()
    waited_for(lambda: has_no_note(fhir, place))
    files.shutdown()
    return f"$import of {len(parameters['parameter']) - 3} files, {len(there)} studies, and one more by an upload"


def has_no_note(fhir, place):
    assert {"text": "seen by the editor"} not in fhir.get(place).get("note", [])


def checks(log):
    """All, in the order in which they are made."""
    return [found_again, only_what_changed, writers.corrected, writers.edited, writers.withdrawn, writers.conditional,
            writers.overlapping, writers.killed, functools.partial(secured, log=log), corpus, imported, dicomweb.retrieved]


def one_server(name, path, logs):
    """Makes all checks against a server of its own; says how many failed."""
    log = logs / f"e2e-{name}.log"
    opened = server.medplum(log) if name == "medplum" else server.hapi(name.removeprefix("hapi-"), log)
    wanted = sys.argv[2:]
    failed = []
    with contextlib.ExitStack() as stack:
        fhir = stack.enter_context(opened)
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        software = fhir.get("metadata")
        step(f"{name}: {software['software']['name']} {software['software']['version']}, FHIR {software['fhirVersion']}")
        for check in checks(logs / "e2e-tokens.log"):
            title = getattr(check, "func", check).__name__
            if wanted and title not in wanted:
                continue
            try:
                step(f"{name} {title}: {check(Tool(path, fhir), fhir, folder)}")
            except Exception:
                traceback.print_exc()
                step(f"{name} {title}: FAILED")
                failed.append(title)
    return failed


def step(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main():
    names = sys.argv[1].split(",") if len(sys.argv) > 1 else SERVERS
    titles = [getattr(check, "func", check).__name__ for check in checks(None)]
    unknown = set(names) - set(SERVERS) | set(sys.argv[2:]) - set(titles)
    if unknown:
        sys.exit(f"unknown: {sorted(unknown)}; servers: {SERVERS}; checks: {titles}")
    logs = pathlib.Path("target").resolve()
    logs.mkdir(exist_ok=True)
    path = os.path.abspath(binary())
    failed, missing = {}, []
    for name in names:
        try:
            failed[name] = one_server(name, path, logs)
        except postgres.Missing as error:
            step(f"{name}: left out: {error}")
            missing.append(name)
    failed = {name: titles for name, titles in failed.items() if titles}
    if failed:
        sys.exit(f"failed: {failed}")
    if missing:
        sys.exit(LEFT_OUT)
    step("all is well")


if __name__ == "__main__":
    main()
