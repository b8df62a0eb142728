"""What is remembered of a search: bounded, best first, in shares of its own horizon; written and read back."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.runs.errors import StudyError
from search.runs.memory import PastSearch, read_memory, remember, remember_all, write_memory
from search.runs.ranking import Scoring
from search.runs.record import Copied, Status, TrialRecord


def trial(
    number: int, values: dict[int, float], status: Status = "completed", copied: Copied | None = None
) -> TrialRecord:
    return TrialRecord(number, status, {"x": number}, {}, (), values=values, copied=copied)


def numbers(search: PastSearch) -> list[int]:
    return [int(found.point["x"]) for found in search.trials]  # type: ignore[arg-type]


def test_completed_ones_come_first_and_those_without_a_value_are_left_out() -> None:
    records = [
        trial(0, {1: 0.9}, "stopped"),
        trial(1, {1: 0.1, 2: 0.2, 3: 0.5}),
        trial(2, {1: 0.1, 2: 0.2, 3: 0.7}),
        trial(3, {}, "waiting"),
        trial(4, {1: math.nan}, "failed"),
        trial(5, {}, "rejected"),
    ]
    found = remember("s", records, scoring=Scoring(), epochs=3)
    assert numbers(found) == [2, 1, 0]
    assert found.trials[0].shares == (1 / 3, 1.0)
    assert found.trials[0].values == (0.1, 0.7)
    assert found.trials[2].shares == (1 / 3,)


def test_a_loss_is_turned_round_and_the_best_epoch_counts_where_it_should() -> None:
    records = [trial(0, {1: 0.9, 2: 0.4, 3: 0.6})]
    (last,) = remember("s", records, scoring=Scoring(maximize=False), epochs=3).trials
    (best,) = remember("s", records, scoring=Scoring(maximize=False, at_best=True), epochs=3).trials
    assert last.values == (-0.9, -0.6)
    assert best.values == (-0.9, -0.4)


@given(count=st.integers(0, 60), most=st.integers(2, 30))
def test_of_many_trials_the_best_stay_and_of_the_others_some_of_every_age(count: int, most: int) -> None:
    records = [trial(n, {1: (n * 7919 % 101) / 101}) for n in range(count)]
    found = numbers(remember("s", records, scoring=Scoring(), epochs=1, most=most))
    assert len(found) == len(set(found)) <= most
    best = sorted(range(count), key=lambda n: (-(n * 7919 % 101), n))[: most // 2]
    assert found[: len(best)] == best
    if count <= most:
        assert len(found) == count


@given(st.dictionaries(st.integers(1, 243), st.floats(-1, 1), min_size=1))
def test_a_curve_is_remembered_in_a_handful_of_values_and_its_end_is_one(values: dict[int, float]) -> None:
    (found,) = remember("s", [trial(0, values)], scoring=Scoring(), epochs=243).trials
    assert found.shares[-1] == max(values) / 243
    assert found.values[-1] == values[max(values)]
    assert list(found.shares) == sorted(set(found.shares))
    assert len(found.shares) <= 7


def test_trials_on_schedules_of_different_lengths_are_searches_of_their_own() -> None:
    old = Copied("s", 3, aside=True)
    records = [trial(0, {3: 0.9}, copied=old), trial(1, {3: 0.8}, copied=old), trial(2, {9: 0.5})]
    new, shorter = remember_all("s", records, scoring=Scoring(), epochs=9)
    assert (new.name, numbers(new)) == ("s", [2])
    assert (shorter.name, numbers(shorter)) == ("s (3 epochs)", [0, 1])
    assert shorter.trials[0].shares == (1.0,)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    searches = [remember("s", [trial(0, {1: 0.5}), trial(1, {1: 0.25})], scoring=Scoring(), epochs=1)]
    write_memory(tmp_path / "memory.json", searches)
    assert read_memory(tmp_path / "memory.json") == tuple(searches)
    assert read_memory(tmp_path / "none.json") == ()


def test_a_format_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text(json.dumps({"format": 99, "searches": []}), encoding="utf-8")
    with pytest.raises(StudyError, match="format 1 is expected, but got 99"):
        read_memory(tmp_path / "memory.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "searches": [{}]}'])
def test_a_damaged_memory_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "memory.json").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"memory\.json is damaged"):
        read_memory(tmp_path / "memory.json")
