"""Budgets end a real search softly, with the reason, and hold over the whole run, resumed or not."""

from __future__ import annotations

from pathlib import Path

import pytest

import search
from search.plan.mistake import PlanError
from search.plan.plan import load_plan
from search.tuning.budgets import Budgets, budget_notes
from search.tuning.capacity import Need, Node
from tests.inprocess import SPACE, Search, plan_in


def test_a_budget_of_epochs_in_all_ends_the_search_exactly_there_and_a_resumed_one_at_once(
    tmp_path: Path,
) -> None:
    space = SPACE.replace("epochs: 3}", "epochs: 3, total_epochs: 5}").replace(
        "name: asha,", "name: none}\n#"
    )
    made = Search(plan_in(tmp_path, space), tmp_path / "run")
    reason = "the budget of 5 epochs in all is used up"
    assert made.go().reason == reason
    run = search.open_run(made.layout.root)
    assert sum(trial.epochs for trial in run.trials) == 5
    assert {trial.status for trial in run.trials} == {"completed", "waiting"}
    assert made.go().reason == reason
    assert sum(trial.epochs for trial in search.open_run(made.layout.root).trials) == 5


def test_hours_and_money_are_looked_at_now_and_then_and_only_where_there_is_a_budget(tmp_path: Path) -> None:
    looked = []
    plan = plan_in(tmp_path)
    without = Budgets(plan, [])
    assert without.used_up(lambda: looked.append(1) or []) == ""  # type: ignore[func-returns-value]
    assert looked == []
    within = plan_in(tmp_path, SPACE.replace("epochs: 3}", "epochs: 3, gpu_hours: 0.5}"))
    now = [0.0]
    watched = Budgets(within, [], clock=lambda: now[0])
    for moment in (0.0, 0.5, 1.5, 1.6):
        now[0] = moment
        assert watched.used_up(lambda: looked.append(1) or []) == ""  # type: ignore[func-returns-value]
    assert len(looked) == 2


@pytest.mark.parametrize(
    ("node", "cpus", "gpus", "share"),
    [
        (Node(cpus=8, gpus=4), 1, 0.5, 0.125),
        (Node(cpus=8, gpus=4), 2, 0, 0.0),
        (Node(cpus=8), 2, 0, 0.25),
        (Node(cpus=2), 4, 0, 1.0),
        (Node(0), 4, 0, 0.0),
    ],
)
def test_the_share_of_a_node_is_that_of_its_gpus_where_it_has_any(
    node: Node, cpus: float, gpus: float, share: float
) -> None:
    assert node.share(Need(cpus, gpus)) == share


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("budget: {gpu_hours: 0}", "budget.gpu_hours: found 0, expected a number of hours above 0, or null"),
        ("budget: {total_epochs: 1.5}", "budget.total_epochs: found 1.5, expected a whole number"),
        ("budget: {cost: free}", "budget.cost: found 'free', expected an amount of money above 0, or null"),
        (
            "resources: {patience: 1}",
            "resources.patience: found 1, expected a number of usual epochs, of at least 2",
        ),
        ("resources: {prices: 3}", "resources.prices: found 3, expected a mapping from node types"),
        (
            "resources: {prices: {a: -1}}",
            "resources.prices.a: found -1, expected a mapping from node types",
        ),
    ],
)
def test_a_mistake_in_a_budget_or_a_price_has_its_sentence(tmp_path: Path, section: str, said: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"data: digits\n{section}\nspace: {{architecture: cnn}}\n", encoding="utf-8")
    with pytest.raises(PlanError) as found:
        load_plan(path)
    assert said in str(found.value)


def test_what_a_budget_comes_to_is_said_before_the_search_with_the_nodes_that_have_no_price(
    tmp_path: Path,
) -> None:
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(
        "available_node_types: {head: {}, g6: {}, g5: {}}\nhead_node_type: head\n", encoding="utf-8"
    )
    space = SPACE.replace("epochs: 3}", "epochs: 3, gpu_hours: 10, cost: 25}")
    plan = plan_in(tmp_path, f"{space}resources: {{prices: {{g6: 0.5}}}}\n")
    assert budget_notes(plan, cluster) == [
        "at most 10 GPU-hours",
        "at most 25 in money: 50.0 h of one g6",
        f"{cluster}: no price for g5 in resources.prices: it would count as free",
    ]
    assert budget_notes(plan_in(tmp_path), cluster) == []
