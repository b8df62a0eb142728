"""What `--check` says of constraints: true of the corners that were built, and no more than that."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from search.plan.objectives import Constraint
from search.training.cost import Cost
from search.tuning.check import check
from search.tuning.feasibility import feasibility
from search.tuning.vocabulary import vocabulary
from tests.inprocess import SPACE, plan_in

COSTS = [Cost(1_000, 50, 9), Cost(2_000, 40, 9), Cost(3_000, 10, 9)]


def sentences(*constraints: Constraint) -> list[str]:
    found = feasibility(constraints, COSTS)
    assert found is not None
    return list(found.sentences())


def test_each_constraint_and_all_together_are_counted() -> None:
    assert sentences(Constraint("parameters", "<=", 2_000), Constraint("flops", "<=", 40)) == [
        "parameters <= 2000: met by 2 of 3 corners of the space",
        "flops <= 40: met by 2 of 3 corners of the space",
        "all of them together: met by 1 of 3 corners of the space",
    ]
    together = sentences(Constraint("parameters", "<=", 1_000), Constraint("flops", "<=", 10))[-1]
    assert together == "all of them together: met by none of 3 corners of the space, perhaps between them"


def test_a_bound_that_leaves_nothing_is_said_with_the_nearest_figure() -> None:
    for constraint, nearest in (
        (Constraint("parameters", "<=", 900), "1,000"),
        (Constraint("parameters", ">=", 9_000), "3,000"),
    ):
        assert sentences(constraint) == [
            f"{constraint}: met by none of 3 corners of the space, of which the nearest has {nearest}; "
            "the search would reject all or nearly all that it draws"
        ]


@pytest.mark.parametrize(
    ("resources", "gpus", "processes"),
    [("{gpus: 0, processes: 2}", None, 2), ("{gpus: 0, processes: 2}", 4.0, 4), ("{gpus: 2, processes: 3}", None, 2),
     ("{gpus: 0.5, processes: 3}", None, 1), ("{gpus: 2}", 0.0, 1)],
)  # fmt: skip
def test_a_check_says_the_memory_of_each_process_of_a_trial(
    tmp_path: Path, resources: str, gpus: float | None, processes: int
) -> None:
    """As many as will train it, whatever this machine has; constraints are about the configuration alone."""
    more = "constraints: [memory <= 1e12]\n"
    alone = check(plan_in(tmp_path, SPACE + more + "resources: {gpus: 0}\n"), vocabulary())
    found = check(
        plan_in(tmp_path, SPACE + more + f"resources: {resources}\n"), vocabulary(), gpus_per_trial=gpus
    )
    console = Console(file=io.StringIO(), width=80)
    found.print(console)
    assert isinstance(console.file, io.StringIO)
    text = " ".join(console.file.getvalue().split())
    assert found.processes == processes
    assert (found.architectures[0].memory[0] < alone.architectures[0].memory[0]) is (processes > 1)
    assert (f"{processes} processes train a trial together" in text) is (processes > 1)
    assert ("memory a process" in text) is (processes > 1)
    assert found.constraints == alone.constraints


def test_latency_is_not_measured_by_a_check() -> None:
    assert sentences(Constraint("latency_ms", "<=", 3)) == [
        "latency_ms <= 3: measured when a trial is drawn, not here"
    ]
    found = feasibility([Constraint("latency_ms", "<=", 3), Constraint("flops", "<=", 1)], COSTS)
    assert found is not None
    assert found.met == 0
    assert feasibility([], COSTS) is None


@given(
    st.lists(st.builds(Cost, *[st.integers(1, 9)] * 3), min_size=1, max_size=9),
    st.lists(
        st.builds(
            Constraint,
            st.sampled_from(["parameters", "flops", "memory"]),
            st.sampled_from(["<=", ">="]),
            st.integers(1, 9),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_the_counts_are_those_of_the_sentences(costs: list[Cost], constraints: list[Constraint]) -> None:
    found = feasibility(constraints, costs)
    assert found is not None
    told = [[eval(str(c), {}, vars(cost)) for c in constraints] for cost in costs]
    assert found.met == sum(map(all, told))
    assert [bound.met for bound in found.bounds] == [sum(column) for column in zip(*told, strict=True)]


@pytest.mark.parametrize(
    ("bound", "met"), [(100, 0), (1e9, 2)], ids=["less than the smallest", "more than all"]
)
def test_a_check_builds_the_corners_and_says_it(tmp_path: Path, bound: float, met: int) -> None:
    plan = plan_in(tmp_path, SPACE + f"constraints: [parameters <= {bound:g}]\n")
    report = check(plan, vocabulary())
    assert report.constraints is not None
    (found,) = report.constraints.bounds
    smallest, _ = report.architectures[0].parameters
    assert found.nearest == smallest
    assert bool(found.met) is bool(met)
    assert report.document()["constraints"]["bounds"][0]["constraint"] == f"parameters <= {bound:.0f}"
