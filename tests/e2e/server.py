"""FHIR servers on loopback, each for as long as a `with` block lasts, and a client that reads and edits them."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import ports
import postgres

HERE = pathlib.Path(__file__).parent
MAX_PAGES = 500
MAX_EDITS = 50


class Fhir:
    """Reads from a FHIR server past its caches, and changes what is there as another user would."""

    def __init__(self, base, release="r4", searches=True):
        self.base, self.release, self.searches = base, release, searches

    def request(self, method, path, body=None, **headers):
        """The status and the resource of an answer."""
        url = path if path.startswith("http") else f"{self.base}/{path}"
        all_headers = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
        if body is not None:
            all_headers["Content-Type"] = "application/fhir+json"
        all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=all_headers)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, None

    def get(self, path):
        status, resource = self.request("GET", path)
        assert status == 200, f"GET {path} answers {status}"
        return resource

    def edit(self, reference, change):
        """Changes a resource, and says its new version. Somebody else's changes meanwhile are kept."""
        for _ in range(MAX_EDITS):
            resource = self.get(reference)
            change(resource)
            version = resource["meta"]["versionId"]
            status, _ = self.request("PUT", reference, resource, If_Match=f'W/"{version}"')
            if status in (200, 201):
                return self.get(reference)["meta"]["versionId"]
            assert status in (409, 412, 500), f"PUT {reference} answers {status}"
        raise AssertionError(f"{reference} cannot be changed")

    def search(self, kind, **parameters):
        """All that a search finds."""
        query = urllib.parse.urlencode(parameters)
        page, found = self.get(f"{kind}?_count=1000&{query}"), []
        for _ in range(MAX_PAGES):
            found += [entry["resource"] for entry in page.get("entry", [])]
            links = [link["url"] for link in page.get("link", []) if link["relation"] == "next"]
            if not links:
                return found
            page = self.get(links[0])
        raise RuntimeError("too many pages")

    def all(self, kinds):
        """Every resource, by its reference."""
        return {f"{kind}/{resource['id']}": resource for kind in kinds for resource in self.search(kind)}

    def versions(self, kinds):
        """The version of each resource."""
        return {reference: resource["meta"]["versionId"] for reference, resource in self.all(kinds).items()}


@contextlib.contextmanager
def node(program, *arguments, log):
    """Installs and starts one of the servers that are programs of Node."""
    if not shutil.which("npm"):
        raise postgres.Missing("Node is not installed: apt-get install npm")
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)
    port = ports.free()
    with open(log, "w") as out:
        command = ["node", program, str(port), *arguments]
        process = subprocess.Popen(command, cwd=HERE, stdout=out, stderr=subprocess.STDOUT)
    try:
        ports.wait(program, port, process, log)
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def medplum(log):
    """Medplum's router over a repository in memory."""
    with node("medplum.mjs", log=log) as port:
        yield Fhir(f"http://127.0.0.1:{port}/fhir", searches=False)


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
            yield Fhir(f"http://127.0.0.1:{port}/fhir", release)
        finally:
            process.kill()
            process.wait()
