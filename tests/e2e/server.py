"""A HAPI FHIR server on loopback, for as long as a `with` block lasts."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
START_SECONDS = 300
MAX_PAGES = 500


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Fhir:
    """Reads from a FHIR server."""

    def __init__(self, base):
        self.base = base

    def get(self, path):
        url = path if path.startswith("http") else f"{self.base}/{path}"
        request = urllib.request.Request(url, headers={"Accept": "application/fhir+json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def search(self, kind, **parameters):
        """All that a search finds."""
        query = urllib.parse.urlencode({name.replace("_has_", ":"): value for name, value in parameters.items()})
        page, found = self.get(f"{kind}?_count=200&{query}"), []
        for _ in range(MAX_PAGES):
            found += [entry["resource"] for entry in page.get("entry", [])]
            links = [link["url"] for link in page.get("link", []) if link["relation"] == "next"]
            if not links:
                return found
            page = self.get(links[0])
        raise RuntimeError("too many pages")

    def versions(self, kinds):
        """The version of each resource."""
        found = {}
        for kind in kinds:
            for resource in self.search(kind):
                found[f"{kind}/{resource['id']}"] = int(resource["meta"]["versionId"])
        return found


@contextlib.contextmanager
def hapi(release, log):
    """Builds and starts HAPI."""
    project = HERE / "hapi"
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=project, check=True)
    port = free_port()
    command = ["java", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    command += ["-cp", "target/classes:target/lib/*", "e2e.Server", str(port), release]
    with open(log, "w") as out:
        process = subprocess.Popen(command, cwd=project, stdout=out, stderr=subprocess.STDOUT)
    try:
        fhir = Fhir(f"http://127.0.0.1:{port}/fhir")
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                fhir.get("metadata")
                break
            except (OSError, urllib.error.URLError):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"HAPI does not start: see {log}") from None
                time.sleep(1)
        yield fhir
    finally:
        process.kill()
        process.wait()
