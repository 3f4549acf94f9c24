"""Orthanc in a network namespace of its own: the URLs that an uploaded study makes give the original bytes.

Orthanc listens on every interface, whatever it is told. In its own namespace there is only loopback.
"""

import json
import pathlib
import shutil
import subprocess

INSIDE = r"""
import json, pathlib, subprocess, sys, time, urllib.request, urllib.error
plan = json.load(open(sys.argv[1]))
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
orthanc = subprocess.Popen(["Orthanc", plan["configuration"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    base = "http://127.0.0.1:8042"
    for _ in range(60):
        try:
            urllib.request.urlopen(base + "/system", timeout=5)
            break
        except OSError:
            time.sleep(0.5)
    for file in plan["files"]:
        body = pathlib.Path(file).read_bytes()
        urllib.request.urlopen(urllib.request.Request(base + "/instances", data=body), timeout=60).read()
    originals = {pathlib.Path(file).read_bytes() for file in plan["files"]}
    same = 0
    for url in plan["urls"]:
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=60) as answer:
            boundary = answer.headers.get_param("boundary") or answer.headers["Content-Type"].split("boundary=")[1]
            part = answer.read().split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--" + boundary.strip('"').encode(), 1)[0]
        assert part in originals, url
        same += 1
    print(same)
finally:
    orthanc.kill()
    orthanc.wait()
"""


def retrieved(tool, fhir, folder):
    """Uploads a few studies, and retrieves what they point to. Says what came of it."""
    if not shutil.which("Orthanc"):
        return "DICOMweb: left out, Orthanc is not installed"
    archive = folder / "dicomweb"
    tool.synth(archive, 5, 31)
    tool.upload(archive)
    urls = []
    for study in tool.studies(archive):
        stored = fhir.get(f"ImagingStudy/{study['id']}")
        endpoint = fhir.get(stored["endpoint"][0]["reference"])
        for series in stored["series"]:
            urls += [f"{endpoint['address']}/studies/{stored['id']}/series/{series['uid']}/instances/{one['uid']}"
                     for one in series["instance"]]
    plugin = next(pathlib.Path("/").glob("usr/share/orthanc/plugins/*DicomWeb*.so"))
    configuration = {"StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
                     "Plugins": [str(plugin)], "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
                     "DicomServerEnabled": False, "HttpPort": 8042, "DicomWeb": {"Enable": True}}
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    plan = {"configuration": str(folder / "orthanc.json"), "files": [str(file) for file in archive.rglob("*.dcm")],
            "urls": urls}
    (folder / "plan.json").write_text(json.dumps(plan))
    command = ["unshare", "--net", "--map-root-user", "python3", "-c", INSIDE, str(folder / "plan.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return f"DICOMweb: {done.stdout.strip()} of {len(urls)} instances, the original bytes"
