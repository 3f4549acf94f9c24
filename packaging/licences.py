#!/usr/bin/env python3
"""Writes what a binary holds of others: each crate with its licence, and the texts that its licence wants to go with
it.

usage: packaging/licences.py TARGET > THIRD-PARTY.txt     FEATURES=objects adds the crates of that feature
"""

import json
import os
import subprocess
import sys
from pathlib import Path

NAMES = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
# Texts that stand beside this one, or need not go with a binary.
TEXT_ELSEWHERE = ("Apache-2.0", "CC0-1.0")


def metadata(target):
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    if features := os.environ.get("FEATURES"):
        command.append(f"--features={features}")
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(found):
    """The packages that are compiled into the binary: what is needed to build or test it is not."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    root = found["resolve"]["root"]
    ids, waiting = set(), [root]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            if dependency["pkg"] not in ids and any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                ids.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    packages = [package for package in found["packages"] if package["id"] in ids]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name.upper().startswith(NAMES))
    # Source code may be called `license.rs`.
    return [path for path in files if path.suffix in ("", ".md", ".txt")]


def musl():
    """The C library of a static binary."""
    command = [sys.executable, "-c", "import ziglang; print(ziglang.__file__)"]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return Path(found).parent / "lib" / "libc" / "musl" / "COPYRIGHT"


def by_text(packages, target):
    """Each text once, with what it goes with."""
    found = {}
    if target.endswith("musl"):
        add(found, "musl, the C library", musl())
    for package in packages:
        files = texts(package)
        if not files and not any(name in package["license"] for name in TEXT_ELSEWHERE):
            sys.exit(f"{package['name']}: no text of its licence, {package['license']}")
        for file in files:
            add(found, f"{package['name']} {package['version']}", file)
    return found


def add(found, title, file):
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    # The same text in other lines is the same text.
    _, titles = found.setdefault(" ".join(text.split()), (text, []))
    if title not in titles:
        titles.append(title)


def main():
    target = sys.argv[1]
    packages = linked(metadata(target))
    print(f"dcm2fhir for {target} holds the Rust standard library (MIT OR Apache-2.0, rust-library.html) and these crates:\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
    for text, titles in by_text(packages, target).values():
        print(f"\n{'=' * 80}\n" + "\n".join(titles) + f"\n{'=' * 80}\n\n{text}")


if __name__ == "__main__":
    main()
