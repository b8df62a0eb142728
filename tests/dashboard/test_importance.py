"""Importances as a page gets them: from the verb's lines, and in the order in which parameters are listed."""

from __future__ import annotations

from pathlib import Path

from dashboard.prepare.importance import Shares, at_once, ordered, told
from dashboard.prepare.table import Parameter
from search.runs.reader import open_run
from tests.dashboard.tables import make_table

NAMES = ("a", "b", "c")
TABLE = make_table(
    [Parameter(name, "number", low=0, high=1) for name in NAMES], {n: [0.5] for n in NAMES}, [0.5]
)


def test_what_the_verb_tells_is_what_the_page_shows() -> None:
    line = {
        "event": "importance",
        "shares": {"a": 1.0},
        "epoch": 3,
        "trials": 20,
        "note": "x",
        "errors": {"a": 0.1},
    }
    assert told(line) == Shares({"a": 1.0}, 3, 20, "x", {"a": 0.1})
    assert told(None) is None


def test_the_most_important_come_first_and_the_rest_in_the_order_of_the_space() -> None:
    assert ordered(TABLE, Shares({"c": 0.7, "b": 0.3}, 1, 20)) == ["c", "b", "a"]
    assert ordered(TABLE, None) == ["a", "b", "c"]


def test_shares_of_nothing_are_no_importance() -> None:
    assert not Shares({"a": 0.0, "b": 0.0}, 1, 20)
    assert Shares({"a": 0.1}, 1, 20)


def test_of_four_trials_nothing_is_said(runs: Path) -> None:
    assert at_once(open_run(runs / "small"), 3) is None
