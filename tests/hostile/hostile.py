"""What the hostile checks share: running the binary with a limit, and writing DICOM by the byte."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TESTDATA = PROJECT / "testdata" / "dicom"
BINARY = os.environ.get("DCM2FHIR", str(PROJECT / "target" / "debug" / "dcm2fhir"))

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
SHORT_VRS = ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST",
             "TM", "UI", "UL", "US")


class Run:
    """One finished run of the binary."""

    def __init__(self, code, signal_number, seconds, peak_kib, stdout, stderr):
        self.code, self.signal = code, signal_number
        self.seconds, self.peak_kib = seconds, peak_kib
        self.stdout, self.stderr = stdout, stderr

    @property
    def crashed(self):
        return self.signal is not None or self.code not in (0, 1) or b"panicked" in self.stderr


def convert(arguments, limit_seconds, stdout=None):
    """Runs `convert` and measures it; a run over the limit is killed and has signal 9."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen([BINARY, "convert", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=stdout or out, stderr=err)
        code, peak_kib = wait(process, start + limit_seconds)
        seconds = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        return Run(code if code >= 0 else None, -code if code < 0 else None, seconds, peak_kib, out.read(), err.read())


def wait(process, deadline):
    """Waits for the end; the peak of memory is the process's own, looked at every few milliseconds."""
    peak_kib = 0
    while (code := process.poll()) is None:
        peak_kib = max(peak_kib, resident_peak_kib(process.pid))
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.004)
    return code, peak_kib


def resident_peak_kib(pid):
    # Not wait4's ru_maxrss: that starts at what this process had when it forked.
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def instances(ndjson):
    """The SOP Instance UIDs of the studies in a stream."""
    found = set()
    for line in ndjson.splitlines():
        for series in json.loads(line).get("series", []):
            found.update(instance["uid"] for instance in series.get("instance", []))
    return found


def element(group, number, vr, value, length=None):
    """A data element, explicit VR little endian; `length` may lie."""
    value = value.encode() if isinstance(value, str) else value
    value += b"\0" if len(value) % 2 else b""
    length = len(value) if length is None else length
    head = struct.pack("<HH2s", group, number, vr.encode())
    return head + (struct.pack("<HI", 0, length) if vr in LONG_VRS else struct.pack("<H", length)) + value


def implicit(group, number, value, length=None):
    """A data element, implicit VR little endian."""
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<HHI", group, number, len(value) if length is None else length) + value


def meta(transfer_syntax):
    """Preamble and file meta information."""
    elements = element(2, 2, "UI", "1.2.840.10008.5.1.4.1.1.7") + element(2, 0x10, "UI", transfer_syntax)
    return bytes(128) + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(elements))) + elements


def identified(number, before_uids=b""):
    """A data set that says to which study it belongs."""
    return (element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7") + element(8, 0x18, "UI", f"1.2.3.{number}.3")
            + element(8, 0x60, "CS", "OT") + before_uids + element(0x20, 0xD, "UI", f"1.2.3.{number}.1")
            + element(0x20, 0xE, "UI", f"1.2.3.{number}.2"))


def fail(message):
    print(f"failed: {message}")
    sys.exit(1)
