#!/usr/bin/env python3
"""Objects a second, CPU and memory of reading a bucket, against a store that pauses before each answer.

    tests/scale/buckets.py [rate] [memory] [keys]     all three unless some are named

DCM2FHIR names the program: an optimised build with --features objects. The store is tests/servers/load.go, and wants
Go. Exit code 0: within the limits; 1: not; 3: there is no Go.
"""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("DCM2FHIR", str(ROOT / "target/release/dcm2fhir"))
PAUSE = 0.020
MIB = 1 << 20


@contextlib.contextmanager
def store(binary, objects, pause):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [binary, "-port", str(port), "-objects", str(objects), "-pause", f"{int(pause * 1000)}ms"]
    process = subprocess.Popen(command)
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def convert(url, prefix, requests):
    """Seconds, CPU seconds and the most memory of one run, and what it wrote."""
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": url}
    command = [PROGRAM, "convert", f"s3://load/{prefix}/", "--fhir", "r4", "-q", "--requests", str(requests)]
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        process = subprocess.Popen(command, env={**os.environ, **keys}, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        written = out.read()
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / MIB, written, process.returncode


def rate(binary):
    """85 % of what 64 requests can do with such a pause."""
    objects, requests = 32_000, 64
    limit = requests / PAUSE
    best = 0
    with store(binary, objects, PAUSE) as url:
        for _ in range(3):
            seconds, cpu, memory, written, code = convert(url, "images", requests)
            assert code == 0 and written.count(b'"uid":"1.2.3.') >= objects, code
            print(f"{requests} requests: {objects / seconds:.0f} objects/s, {objects / seconds / limit:.0%} of "
                  f"{limit:.0f}; CPU {cpu / objects * 1e6:.0f} us an object; {memory:.0f} MiB")
            best = max(best, objects / seconds)
    return best >= 0.85 * limit


def memory(binary):
    """Less than 120 MB with 256 requests."""
    objects, requests = 60_000, 256
    with store(binary, objects, PAUSE) as url:
        seconds, cpu, most, _, code = convert(url, "images", requests)
    print(f"{requests} requests: {objects / seconds:.0f} objects/s, CPU {cpu / objects * 1e6:.0f} us an object, {most:.0f} MiB")
    return code == 0 and most * MIB < 120e6


def keys(binary):
    """The listing is not held: ten times the keys take no more memory. They have no content, so no object is kept."""
    most = []
    for objects in (100_000, 1_000_000):
        with store(binary, objects, 0) as url:
            seconds, cpu, used, _, code = convert(url, "empty", 64)
        print(f"{objects} keys: {seconds:.1f} s, CPU {cpu / objects * 1e6:.1f} us a key, {used:.0f} MiB")
        most.append(used)
    return most[1] < most[0] + 8


def main():
    if not shutil.which("go"):
        print("left out: there is no Go for tests/servers/load.go")
        return 3
    names = sys.argv[1:] or ["rate", "memory", "keys"]
    with tempfile.TemporaryDirectory(prefix="buckets-") as work:
        binary = str(pathlib.Path(work, "load"))
        subprocess.run(["go", "build", "-o", binary, str(ROOT / "tests/servers/load.go")], check=True)
        good = [{"rate": rate, "memory": memory, "keys": keys}[name](binary) for name in names]
    for name, is_good in zip(names, good):
        print(f"{name}: {'as wanted' if is_good else 'NOT as wanted'}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
