"""Ports on loopback: one that is free, and waiting until somebody listens on it."""

import socket
import time


def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(name, port, process, log):
    """Waits as long as the process lives."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{name} does not start: see {log}") from None
            time.sleep(0.2)
