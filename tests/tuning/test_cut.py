"""A notice in the middle of an epoch: the trial goes on elsewhere in that epoch, and nothing else changes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.plan import Plan
from search.runs.layout import RunLayout, write_text
from search.runs.lease import Lease
from search.runs.record import TrialRecord
from search.tuning import by_courier, stint
from search.tuning.answers import Decision
from search.tuning.assignment import Assignment, StepResult
from search.tuning.by_courier import ByCourier
from search.tuning.capacity import Need, Node, Offer
from search.tuning.courier import Courier
from search.tuning.driver import Driver
from search.tuning.from_plan import make_policy
from search.tuning.hang_limits import FIRST, OPENING
from search.tuning.leaving import SOON
from search.tuning.stint import StintRunner
from search.tuning.study import open_study
from search.tuning.transport import SharedFolder, Transport
from search.tuning.vocabulary import vocabulary
from search.tuning.workplace import Workplace
from tests.inprocess import plan_in

NOTICE = "the cloud takes this machine back (terminate) at 2026-11-22T08:22:00Z"
ASKED = 8
"""Times in an epoch, of 9 batches; the search that is not cut has 8 epochs."""


@pytest.fixture(autouse=True)
def _an_epoch_is_always_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stint, "SOON", -1.0)


@dataclass
class Cloud:
    """Nodes without end, one worker each; one is taken back after each of these batches of the whole search."""

    places: frozenset[int]
    batch: int = 0
    told: str = ""

    def leaving(self) -> str:
        """Return what the present node is told; asked between two batches."""
        self.batch += not self.told
        self.told = self.told or (NOTICE if self.batch in self.places else "")
        return self.told


NODES = tuple(f"n{number:02}" for number in range(40))

Road = Callable[[Assignment], Transport]


@contextmanager
def driving(plan: Plan, root: Path, *, nodes: Sequence[str] = NODES) -> Iterator[Driver]:
    layout, new = RunLayout(root), not root.exists()
    if new:
        root.mkdir()
        write_text(layout.plan, plan.to_yaml())
    with Lease(layout) as lease:
        policy = make_policy(plan, open_study(plan, layout, new=new), workers=1)
        made = Driver(plan, vocabulary(), policy, layout, lease, listener=lambda _: None)
        offer = Offer(tuple(Node(1, id=node) for node in nodes))
        made.workplace = Workplace(lambda: offer, Need(1.0))
        made.repair()
        yield made


def shared(task: Assignment) -> Transport:
    return SharedFolder(Path(task.run))


def run_stint(driver: Driver, task: Assignment, cloud: Cloud, road: Road = shared) -> list[StepResult]:
    """Run a stint on the first node that it may run on, until the driver ends it; return what its worker said."""
    node = next(name for name in NODES if name not in task.avoid)
    driver.workplace.waits(task.number)
    driver.begun(task.number, attempt=task.attempt, node=node, host=node)
    cloud.told, decision, said = "", Decision.CONTINUE, list[StepResult]()
    with closing(StintRunner(task, device="cpu", transport=road(task), leaving=cloud.leaving)) as runner:
        while decision is Decision.CONTINUE:
            said.append(replace(runner.step(), node=node, leaving=cloud.told))
            assert not said[-1].failure
            decision = driver.result(said[-1])
    ending, reason = driver.ending(said[-1], decision)
    driver.leave(task.number, ending, reason, attempt=task.attempt)
    return said


def searched(plan: Plan, root: Path, places: frozenset[int], road: Road = shared) -> Sequence[TrialRecord]:
    """Run a search to its end; return its trials."""
    cloud = Cloud(places)
    with driving(plan, root) as driver:
        while (task := driver.ask()) is not None:
            run_stint(driver, task, cloud, road)
        driver.abandon()
        return list(driver.policy.records)


def curves(records: Sequence[TrialRecord]) -> list[tuple[str, dict[int, float]]]:
    return [(known.status, dict(known.values)) for known in records]


def weights_left(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*_partial.pt"))


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> Sequence[TrialRecord]:
    folder = tmp_path_factory.mktemp("uncut")
    return searched(plan_in(folder), folder / "run", frozenset())


@settings(max_examples=6, deadline=None)
@given(places=st.frozensets(st.integers(1, 8 * ASKED), min_size=1, max_size=6))
def test_a_search_whose_nodes_are_taken_back_again_and_again_finds_the_same(
    uncut: Sequence[TrialRecord], places: frozenset[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "run")
        records = searched(plan_in(Path(folder)), root, places)
        assert curves(records) == curves(uncut)
        assert weights_left(root) == []
    left = [stint for known in records for stint in known.stints if stint.reason == NOTICE]
    assert all(stint.ending == "paused" for stint in left)
    assert left, "nothing was cut"
    nodes = [stint.node for stint in left]
    assert len(set(nodes)) == len(nodes), "a stint began on a node that is taken back"


class Direct:
    """A courier without a cluster: its methods are called as they stand."""

    def __getattr__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(remote=lambda *given, **named: (name, given, named))


def test_by_courier_a_trial_goes_on_in_the_middle_of_an_epoch_too(
    uncut: Sequence[TrialRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker writes on its own disk; what it leaves comes to the next one's."""
    served = Courier(str(tmp_path / "run"), None, [])
    monkeypatch.setattr(by_courier, "_asked", lambda call: getattr(served, call[0])(*call[1], **call[2]))
    went_on: list[str] = []

    def carried(task: Assignment) -> Transport:
        went_on.extend([task.partial] if task.partial else [])
        return ByCourier(Direct(), tmp_path / f"disk-{task.number}-{task.attempt}" / "run")  # type: ignore[arg-type]

    records = searched(plan_in(tmp_path), tmp_path / "run", frozenset({5, ASKED + 3, 60}), carried)
    assert curves(records) == curves(uncut)
    assert went_on[:2] == ["trials/0/1/checkpoint-00000_partial.pt", "trials/0/2/checkpoint-00001_partial.pt"]
    assert weights_left(tmp_path) == []


def cut_once(driver: Driver) -> Assignment:
    """Let the first trial be cut in its second epoch; return how it goes on."""
    task = driver.ask()
    assert task is not None
    assert [r.metrics is None for r in run_stint(driver, task, Cloud(frozenset({ASKED + 3})))] == [
        False,
        True,
    ]
    again = driver.ask()
    assert again is not None
    assert (again.number, again.attempt) == (task.number, 2)
    assert again.partial == "trials/0/1/checkpoint-00001_partial.pt"
    return again


def test_a_driver_that_is_resumed_knows_where_a_trial_was_cut(
    uncut: Sequence[TrialRecord], tmp_path: Path
) -> None:
    plan = plan_in(tmp_path)
    with driving(plan, tmp_path / "run") as driver:
        cut_once(driver)
    with driving(plan, tmp_path / "run") as driver:
        again = driver.ask()
        assert again is not None
        assert again.partial == "trials/0/1/checkpoint-00001_partial.pt"
        (first, *_) = run_stint(driver, again, Cloud(frozenset()))
        assert first.partly
        assert driver.policy.record(0).values[2] == uncut[0].values[2]
        assert weights_left(tmp_path) == [], "its epoch is recorded"


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("harm", [damage, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_file_that_is_damaged_or_gone_costs_its_epoch_and_no_more(
    uncut: Sequence[TrialRecord], tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    with driving(plan_in(tmp_path), tmp_path / "run") as driver:
        again = cut_once(driver)
        assert again.partial is not None
        harm(tmp_path / "run" / again.partial)
        (first, *_) = run_stint(driver, again, Cloud(frozenset()))
        assert not first.partly
        assert driver.policy.record(0).values[2] == uncut[0].values[2]
    log = (tmp_path / "run" / "trials" / "0" / "2" / "log").read_text(encoding="utf-8")
    assert "goes on from its last whole epoch: the checkpoint" in log


def test_a_file_of_another_configuration_is_not_gone_on_from(tmp_path: Path) -> None:
    with driving(plan_in(tmp_path), tmp_path / "run") as driver:
        again = cut_once(driver)
        other = replace(again, config=replace(again.config, seed=7), checkpoint=None)
        with closing(StintRunner(other, device="cpu")) as runner:
            said = runner.step()
    assert (said.step, said.partly) == (1, False)


def test_where_there_is_no_other_node_the_epoch_goes_on_and_its_checkpoint_waits(
    uncut: Sequence[TrialRecord], tmp_path: Path
) -> None:
    with driving(plan_in(tmp_path), tmp_path / "run", nodes=NODES[:1]) as driver:
        task = driver.ask()
        assert task is not None
        said = run_stint(driver, task, Cloud(frozenset({3})))
        known = driver.policy.record(0)
        assert [(one.metrics is None, one.partly) for one in said[:3]] == [
            (True, True),
            (False, True),
            (False, False),
        ]
        assert known.values == uncut[0].values
        assert [stint.reason for stint in known.stints] == [""]
        assert weights_left(tmp_path) == []


def test_a_part_of_an_epoch_counts_as_none(tmp_path: Path) -> None:
    with driving(plan_in(tmp_path), tmp_path / "run") as driver:
        cut_once(driver)
        snapshot = driver.snapshot()
        assert (snapshot.account.spent.epochs, driver.policy.record(0).step) == (1, 1)
        stint = driver.policy.record(0).stints[0]
        assert (stint.ending, stint.reason, stint.node) == ("paused", NOTICE, NODES[0])


def test_no_part_of_an_epoch_says_how_long_one_may_take(tmp_path: Path) -> None:
    """Neither the first one nor the last one: either may be a thousandth of it."""
    patience = []
    with driving(plan_in(tmp_path), tmp_path / "run") as driver:
        for node, cut in zip(NODES, (True, False, False, False), strict=False):
            task = driver.ask()
            assert task is not None
            patience.append(task.patience)
            driver.begun(task.number, attempt=task.attempt, node=node, host=node)
            with closing(StintRunner(task, device="cpu", leaving=lambda cut=cut: cut * NOTICE)) as runner:  # type: ignore[misc]
                driver.result(replace(runner.step(), node=node))
            driver.leave(task.number, "paused", attempt=task.attempt)
    assert patience == [FIRST, FIRST, FIRST, OPENING]


def test_an_epoch_that_ends_soon_is_let_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stint, "SOON", SOON)
    with driving(plan_in(tmp_path), tmp_path / "run") as driver:
        task = driver.ask()
        assert task is not None
        with closing(StintRunner(task, device="cpu", leaving=lambda: NOTICE)) as runner:
            said = runner.step()
    assert (said.step, said.metrics is not None, said.partly) == (1, True, False)
