#!/usr/bin/env python3
"""Puts every bomb that we know into one folder with good files, and converts it.

    tests/hostile/bombs.py [SECONDS]

The good files must be in the output, every bomb in the report, within SECONDS (default 10) and 100 MB. The binary is
$DCM2FHIR, else target/debug/dcm2fhir.
"""

import gzip
import io
import json
import os
import shutil
import struct
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

import hostile
from hostile import (DEFLATED, EXPLICIT, IMPLICIT, LONG_VRS, SHORT_VRS, convert, element, fail, identified, implicit,
                     instances, meta)

GIB = 1 << 30
MAX_PEAK_KIB = 100 * 1000
CHUNK = 16 << 20
BOMB_BYTES = 10 * GIB
DEPTH = 1_000_000


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "archive"
        shutil.copytree(hostile.TESTDATA, folder / "good")
        good = instances(convert([folder], 60).stdout)
        bombs = write_bombs(folder)
        report = Path(name) / "report.json"
        run = convert([folder, "--follow", "--threads", "2", "--report", report], 10 * seconds)
        print(f"bombs: {len(bombs)} in {run.seconds:.1f} s, {run.peak_kib / 1000:.0f} MB, exit {run.code}")
        check(run, good, bombs, report, seconds)


def check(run, good, bombs, report, seconds):
    if run.crashed or run.code != 1:
        fail(f"exit {run.code}, signal {run.signal}: {run.stderr.decode(errors='replace')[-2000:]}")
    if missing := good - instances(run.stdout):
        fail(f"{len(missing)} good files are not in the output")
    told = json.loads(report.read_text())
    names = [entry.get("path", "") for entry in told["skipped"] + told["issues"]]
    if silent := [bomb for bomb in bombs if not any(bomb in name for name in names)]:
        fail(f"not in the report: {silent}")
    if run.seconds > seconds or run.peak_kib > MAX_PEAK_KIB:
        fail(f"more than {seconds} s or {MAX_PEAK_KIB / 1000:.0f} MB")
    print("passed")


def write_bombs(folder):
    """Writes the bombs, and gives the names that the report must tell of."""
    files = dict(data_sets()) | dict(archives())
    for name, content in files.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "fifo")
    (folder / "loop").mkdir()
    os.symlink("..", folder / "loop" / "up")
    os.symlink("itself", folder / "itself")
    os.symlink("/dev/zero", folder / "zeros")
    return [*files, "fifo", "itself", "zeros"]


def data_sets():
    yield "empty.dcm", b""
    opened = element(8, 0x1140, "SQ", b"", 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    yield "deep-explicit.dcm", meta(EXPLICIT) + element(8, 0x18, "UI", "1.2.3.1.3") + opened * DEPTH
    opened = implicit(8, 0x1140, b"", 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    yield "deep-implicit.dcm", meta(IMPLICIT) + implicit(8, 0x18, "1.2.3.2.3\0") + opened * DEPTH
    # The same inside a sequence that is wanted.
    opened = element(0x40, 0x275, "SQ", b"", 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    yield "deep-wanted.dcm", meta(EXPLICIT) + identified(3) + opened * DEPTH
    for vr in LONG_VRS:
        yield f"long-{vr}.dcm", meta(EXPLICIT) + element(8, 5, vr, "ISO_IR 100", 0xFFFFFFF0)
        yield f"long-wanted-{vr}.dcm", meta(EXPLICIT) + element(8, 0x18, vr, "1.2.3", 0xFFFFFFF0)
    for vr in SHORT_VRS:
        yield f"long-{vr}.dcm", meta(EXPLICIT) + element(8, 5, vr, "ISO_IR 100", 0xFFF0)
    yield "long-implicit.dcm", meta(IMPLICIT) + implicit(8, 0x18, "1.2.3", 0xFFFFFFF0)
    many = element(8, 0x1030, "LO", "x" * 60000) * 3000
    yield "many-values.dcm", meta(EXPLICIT) + element(8, 0x18, "UI", "1.2.3.4.3") + many
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 2_000_000
    yield "many-items.dcm", meta(EXPLICIT) + identified(5) + element(0x40, 0x275, "SQ", items)
    # Each code asks for its scheme in a list as long.
    schemes = element(8, 0x110, "SQ", b"".join(item(element(8, 0x102, "SH", f"99A{n}")) for n in range(16_000)))
    codes = (item(element(8, 0x100, "SH", "1") + element(8, 0x102, "SH", f"99B{n}")) for n in range(10_000))
    yield "many-codes.dcm", meta(EXPLICIT) + identified(8, schemes + element(8, 0x1032, "SQ", b"".join(codes)))
    orders = (item(element(8, 0x50, "SH", str(number))) for number in range(32_000))
    yield "many-orders.dcm", meta(EXPLICIT) + identified(9) + element(0x40, 0x275, "SQ", b"".join(orders))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    yield "deflated.dcm", meta(DEFLATED) + inflating(deflate, skipping())


def item(data_set):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(data_set)) + data_set


def archives():
    entry = meta(EXPLICIT) + skipping()
    yield "bomb.dcm.gz", gzipped(entry)
    yield "zeros.gz", gzipped(b"")
    yield "bomb.tar.gz", gzipped(tar_header("zeros", BOMB_BYTES))
    yield "long-name.tar.gz", gzipped(tar_header("././@LongLink", BOMB_BYTES, tarfile.GNUTYPE_LONGNAME))
    yield "pax.tar.gz", gzipped(tar_header("pax", BOMB_BYTES, tarfile.XHDTYPE))
    small = tar_header("IM1", len(identified(6)) + 300)
    yield "many.tar.gz", gzip.compress((small + (meta(EXPLICIT) + b"x" * 1024)[:1024]) * 20_000)
    deflated = inflating(zlib.compressobj(9, zlib.DEFLATED, -15), entry)
    yield "bomb.zip", zipped([("bomb.dcm", deflated)])
    yield "overlapping.zip", zipped([(f"{number}.dcm", deflated if number == 0 else None) for number in range(60_000)])
    yield "no-directory.zip", zipped([("bomb.dcm", deflated)])[:-100]


def skipping():
    """The start of a data set with 12 GB of private values before its UIDs."""
    return element(8, 0x18, "UI", "1.2.3.7.3") + element(9, 0x1001, "OB", b"", 0xFFFFFFF0)


def inflating(compressor, head):
    """A stream that inflates to `head` and BOMB_BYTES of zeros: the same compressed block again and again."""
    start = compressor.compress(head) + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(CHUNK)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return start + block * (BOMB_BYTES // CHUNK) + compressor.flush()


def gzipped(head):
    return bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]) + inflating(zlib.compressobj(9, zlib.DEFLATED, -15), head) + bytes(8)


def tar_header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def zipped(entries):
    """A zip by the byte; an entry without data lies over the first one."""
    out, directory = io.BytesIO(), io.BytesIO()
    first = b""
    for name, data in entries:
        name, first = name.encode(), first or data
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(first), 0xFFFFFFFE, len(name), 0)
        offset = 0 if data is None else out.tell()
        if data is not None:
            out.write(b"PK\3\4" + fields + name + data)
        directory.write(b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name)
    start = out.tell()
    out.write(directory.getvalue())
    count = min(len(entries), 0xFFFE)
    out.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, out.tell() - start, start, 0))
    return out.getvalue()


if __name__ == "__main__":
    main()
