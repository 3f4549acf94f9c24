"""Whether two builds of dcm2fhir write the same bytes: documents, reports, standard output and exit codes.

    python3 tests/same.py OLD NEW INPUT...

Runs both over each input in every release and in several ways of reference, detail and format, into a folder and to
standard output, and names each difference; exit 1 if there is one. For changes that are to change nothing.
"""

import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

RELEASES = ["r4", "r4b", "r5", "r6-ballot2", "r6-ballot5"]
WAYS = [
    ["--references", "logical"],
    ["--references", "contained", "--detail", "series"],
    ["--references", "separate", "--system", "patient=https://h.example/mrn", "--system", "accession=https://h.example/acc"],
    ["--format", "bundle", "--endpoint", "wado-rs=https://pacs.example/dicomweb", "--timezone", "Europe/Berlin"],
    ["--detail", "study", "--apply-rejections"],
]


# Where it goes: the name of the place, and the options.
PLACES = {"folder": ["-o", "out/", "--report", "report.json", "--report-values"], "stream": []}


def run(binary: str, arguments: list[str], folder: Path) -> dict[str, object]:
    """What a run leaves: each file with its bytes, and how it ended."""
    left: dict[str, object] = {}
    for name, more in PLACES.items():
        with tempfile.TemporaryDirectory(dir=folder) as place:
            done = subprocess.run([binary, "convert", *arguments, *more, "--quiet"], cwd=place, capture_output=True)
            left[f"{name}: exit code"] = done.returncode
            left[f"{name}: standard output"] = done.stdout
            left[f"{name}: standard error"] = done.stderr
            for file in sorted(Path(place).rglob("*")):
                if file.is_file():
                    left[f"{name}: {file.relative_to(place)}"] = file.read_bytes()
    return left


def main() -> int:
    old, new, *inputs = (str(Path(argument).resolve()) for argument in sys.argv[1:])
    differences = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        for item, release, way in itertools.product(inputs, RELEASES, WAYS):
            arguments = [item, "--fhir", release, *way]
            one, other = run(old, arguments, Path(folder)), run(new, arguments, Path(folder))
            compared += len(one)
            for name in sorted(one.keys() | other.keys()):
                if one.get(name) != other.get(name):
                    differences += 1
                    print(f"{' '.join(arguments)}: {name} differs")
    print(f"{compared} outputs compared, {differences} differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
