"""The processor time of `dcm2fhir upload` against a bare client that sends the same requests over kept connections.

    cargo build --release --example bare
    python3 tests/e2e/bench.py target/release/dcm2fhir target/release/examples/bare

Both send 1,000 studies to a small server on loopback that keeps every answer short. The bare client, `bare.rs`, reads
the requests from a file that the server recorded, and sends them over the same number of connections. More than 1.5
times its processor time is too much, and exit code 1.
"""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
STUDIES, JOBS, ROUNDS = 1000, 4, 5
MAX_RATIO = 1.5


def user_and_system(command, **options):
    """Seconds of processor time that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    tool, bare = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(["rustc", "-O", "--edition", "2024", "-o", folder / "sink", HERE / "sink.rs"], check=True)
        subprocess.run([tool, "synth", "-o", folder / "archive", "--studies", str(STUDIES), "--instances", "20",
                        "--modalities", "CT"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bundles = folder / "bundles.ndjson"
        subprocess.run([tool, "convert", folder / "archive", "--fhir", "r4", "--format", "bundle", "-q", "-o", bundles],
                       check=True)
        sink = subprocess.Popen([folder / "sink", folder / "requests"], stdout=subprocess.PIPE, text=True)
        try:
            port = sink.stdout.readline().strip()
            upload = [tool, "upload", bundles, "--to", f"http://127.0.0.1:{port}/fhir", "--requests", str(JOBS), "-q"]
            # The first upload is recorded.
            user_and_system(upload)
            size = os.path.getsize(folder / "requests")
            seconds = {"upload": [], "http": [], "socket": []}
            for _ in range(ROUNDS):
                seconds["upload"].append(user_and_system(upload))
                for way in ["http", "socket"]:
                    command = [bare, folder / "requests", port, str(JOBS), way]
                    seconds[way].append(user_and_system(command))
            ours, http, socket = (sorted(seconds[name])[ROUNDS // 2] for name in ["upload", "http", "socket"])
            print(f"{STUDIES} studies, {size / 1e6:.1f} MB of requests, {JOBS} connections; processor time, median")
            print(f"upload                     {ours:.3f} s")
            print(f"bare, the same HTTP client {http:.3f} s, ratio {ours / http:.2f}")
            print(f"bare, plain sockets        {socket:.3f} s, ratio {ours / socket:.2f}")
            sys.exit(1 if ours / http > MAX_RATIO else 0)
        finally:
            sink.kill()
            sink.wait()


if __name__ == "__main__":
    main()
