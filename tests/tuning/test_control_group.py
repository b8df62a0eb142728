"""`audit`: some of the condemned are let live, and nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest

from search.runs.audit import audited, is_control
from search.runs.ranking import Scoring
from search.runs.record import TrialRecord
from search.tuning.answers import Limits, Start
from search.tuning.chance import chance
from search.tuning.parts import schedulers
from tests.tuning.simulation import Simulation, accuracy, policy, report, started

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("asha", {}),
    ("asha", {"kind": "promotion"}),
    ("asha", {"brackets": 2}),
    ("hyperband", {}),
    ("median", {}),
]


def searched(name: str, settings: dict[str, Any], audit: float, *, workers: int = 1) -> list[TrialRecord]:
    rule = schedulers[name].build(9, audit=audit, **settings)
    made = policy(budget=Limits(40, 9), scheduler=rule, workers=workers, seed=3)
    # The best trials are found late and begin badly, so that someone is stopped wrongly.
    Simulation().run(made, curve=lambda config, epoch: accuracy(config, epoch) * (epoch - 4))
    return made.records


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_with_an_audit_of_all_everybody_is_trained_to_the_end(name: str, settings: dict[str, Any]) -> None:
    records = searched(name, settings, 1.0, workers=3)
    assert {known.status for known in records} == {"completed"}
    found = audited(records, Scoring())
    assert found is not None
    assert found.let_live == found.finished >= 5
    assert found.false_stops >= 1


@pytest.mark.parametrize(("name", "settings"), [kind for kind in KINDS if not kind[1].get("kind")])
def test_the_control_group_changes_nobody_elses_fate(name: str, settings: dict[str, Any]) -> None:
    """One worker and the same draws: without the control group the search is the one that has no audit."""
    with_audit, without = searched(name, settings, 0.5), searched(name, settings, 0.0)
    assert any(map(is_control, with_audit))
    assert len(with_audit) == len(without)
    for mine, theirs in zip(with_audit, without, strict=True):
        assert mine.point == theirs.point
        if not is_control(mine):
            assert (mine.status, mine.reason, mine.values) == (theirs.status, theirs.reason, theirs.values)
            assert [r.rungs for r in mine.reports.values()] == [r.rungs for r in theirs.reports.values()]
        else:
            assert theirs.status == "stopped"
            assert mine.status == "completed"


def test_the_share_that_is_let_live_is_that_of_the_setting() -> None:
    """Of the 40 that are condemned in turn about a quarter; the bounds are 4 standard deviations."""
    records = searched("asha", {"kind": "promotion"}, 0.25)
    condemned = [k for k in records if k.status == "stopped" or is_control(k)]
    share = sum(map(is_control, condemned)) / len(condemned)
    assert abs(share - 0.25) < 4 * (0.25 * 0.75 / len(condemned)) ** 0.5


@pytest.mark.parametrize("kind", ["stopping", "promotion"])
def test_who_is_let_live_is_drawn_at_the_rung_where_he_lost(kind: str) -> None:
    """At another rung the draw would be another one."""
    fates = set()
    for known in searched("asha", {"kind": kind}, 0.5, workers=3):
        decided = [rung for report in known.reports.values() for rung in report.rungs]
        lost = [rung for rung in decided if rung.audited] + decided[-1:] * (known.status == "stopped")
        if lost:
            assert lost[0].audited == (chance(3, "audit", known.number, lost[0].rung) < 0.5)
            fates.add((lost[0].rung, lost[0].audited))
    assert fates == {(rung, audited) for rung in (1, 3) for audited in (True, False)}


def test_a_report_past_two_rungs_is_let_live_at_the_one_where_it_lost_alone() -> None:
    """A trial may report first at epoch 3: it stands at rung 1 as well, where nobody condemned it."""
    rule = schedulers["asha"].build(9, kind="promotion", grace_period=1, reduction_factor=3, audit=1.0)
    made = policy(budget=Limits(4, 9), scheduler=rule)
    for value in (0.4, 0.3, 0.2, 0.1):
        start = started(made)
        made.report(start.number, report(3, value), attempt=start.attempt)
        made.finish(start.number, "paused")
    while isinstance(answer := made.ask(), Start):
        made.report(answer.number, report(9, 0.5), attempt=answer.attempt)
        made.finish(answer.number, "stopped")
    lost = [known.reports[3].rungs for known in made.records if is_control(known)]
    assert lost
    assert {tuple((rung.rung, rung.keep, rung.audited) for rung in rungs) for rungs in lost} == {
        ((1, True, False), (3, True, True))
    }
