"""A stint is recorded where and when it really ran, whatever the worker's clock says, and however long it waited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from search.runs.layout import RunLayout, write_text
from search.runs.lease import Lease
from search.runs.snapshot import Snapshot
from search.tuning.answers import Decision
from search.tuning.assignment import Assignment, StepResult
from search.tuning.capacity import Need, Node, Offer
from search.tuning.driver import WAITING, Driver
from search.tuning.from_plan import make_policy
from search.tuning.study import open_study
from search.tuning.vocabulary import vocabulary
from search.tuning.workplace import Packed, Workplace
from tests.inprocess import plan_in

GIB = 2**30
METRICS = {"val/accuracy": 0.5, "val/loss": 1.0, "train/images_per_second": 1.0}


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    plan, layout = plan_in(tmp_path), RunLayout(tmp_path / "run")
    layout.root.mkdir()
    write_text(layout.plan, plan.to_yaml())
    with Lease(layout) as lease:
        policy = make_policy(plan, open_study(plan, layout, new=True), workers=2)
        made = Driver(plan, vocabulary(), policy, layout, lease, listener=lambda _: None)
        offer = Offer((Node(8, 2, id="a"),))
        made.workplace = Workplace(lambda: offer, Need(4, 1.0), packed=Packed(4.0, 0.25))
        yield made


def begin(driver: Driver) -> Assignment:
    assignment = driver.ask()
    assert assignment is not None
    driver.workplace.waits(assignment.number)
    return assignment


def epoch(assignment: Assignment, **fields: object) -> StepResult:
    """Return what a worker says of one epoch of 3 s, with a clock that is a day fast."""
    now = time.time() + 86_400
    said = StepResult(
        assignment.number,
        assignment.attempt,
        1,
        1,
        METRICS,
        3.0,
        began=now - 3,
        ended=now,
        host="h",
        node="a",
    )
    return replace(said, **fields)  # type: ignore[arg-type]


def counts(driver: Driver) -> dict[str, int]:
    snapshot: Snapshot = driver.snapshot()
    return dict(snapshot.progress.counts)


def test_a_stint_starts_when_its_worker_began_by_the_drivers_clock(driver: Driver) -> None:
    assignment = begin(driver)
    asked = driver.policy.record(0).stints[0].start
    driver.begun(0, attempt=1)
    driver.result(
        epoch(assignment, began=0.0, ended=0.01, node_type="gpu", gpu_memory=GIB, gpu_total=16 * GIB)
    )
    stint = driver.policy.record(0).stints[0]
    assert asked <= stint.start <= time.time()
    assert (stint.host, stint.node, stint.node_type, stint.gpus) == ("h", "a", "gpu", 1.0)
    assert (stint.gpu_memory, stint.gpu_total) == (GIB, 16 * GIB)


def test_what_a_trial_takes_of_its_gpu_is_learned_from_whole_epochs_alone(driver: Driver) -> None:
    """A cut epoch has no validation, and an epoch that goes on in the middle has little of the training."""
    assignment = begin(driver)
    part = {"gpu_total": 16 * GIB, "partly": True}
    driver.result(epoch(assignment, step=0, epoch=0, metrics=None, gpu_memory=1 * GIB, **part))
    driver.result(epoch(assignment, gpu_memory=2 * GIB, **part))
    stint = driver.policy.record(0).stints[0]
    assert (stint.node, stint.gpu_memory) == ("a", 0)
    assert begin(driver).gpus == 1.0
    driver.result(epoch(assignment, step=2, epoch=2, gpu_memory=6 * GIB, gpu_total=16 * GIB))
    driver.result(epoch(assignment, step=3, epoch=3, gpu_memory=7 * GIB, gpu_total=16 * GIB))
    assert driver.policy.record(0).stints[0].gpu_memory == 6 * GIB
    assert driver.workplace.need(2, driver.policy.record(0).point).gpus == 0.5


def test_a_worker_whose_clock_is_fast_does_not_start_in_the_future_nor_before_it_was_asked(
    driver: Driver,
) -> None:
    assignment = begin(driver)
    asked = driver.policy.record(0).stints[0].start
    driver.result(epoch(assignment))
    assert driver.policy.record(0).stints[0].start == asked


def test_a_trial_that_waits_for_a_worker_is_not_said_to_run(driver: Driver) -> None:
    begin(driver)
    assert counts(driver) == {WAITING: 1}
    driver.begun(0, attempt=1)
    assert counts(driver) == {"running": 1}


def test_a_stint_on_a_node_that_was_not_seen_yet_costs_from_its_beginning(driver: Driver) -> None:
    known = [Offer((Node(8, 2, id="a"),)), Offer((Node(8, 2, id="a"), Node(8, 2, id="b", kind="gpu")))]
    offers = known[:1]
    driver.workplace = Workplace(lambda: offers[-1], Need(4, 1.0))
    first, second = begin(driver), begin(driver)
    for assignment in (first, second):
        driver.begun(assignment.number, attempt=1, node="b", host="h")
    driver.result(epoch(first, node="b"))
    assert driver.policy.record(0).stints[0].share == 0
    offers.append(known[1])
    driver.result(epoch(first, node="b", step=2, epoch=2))
    driver.leave(second.number, "crashed", attempt=1)  # it never reported
    for assignment in (first, second):
        stint = driver.policy.record(assignment.number).stints[0]
        assert (stint.share, stint.node_type, stint.gpus) == (0.5, "gpu", 1.0)


def test_a_stint_of_which_ray_did_not_say_where_it_began_costs_what_its_report_says(driver: Driver) -> None:
    assignment = begin(driver)
    driver.begun(0, attempt=1)
    driver.result(epoch(assignment))
    assert driver.policy.record(0).stints[0].share == 0.5


def test_where_the_record_refused_a_trial_the_search_goes_on_without_it(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(driver)
    assert driver.recorded == 1

    @contextmanager
    def refused() -> Iterator[None]:
        yield
        raise OSError("refused")

    monkeypatch.setattr(driver.policy, "together", refused)
    with pytest.raises(OSError, match="refused"):
        driver.ask()
    assert (len(driver.policy.records), driver.recorded) == (2, 1)


def test_a_trial_that_lacks_memory_on_a_share_goes_on_and_on_a_whole_gpu_fails(driver: Driver) -> None:
    first = begin(driver)
    driver.result(epoch(first, gpu_memory=GIB, gpu_total=16 * GIB))
    small = begin(driver)
    assert (first.gpus, small.gpus, small.cpus, small.gpu_memory) == (1.0, 0.25, 1.0, 4 * GIB)
    lacks = epoch(small, metrics=None, failure="OutOfMemoryError: CUDA out of memory. GPU 0 has …")
    assert driver.result(lacks) is Decision.STOP
    ending, reason = driver.ending(lacks, Decision.STOP)
    assert (ending, reason) == ("paused", "out of GPU memory on 0.25 of a GPU: tried again on 0.5")
    driver.leave(small.number, ending, reason, attempt=1)
    again = begin(driver)
    assert (again.number, again.attempt, again.gpus) == (small.number, 2, 0.5)
    assert driver.ending(epoch(first, failure=lacks.failure), Decision.STOP) == ("failed", lacks.failure)
