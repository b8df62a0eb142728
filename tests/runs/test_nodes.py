"""A node that eats trials is found by what the records say, whatever the order in which they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.runs.nodes import CRASHED_STINTS, CRASHED_TRIALS, Nodes, bad_nodes
from search.runs.record import Ending, RecordedReport, Stint, TrialRecord

Story = Sequence[tuple[int, str, str]]
"""Stints in the order in which they began: trial, node, and `crashed`, `worked`, `paused` or `running`."""


def records_of(story: Story) -> list[TrialRecord]:
    """Return the records that a story leaves."""
    records: dict[int, TrialRecord] = {}
    for moment, (number, node, outcome) in enumerate(story):
        known = records.get(number) or TrialRecord(number, "running", {}, {}, ())
        attempt, step = known.attempt + 1, known.step
        stint = Stint(attempt, float(moment), from_step=step, node=node, host=f"host-{node}")
        ending: Ending = "crashed" if outcome == "crashed" else "paused"
        if outcome != "running":
            reason = "it broke" if outcome == "crashed" else ""
            stint = stint.ended(ending, at=moment + 0.5, reason=reason)
        reports, values = dict(known.reports), dict(known.values)
        if outcome == "worked":
            report = RecordedReport(step + 1, step + 1, 0.5, 1.0, attempt, None, "continue")
            reports[step + 1], values[step + 1] = report, 0.5
        records[number] = replace(known, stints=(*known.stints, stint), reports=reports, values=values)
    return list(records.values())


def told(story: Story) -> set[str]:
    """Return the bad nodes by brute force, from the story itself."""
    last: dict[str, list[tuple[int, str]]] = {}
    for number, node, outcome in story:
        if outcome in ("crashed", "worked"):
            last.setdefault(node, []).append((number, outcome))
    suspects = set()
    for node, visits in last.items():
        crashes = visits[max((i + 1 for i, visit in enumerate(visits) if visit[1] == "worked"), default=0) :]
        if len(crashes) >= CRASHED_STINTS and len({n for n, _ in crashes}) >= CRASHED_TRIALS:
            suspects.add(node)
    works = {node for node, visits in last.items() if visits[-1][1] == "worked"}
    return suspects if works - suspects else set()


STORIES = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from("abc"), st.sampled_from(["crashed"] * 3 + ["worked", "paused"])
    ),
    max_size=16,
)


@given(story=STORIES)
def test_the_bad_nodes_are_those_of_brute_force(story: Story) -> None:
    assert {bad.node for bad in bad_nodes(records_of(story))} == told(story)


@given(story=STORIES, mixed=st.randoms(use_true_random=False))
def test_following_a_search_step_by_step_or_reading_it_afterwards_finds_the_same(
    story: Story, mixed: object
) -> None:
    """The driver sees each stint begin and end; a resumed one reads them all, trial by trial."""
    live = Nodes()
    for count in range(len(story) + 1):
        for known in records_of(story[:count]):
            live.follow(known)
    after = Nodes()
    records = records_of(story)
    mixed.shuffle(records)  # type: ignore[attr-defined]
    for known in records:
        after.follow(known)
    assert live.bad == after.bad


@given(story=STORIES, leaving=st.sets(st.sampled_from("abcd")), alive=st.sets(st.sampled_from("abcd")))
def test_never_all_nodes_are_avoided_and_only_living_ones_are(
    story: Story, leaving: set[str], alive: set[str]
) -> None:
    nodes = Nodes()
    records = records_of(story)
    for known in records:
        nodes.follow(known)
    for known in [None, *records]:
        last = known.stints[-1] if known else None
        avoided = set(nodes.to_avoid(last, worked=False, leaving=leaving, alive=alive))
        if alive:
            assert avoided < alive
            if alive - set(nodes.bad) - leaving:
                assert avoided >= (set(nodes.bad) | leaving) & alive


def test_three_crashes_of_two_trials_make_a_node_bad_when_another_one_works() -> None:
    eaten = [(0, "b", "crashed"), (1, "b", "crashed"), (0, "b", "crashed")]
    assert bad_nodes(records_of(eaten)) == []
    (bad,) = bad_nodes(records_of([(2, "a", "worked"), *eaten]))
    assert bad.sentence() == (
        "the node host-b is avoided: trials 0, 1 crashed there without an epoch: it broke"
    )


def test_one_trial_that_crashes_everywhere_makes_no_node_bad() -> None:
    story = [(1, "a", "worked"), *[(0, node, "crashed") for node in "bbbccc"]]
    assert bad_nodes(records_of(story)) == []


def test_on_a_single_machine_no_node_is_ever_bad_or_avoided() -> None:
    for node in ("", "only"):
        records = records_of([(n % 3, node, "crashed") for n in range(9)])
        nodes = Nodes()
        for known in records:
            nodes.follow(known)
        assert not nodes.bad
        assert nodes.to_avoid(records[0].stints[-1], worked=False, alive=[node] if node else []) == ()


def test_a_node_that_works_again_is_no_longer_bad() -> None:
    story = [(9, "a", "worked"), *[(n, "b", "crashed") for n in range(4)]]
    assert [bad.node for bad in bad_nodes(records_of(story))] == ["b"]
    assert bad_nodes(records_of([*story, (5, "b", "worked")])) == []


@pytest.mark.parametrize(("alive", "avoided"), [(["a", "b"], ("b",)), (["b"], ())])
def test_a_trial_that_crashed_on_a_node_goes_on_elsewhere_where_there_is_an_elsewhere(
    alive: list[str], avoided: tuple[str, ...]
) -> None:
    (known,) = records_of([(0, "b", "crashed")])
    nodes = Nodes()
    nodes.follow(known)
    assert nodes.to_avoid(known.stints[-1], worked=False, alive=alive) == avoided
    assert nodes.to_avoid(known.stints[-1], worked=True, alive=alive) == ()
