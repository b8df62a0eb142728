"""Ray Tune executes what the Policy decides.

One Ray trial is one stint of ours: a pause is a STOP after our own checkpoint, and to go on is a new `suggest`
with the same number. So promotion, retry and resume are one path, and no state of Ray's is ever needed again: its
retries are off, its experiment folder is temporary, its snapshots go nowhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray import tune
from ray.tune.execution.placement_groups import PlacementGroupFactory
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from search.runs.record import Ending
from search.tuning.actor_nodes import ActorNodes
from search.tuning.answers import Decision
from search.tuning.assignment import StepResult
from search.tuning.capacity import Need
from search.tuning.driver import Driver
from search.tuning.interrupts import Interrupts
from search.tuning.trainable import WarmWorker

T = TypeVar("T")

PENDING = "1000000"
"""The most stints that may wait for a worker, for Ray Tune: the Policy limits them itself, as the cluster grows."""
NODE_DIED = re.compile(r"because its node has died|the node it was running on is dead")
"""In what Ray says of an actor whose whole node is gone (2.60)."""


class _Unkept:
    """What Ray pickles into its experiment folder as nothing: the study has it all."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class Guard(_Unkept):
    """Calls the driver until a call fails; from then on everything stops.

    Ray takes an exception of a scheduler for a fault of the trial and goes on, so that a full disk would fail
    one trial after the other.
    """

    def __init__(self, driver: Driver, interrupts: Interrupts) -> None:
        self.driver = driver
        self.error: Exception | None = None
        self._interrupts = interrupts

    def call(self, act: Callable[[], T], otherwise: T) -> T:
        """Return what ``act`` returns, or ``otherwise`` when it fails or anything has failed before."""
        if self.error is None:
            with self._interrupts.shield():
                try:
                    return act()
                except Exception as error:
                    self.error = error
        return otherwise


class Suggest(_Unkept, Searcher):  # type: ignore[misc]
    """Ray asks for the next trial, and says when one is over."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard
        self._driver = guard.driver
        self.assigned: dict[str, tuple[int, int]] = {}
        self.endings: dict[str, tuple[Ending, str]] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return a stint to run, None for "not now", FINISHED for "never again"."""
        assignment = self._guard.call(self._driver.ask, None)
        if assignment is None:
            return str(Searcher.FINISHED) if self._driver.reason or self._guard.error else None
        self.assigned[trial_id] = assignment.number, assignment.attempt
        place = self._driver.workplace
        place.waits(assignment.number)
        need = place.elsewhere(Need(assignment.cpus, assignment.gpus, place.usual.memory), assignment.avoid)
        threads = max(1, int(assignment.cpus) // assignment.processes)
        return {"assignment": assignment.to_json(), "threads": threads, "need": asdict(need)}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """End the stint. An error of Ray's is a dead worker: a failure of the training itself is a result."""
        ending, reason = self.endings.pop(trial_id, ("crashed" if error else "paused", ""))
        number, attempt = self.assigned.pop(trial_id)
        self._guard.call(lambda: self._driver.leave(number, ending, reason, attempt=attempt), None)

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Save nothing: the study has it all."""


class Decide(_Unkept, FIFOScheduler):  # type: ignore[misc]
    """Ray hands over a result, and is told whether the stint goes on."""

    def __init__(self, guard: Guard, suggest: Suggest) -> None:
        super().__init__()
        self._guard = guard
        self._suggest = suggest

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Return CONTINUE or STOP; why it stops waits in `Suggest.endings`."""
        said = StepResult.from_json(result["report"])
        decision = self._guard.call(lambda: self._guard.driver.result(said), Decision.PAUSE)
        if decision is Decision.CONTINUE:
            return str(TrialScheduler.CONTINUE)
        self._suggest.endings[trial.trial_id] = self._guard.driver.ending(said, decision)
        return str(TrialScheduler.STOP)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Keep what Ray says of a dead worker."""
        self._suggest.endings[trial.trial_id] = ended_by(_written(trial))


def ended_by(text: str) -> tuple[Ending, str]:
    """Return how a stint ended whose worker is gone, and why, in one line.

    Args:
        text: all that Ray says of it.
    """
    lines = text.split("\n")
    if any(NODE_DIED.search(line) for line in lines):
        return "lost", "its node was lost"
    said = next((line.strip() for line in reversed(lines) if "Error" in line), "")
    _, found, fault = said.partition("MachineError: ")
    if found:
        return "crashed", fault[:200]
    return "crashed", "the worker process died" if not said or "ActorDiedError" in said else said[:200]


def _written(trial: Trial) -> str:
    """Return what Ray has written of a dead worker."""
    try:
        return Path(trial.error_file).read_text(encoding="utf-8", errors="replace")
    except (OSError, TypeError):
        return ""


class Tick(_Unkept, tune.Callback):  # type: ignore[misc]
    """Ray's loop gives the driver its time, and ends at once when the driver has failed."""

    def __init__(self, guard: Guard, suggest: Suggest, nodes: ActorNodes) -> None:
        self._guard = guard
        self._suggest = suggest
        self._nodes = nodes

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        """Tell the driver that a worker has begun, and where."""
        number, attempt = self._suggest.assigned[trial.trial_id]
        place = self._nodes.of(trial.temporary_state.ray_actor)
        begun = self._guard.driver.begun
        self._guard.call(lambda: begun(number, attempt=attempt, node=place.node, host=place.host), None)

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        """Do what is due."""
        self._guard.call(self._guard.driver.tick, None)
        overdue = self._guard.call(self._guard.driver.overdue, list[tuple[int, int]]())
        for trial in trials if overdue else ():
            actor = trial.temporary_state.ray_actor
            if self._suggest.assigned.get(trial.trial_id) in overdue and actor is not None:
                ray.kill(actor)  # Ray then reports the error of its task, as of any dead worker
        if self._guard.error is not None:
            raise self._guard.error


def resources_of(config: Mapping[str, Any]) -> PlacementGroupFactory:
    """Return what Ray reserves for a stint; equal needs are equal, so that one's worker takes the next one's stint.

    Args:
        config: of the Ray trial, with the fields of a `Need` under ``need``.
    """
    need = Need(**config["need"])
    bundle = {"CPU": need.cpus, "GPU": need.gpus, "memory": need.memory}
    if not need.avoid:
        return PlacementGroupFactory([bundle])
    elsewhere = {"ray.io/node-id": f"!in({','.join(need.avoid)})"}
    return PlacementGroupFactory([bundle], bundle_label_selector=[elsewhere])


def execute(driver: Driver, folder: Path, interrupts: Interrupts) -> None:
    """Run the search until the Policy is done. Ray must have been started, or joined (`sites`).

    Args:
        driver: of the search.
        folder: takes what Ray Tune writes down, which nobody reads.
        interrupts: do not cut the driver off in the middle of a call.

    Raises:
        OSError: the run could not be written, say because the disk is full; nothing recorded is lost.
    """
    guard = Guard(driver, interrupts)
    suggest = Suggest(guard)
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = PENDING
    tuner = tune.Tuner(
        tune.with_resources(WarmWorker, resources_of),
        tune_config=tune.TuneConfig(
            search_alg=suggest,
            scheduler=Decide(guard, suggest),
            num_samples=-1,
            reuse_actors=True,
            trial_name_creator=lambda trial: trial.trial_id,
            trial_dirname_creator=lambda trial: trial.trial_id,
        ),
        run_config=tune.RunConfig(
            name="search",
            storage_path=str(folder / "tune"),
            verbose=0,
            callbacks=[Tick(guard, suggest, ActorNodes())],
            failure_config=tune.FailureConfig(max_failures=0),
            # A class trainable is asked for a checkpoint of Ray's at its end otherwise.
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False, checkpoint_frequency=0),
        ),
    )
    try:
        tuner.fit()
    finally:
        if guard.error is not None:
            raise guard.error
