#!/usr/bin/env python3
"""CPU of `convert` by one binary against another, in pairs that take turns, so that what else the machine does
meets both.

usage: packaging/compare-cpu.py BINARY OTHER ARCHIVE [PAIRS]

Prints the median of the ratios OTHER / BINARY, and quartiles.
"""

import os
import statistics
import subprocess
import sys
import tempfile


def cpu(binary, archive):
    """User and system seconds of one run, and its peak memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "convert", archive, "-o", f"{folder}/studies", "--fhir", "r5", "--threads", "2", "--quiet"]
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{binary} failed")
    return usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def main():
    binaries, archive = sys.argv[1:3], sys.argv[3]
    pairs = int(sys.argv[4]) if len(sys.argv) > 4 else 15
    for binary in binaries:
        cpu(binary, archive)
    runs = []
    for pair in range(pairs):
        # Each goes first as often as the other.
        order = (0, 1) if pair % 2 == 0 else (1, 0)
        measured = {which: cpu(binaries[which], archive) for which in order}
        runs.append((measured[0], measured[1]))
    print("CPU: ", quartiles([sum(other[:2]) / sum(one[:2]) for one, other in runs]))
    print("user:", quartiles([other[0] / one[0] for one, other in runs]))
    print("peak MiB:", *(f"{statistics.median(run[which][2] for run in runs):.1f}" for which in (0, 1)))


if __name__ == "__main__":
    main()
