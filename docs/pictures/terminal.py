"""Makes terminal.svg: the live display of a real search, as a terminal of 80 columns shows it.

    python -m pip install pyte && python docs/pictures/terminal.py

It runs `python -m search.run --space digits.yaml` on a pseudo-terminal and keeps the screen at two thirds.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shlex
import sys
import tempfile
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

COLUMNS, LINES = 80, 22
TRIALS = re.compile(r"(\d+) of (\d+) trials")


def main() -> None:
    """Run the search and write the picture."""
    command = ["-m", "search.run", "--space", "digits.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.environ.update(COLUMNS=str(COLUMNS), LINES=str(LINES), TERM="xterm-256color")
            os.execv(sys.executable, [sys.executable, *command])
        shown = kept(terminal)
        os.waitpid(process, 0)
    draw([f"$ python {shlex.join(command)}", *shown], Path(__file__).with_name("terminal.svg"))


def kept(terminal: int) -> list[str]:
    """Return the lines of the screen at two thirds of the trials; read on until the search has ended."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    lines: list[str] = []
    while True:
        try:
            said = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return lines
        if not said:
            return lines
        stream.feed(said)
        found = TRIALS.search("\n".join(screen.display))
        if found and not lines and 3 * int(found[1]) >= 2 * int(found[2]):
            lines = [line.rstrip() for line in screen.display]


def draw(lines: list[str], path: Path) -> None:
    """Write lines as a picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text("\n".join(lines).rstrip()))
    path.write_text(console.export_svg(title="Winnow"), encoding="utf-8")


if __name__ == "__main__":
    main()
