"""Readers of a folder of event files, each in a process of its own; `benchmarks.reading` runs them.

python -m benchmarks.contenders.readers "Winnow, cold" /tmp/logs
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path


def read_bytes(folder: Path) -> int:
    """Read all files; return how many bytes there are."""
    return sum(len(path.read_bytes()) for path in folder.rglob("events*"))


def winnow(folder: Path, *, cache: bool = False) -> int:
    """Read with Winnow."""
    from search.runs.logs.folder import LogFolder  # noqa: PLC0415 - its import is part of what is measured

    logs = LogFolder(folder, cache=cache).refresh()
    assert not logs.damage
    return sum(logs.matrix(tag)[1].size for tag in logs.tags)


def accumulator(folder: Path) -> int:
    """Read with TensorBoard's EventAccumulator."""
    from tensorboard.backend.event_processing.event_accumulator import (  # noqa: PLC0415 - as above
        EventAccumulator,
    )

    values = 0
    kept = []
    for path in folder.glob("*/*"):
        found = EventAccumulator(str(path), {"scalars": 0}).Reload()
        values += sum(len(found.Scalars(tag)) for tag in found.Tags()["scalars"])
        kept.append(found)
    return values


def tbparse(folder: Path) -> int:
    """Read with tbparse."""
    from tbparse import SummaryReader  # noqa: PLC0415 - as above

    return len(SummaryReader(str(folder)).scalars)


READERS: Mapping[str, Callable[[Path], int]] = {
    "bytes": read_bytes,
    "Winnow, cold": winnow,
    "Winnow, cached": lambda folder: winnow(folder, cache=True),
    "EventAccumulator": accumulator,
    "tbparse": tbparse,
}


def main() -> None:
    """Read with the reader that the command line names, and print what this process has used by then."""
    name, folder = sys.argv[1:]
    values = READERS[name](Path(folder))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "memory": peak(), "values": values}))


def peak() -> float:
    """Return the most memory that this process has had resident, in MB."""
    # Not ru_maxrss: a process begins with that of its parent.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()
