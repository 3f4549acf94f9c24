"""A HAPI FHIR server on loopback, for as long as a `with` block lasts."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import urllib.parse
import urllib.request

import ports
import postgres

HERE = pathlib.Path(__file__).parent
MAX_PAGES = 500


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
    """Builds HAPI and starts it on a database of its own, however long that takes."""
    project = HERE / "hapi"
    if not shutil.which("mvn") or not shutil.which("java"):
        raise postgres.Missing("Java or Maven is not installed: apt-get install openjdk-17-jdk-headless maven")
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=project, check=True)
    with postgres.database(f"{log}.postgres") as database:
        port = ports.free()
        command = ["java", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", f"-De2e.database={database}"]
        command += ["-cp", "target/classes:target/lib/*", "e2e.Server", str(port), release]
        with open(log, "w") as out:
            process = subprocess.Popen(command, cwd=project, stdout=out, stderr=subprocess.STDOUT)
        try:
            ports.wait("HAPI", port, process, log)
            yield Fhir(f"http://127.0.0.1:{port}/fhir")
        finally:
            process.kill()
            process.wait()
