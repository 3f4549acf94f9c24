"""What happens when others write too: editors, other uploaders, and a kill in the middle."""

import random
import shutil
import threading
import time

from tool import KINDS, MRN, has_all, is_whole, uid

KILLS, OVERLAPS, UPLOADERS = 20, 10, 3


def held_out(archive):
    """A file of a series that has others, for each study; they are moved aside, and can be moved back."""
    moved = []
    for study in sorted({file.relative_to(archive).parts[0] for file in archive.rglob("*.dcm")}):
        for series in sorted({file.parent for file in (archive / study).rglob("*.dcm")}):
            files = sorted(series.glob("*.dcm"))
            if len(files) > 1:
                aside = archive.parent / f"{archive.name}-aside" / str(len(moved))
                aside.parent.mkdir(exist_ok=True)
                shutil.move(files[-1], aside)
                moved.append((aside, files[-1]))
                break
    assert moved, "no series with two files"
    return moved


def move_back(moved):
    for aside, place in moved:
        shutil.move(aside, place)


def corrected(tool, fhir, folder):
    """A patient whom somebody corrects stays as corrected, also by an upload at once."""
    archive = folder / "corrected"
    tool.synth(archive, 6, 101)
    moved = held_out(archive)
    tool.upload(archive)
    numbers = {study["subject"]["identifier"]["value"] for study in tool.studies(archive)
               if study["subject"].get("identifier", {}).get("system") == MRN}
    patients = [f"Patient/{one['id']}" for one in fhir.search("Patient")
                if {each.get("value") for each in one.get("identifier", [])} & numbers]
    assert patients, "no patient with a number"
    for patient in patients:
        fhir.edit(patient, lambda resource: resource.update(birthDate="1901-02-03", name=[{"family": "Corrected"}]))
    before = fhir.versions(KINDS)
    tool.upload(archive)
    assert fhir.versions(KINDS) == before, "an upload changed something"
    # One more file of each study: the studies change, and the patients do not.
    move_back(moved)
    tool.upload(archive)
    assert all(fhir.get(patient)["name"] == [{"family": "Corrected"}] for patient in patients)
    return f"{len(patients)} patients stay as corrected"


def edited(tool, fhir, folder):
    """An editor adds a note to each study while uploads add files to it: both are there in the end."""
    archive = folder / "edited"
    tool.synth(archive, 10, 103)
    moved = held_out(archive)
    tool.upload(archive)
    before = tool.studies(archive)
    ids = {uid(one): one["id"] for one in fhir.search("ImagingStudy")}
    places = [f"ImagingStudy/{ids[uid(study)]}" for study in before]
    move_back(moved)
    uploads = [tool.start(archive) for _ in range(UPLOADERS)]
    editors = [threading.Thread(target=fhir.edit, args=(place, note)) for place in places]
    for editor in editors:
        editor.start()
        time.sleep(0.05)
    codes = [(upload.communicate()[1], upload.returncode) for upload in uploads]
    for editor in editors:
        editor.join()
    assert all(code in (0, 1) for _, code in codes), codes
    tool.upload(archive)
    noted = [place for place in places if {"text": "seen by the editor"} in fhir.get(place).get("note", [])]
    assert noted == places, f"only {len(noted)} of {len(places)} notes are left"
    has_all(fhir, tool.studies(archive))
    is_whole(fhir)
    return f"{len(noted)} notes stay, exit codes of the uploads {[code for _, code in codes]}"


def note(resource):
    resource.setdefault("note", []).append({"text": "seen by the editor"})
    resource.setdefault("meta", {}).setdefault("tag", []).append({"system": "http://e2e.example/tag", "code": "seen"})


def withdrawn(tool, fhir, folder):
    """What was entered in error, or deleted, stays so, and the upload says that it holds files back."""
    archive = folder / "withdrawn"
    tool.synth(archive, 3, 107)
    moved = held_out(archive)
    tool.upload(archive)
    ids = {uid(one): one["id"] for one in fhir.search("ImagingStudy")}
    places = [f"ImagingStudy/{ids[uid(study)]}" for study in tool.studies(archive)]
    fhir.edit(places[0], lambda resource: resource.update(status="entered-in-error"))
    status, _ = fhir.request("DELETE", places[1])
    assert status in (200, 202, 204), status
    # A server that keeps no trace of a deletion cannot say that there was one.
    remembers = fhir.request("GET", places[1])[0] == 410
    move_back(moved)
    done = tool.upload(archive, codes=(1,))
    assert fhir.get(places[0])["status"] == "entered-in-error"
    assert not remembers or fhir.request("GET", places[1])[0] == 410, "a deleted study is back"
    assert "held back" in done.stderr, done.stderr
    return f"entered-in-error stays{', and a deletion' if remembers else ''}, exit code 1"


def conditional(tool, fhir, folder):
    """With ids of the server's own each study is there once, also when a plain upload follows."""
    archive = folder / "conditional"
    tool.synth(archive, 6, 109)
    tool.upload(archive, "--conditional")
    has_all(fhir, tool.studies(archive))
    before = set(is_whole(fhir))
    tool.upload(archive, "--conditional")
    assert set(is_whole(fhir)) == before, "a second upload made something new"
    tool.upload(archive)
    after = {name for name in is_whole(fhir) if name.startswith("ImagingStudy/")}
    assert after == {name for name in before if name.startswith("ImagingStudy/")}, "a plain upload made a second study"
    return f"{len(tool.studies(archive))} studies, each once"


def overlapping(tool, fhir, folder):
    """Several uploads of one archive at once."""
    codes = []
    for place in range(OVERLAPS):
        archive = folder / f"overlap{place}"
        tool.synth(archive, 5, 200 + place)
        uploads = [tool.start(archive) for _ in range(UPLOADERS)]
        for upload in uploads:
            text = upload.communicate()[1]
            assert upload.returncode == 0, f"exit code {upload.returncode}: {text}"
            codes.append(upload.returncode)
        has_all(fhir, tool.studies(archive))
    is_whole(fhir)
    return f"{OVERLAPS} times {UPLOADERS} uploads at once, {len(codes)} with exit code 0, each study once"


def lines(journal):
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def killed(tool, fhir, folder):
    """`kill -9` in the middle, and a last run."""
    archive, journal = folder / "killed", folder / "journal"
    tool.synth(archive, 60, 23)
    dice = random.Random(5)
    stopped = 0
    for _ in range(KILLS):
        process = tool.start(archive, "--journal", journal, "--quiet")
        # Somewhere in the first few studies of what is left.
        end = lines(journal) + dice.randint(1, 12)
        while process.poll() is None and lines(journal) < end:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.02))
        stopped += process.poll() is None
        process.kill()
        process.communicate()
    assert stopped >= KILLS * 3 // 4, f"only {stopped} of {KILLS} runs were killed in the middle"
    second = tool.start(archive, "--journal", journal)
    second.communicate()
    tool.upload(archive, "--journal", journal)
    has_all(fhir, tool.studies(archive))
    is_whole(fhir)
    return f"{stopped} of {KILLS} runs killed in the middle, each study once"
