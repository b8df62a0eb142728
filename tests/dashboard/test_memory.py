"""What the pages of all visitors share: it stays as long as it is right, and does not grow without end."""

from __future__ import annotations

from pathlib import Path

from dashboard import memory
from dashboard.memory import MOST_DERIVED, OPEN, opened, remember, row_of, row_version, version
from dashboard.shelf import shelf
from tests.dashboard.records import curve, run
from tests.runs.logs.writing import NAME, scalars, write

calls: list[int] = []


def noted(number: int) -> list[int]:
    calls.append(number)
    return [number]


def test_what_visitors_choose_is_remembered_in_bounds_and_what_is_used_stays(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [curve(0, [0.5])])
    first = remember(made, noted, -1)
    for number in range(3 * MOST_DERIVED):
        remember(made, noted, number)
        assert remember(made, noted, -1) is first
    assert len(made.derived) == MOST_DERIVED
    calls.clear()
    remember(made, noted, 0)  # long forgotten
    remember(made, noted, 3 * MOST_DERIVED - 1)
    assert calls == [0]


def test_more_searches_of_others_than_stay_in_memory_are_not_read_at_every_look(tmp_path: Path) -> None:
    for number in range(OPEN + 2):
        write(
            tmp_path / f"s{number}" / "t0" / NAME,
            [scalars(step, val__accuracy=0.5 + step) for step in (1, 2)],
        )
    found = shelf(tmp_path)
    assert len(found) == OPEN + 2
    rows = [row_of(one) for one in found]
    seen = [row_version(one) for one in found]
    if seen == [row_version(one) for one in found]:  # else a minute has just ended
        assert all(row_of(one) is row for one, row in zip(found, rows, strict=True))


def test_the_version_of_anothers_search_changes_when_it_grows_and_not_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "s" / "t0" / NAME
    write(path, [scalars(1, val__accuracy=0.5)])
    (found,) = shelf(tmp_path)
    seen = version(found)
    assert version(found) == seen
    versions = {seen}
    for step in range(2, 6):
        write(path, [scalars(step, val__accuracy=0.5)])
        opened(found)
        versions.add(version(found))
    assert len(versions) == 5  # none comes back, whatever memory the objects are put into
    memory._kept.clear()
    assert version(found) not in versions
