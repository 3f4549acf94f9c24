#!/usr/bin/env python3
"""Records the command of the README in a terminal, as an animated picture: docs/convert.svg.

usage: packaging/record.py BINARY > docs/convert.svg     needs pyte (packaging/record-requirements.txt)

The command is run once, in a pseudo-terminal, and shown at the speed at which it ran; only the typing is made up. A
viewer that does not animate, or is asked not to, shows the last screen.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import time
from html import escape
from pathlib import Path

import pyte

COLUMNS, ROWS = 80, 14
ARCHIVE = ["--studies", "6000", "--instances", "12"]
COMMAND = "dcm2fhir convert archive/ -o studies/ --fhir r4 --timezone Europe/Berlin"
PROMPT = "$ "
SECONDS_A_KEY, SECONDS_OF_REST = 0.05, 6
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 14
STYLE = """
svg{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
text{white-space:pre}rect{fill:#fff;stroke:#d0d7de}text{fill:#1f2328}
.bold{font-weight:bold}.red{fill:#cf222e}.green{fill:#116329}.brown{fill:#7d4e00}.cyan{fill:#1b7c83}.blue{fill:#0969da}
@media(prefers-color-scheme:dark){rect{fill:#0d1117;stroke:#30363d}text{fill:#e6edf3}
.red{fill:#ff7b72}.green{fill:#7ee787}.brown{fill:#d29922}.cyan{fill:#76e3ea}.blue{fill:#79c0ff}}
"""


def record(binary):
    """What the terminal gets, with the seconds since the start."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([binary, "synth", "-o", "archive", "--quiet", *ARCHIVE], cwd=folder, check=True)
        for key in range(len(COMMAND)):
            yield key * SECONDS_A_KEY, COMMAND[key].encode()
        typed = len(COMMAND) * SECONDS_A_KEY + 0.5
        yield typed, b"\r\n"
        for seconds, output in run([binary, *COMMAND.split()[1:]], folder):
            yield typed + seconds, output


def run(command, folder):
    began = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.chdir(folder)
        os.execve(command[0], command, {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"})
    while output := read(terminal):
        yield time.monotonic() - began, output
    os.waitpid(process, 0)


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:
        # The other end is closed.
        return b""


def lines(events):
    """Each content of a row, with when it comes and when it goes: [row, line, from, to]. What stays has no end."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    stream.feed(PROMPT.encode())
    shown, current = [], {}
    seconds = 0
    for seconds, output in [(0, b""), *events]:
        stream.feed(output)
        for row in range(ROWS):
            line = drawn(screen.buffer[row])
            if line == current.get(row, [row, "", 0, None])[1]:
                continue
            if row in current:
                current.pop(row)[3] = seconds
            if line:
                current[row] = [row, line, seconds, None]
                shown.append(current[row])
    return shown, seconds + SECONDS_OF_REST


def drawn(cells):
    """A row as the inside of a text element, without what is blank at its end."""
    runs = []
    for column in range(COLUMNS):
        cell = cells[column]
        style = " ".join(["bold"] * cell.bold + [cell.fg] * (cell.fg != "default"))
        if runs and runs[-1][0] == style:
            runs[-1][1] += cell.data
        else:
            runs.append([style, cell.data])
    while runs and not runs[-1][1].strip():
        runs.pop()
    if runs:
        runs[-1][1] = runs[-1][1].rstrip()
    return "".join(f'<tspan class="{style}">{escape(text)}</tspan>' if style else escape(text) for style, text in runs)


def picture(shown, seconds):
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, ROWS * CELL_HEIGHT + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
    yield f"<title>{escape(COMMAND)}, in a terminal</title><style>{STYLE}</style>"
    yield f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="6"/>'
    # Everything else begins with it, and it begins anew.
    yield f'<animate id="a" attributeName="visibility" values="visible" begin="0s;a.end" dur="{seconds:.2f}s"/>'
    for row, line, start, end in shown:
        y = MARGIN + (row + 0.75) * CELL_HEIGHT
        if end is None:
            late = f'<set attributeName="display" to="none" begin="a.begin" dur="{start:.2f}s"/>' if start else ""
            yield f'<text x="{MARGIN}" y="{y:g}">{line}{late}</text>'
        elif end - start > 0.01:
            turn = f'<set attributeName="display" to="inline" begin="a.begin+{start:.2f}s" dur="{end - start:.2f}s"/>'
            yield f'<text x="{MARGIN}" y="{y:g}" display="none">{line}{turn}</text>'
    yield "</svg>"


def main():
    binary = str(Path(sys.argv[1]).resolve())
    for line in picture(*lines(record(binary))):
        print(line)


if __name__ == "__main__":
    main()
