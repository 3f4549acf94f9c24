"""A PostgreSQL server on loopback with a database of its own, for as long as a `with` block lasts.

It is the machine's; where there is none and packages may be installed, it comes from Debian's `postgresql`.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import ports

USER = "e2e"


class Missing(RuntimeError):
    """Something that this machine does not have and cannot fetch."""


def programs():
    """The folder of the newest server programs."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return pathlib.Path(initdb).resolve().parent if initdb else None


def installed():
    """The programs, fetched if they may be."""
    if programs() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"], check=False,
                       env=environment, stdout=subprocess.DEVNULL)
    if programs() is None:
        raise Missing("PostgreSQL is not installed: apt-get install postgresql")
    return programs()


def as_somebody(folder):
    """How a program is run that refuses to be root's."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@contextlib.contextmanager
def database(log):
    """Starts a server with an empty database, and gives its JDBC URL."""
    bin_folder = installed()
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        prefix = as_somebody(folder)
        data, port = f"{folder}/data", ports.free()
        quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, "check": True}
        subprocess.run([*prefix, bin_folder / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync"], **quiet)
        command = [*prefix, bin_folder / "postgres", "-D", data, "-p", str(port), "-k", folder]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=30"]
        with open(log, "w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        try:
            ports.wait("PostgreSQL", port, process, log)
            ready = [bin_folder / "pg_isready", "-q", "-t", "60", "-h", "127.0.0.1", "-p", str(port)]
            while subprocess.run(ready, check=False).returncode == 1:
                time.sleep(0.2)
            create = [bin_folder / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "fhir"]
            subprocess.run(create, **quiet)
            yield f"jdbc:postgresql://127.0.0.1:{port}/fhir?user={USER}"
        finally:
            process.terminate()
            process.wait()
