"""What was measured: a file with one JSON line for each finished search, so that a long benchmark can be cut off."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.efficiency.clock import Outcome


@dataclass(frozen=True, order=True)
class Search:
    """Which search: who, on what, with how many workers, from which seed."""

    contender: str
    problem: str
    workers: int
    seed: int

    @property
    def stream(self) -> int:
        """The seed of every random draw: the same for all contenders, but another for each problem.

        With the bare seed all tasks would be begun with the same random points, and what 20 tasks say would hang
        on the luck of one draw.
        """
        return zlib.crc32(f"{self.problem} {self.seed}".encode()) % 2**31


@dataclass(frozen=True)
class Result:
    """A search and what it came to. ``outcome.regrets`` are those after 1, 2, 3, … trainings."""

    search: Search
    outcome: Outcome


def append(path: Path, result: Result) -> None:
    """Add a line."""
    line = json.dumps({**asdict(result.search), **asdict(result.outcome)}) + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def read(paths: Iterable[Path]) -> dict[Search, Result]:
    """Return what files hold; a later line replaces an earlier one, a last line that was cut off is ignored."""
    found = {}
    for path in paths:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for line in text[: text.rfind("\n") + 1].splitlines():
            result = _result(json.loads(line))
            found[result.search] = result
    return found


def missing(wanted: Iterable[Search], done: dict[Search, Result], trainings: int) -> list[Search]:
    """Return the searches of which there is no result of at least so many trainings."""
    return [s for s in wanted if s not in done or len(done[s].outcome.regrets) < trainings]


def _result(line: dict[str, object]) -> Result:
    search = Search(**{name: line.pop(name) for name in Search.__dataclass_fields__})  # type: ignore[arg-type]
    line["regrets"] = tuple(line["regrets"])  # type: ignore[arg-type]
    return Result(search, Outcome(**line))  # type: ignore[arg-type]
