"""What a trial's workers said while they trained: the end of each attempt's log."""

from __future__ import annotations

import stat
from dataclasses import dataclass

from search.runs.run import Trial

MOST_BYTES = 64 * 1024
"""Of a log: its end."""

MOST_ATTEMPTS = 10
"""The last ones."""


@dataclass(frozen=True)
class Log:
    """The end of the log of one attempt; ``cut``: it is longer than that."""

    attempt: int
    text: str
    cut: bool


def logs(trial: Trial) -> list[Log]:
    """Return the logs of a trial's last attempts, the latest first; what is no plain file is left out."""
    found = []
    for attempt in reversed(trial.layout.attempts()[-MOST_ATTEMPTS:]):
        try:
            if not stat.S_ISREG(attempt.log.lstat().st_mode):
                continue
            with attempt.log.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - MOST_BYTES))
                content = file.read(MOST_BYTES)
        except OSError:
            continue
        text = content.decode("utf-8", "replace")
        cut = size > MOST_BYTES
        # A line that was cut says half of something.
        found.append(Log(int(attempt.folder.name), text.partition("\n")[2] if cut else text, cut))
    return found
