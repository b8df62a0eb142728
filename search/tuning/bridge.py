"""Ray Tune executes what the Policy decides.

One Ray trial is one stint of ours: a pause is a STOP after our own checkpoint, and to go on is a new `suggest`
with the same number. So promotion, retry and resume are one path, and no state of Ray's is ever needed again: its
retries are off, its experiment folder is temporary, its snapshots go nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ray import tune
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from search.runs.record import Ending
from search.tuning.answers import Decision
from search.tuning.driver import Driver
from search.tuning.interrupts import Interrupts
from search.tuning.resources import Allocation
from search.tuning.stint import StepResult
from search.tuning.trainable import WarmWorker

T = TypeVar("T")


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

    def __init__(self, guard: Guard, threads: int) -> None:
        super().__init__()
        self._guard = guard
        self._driver = guard.driver
        self._threads = threads
        self.assigned: dict[str, tuple[int, int]] = {}
        self.endings: dict[str, tuple[Ending, str]] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return a stint to run, None for "not now", FINISHED for "never again"."""
        assignment = self._guard.call(self._driver.ask, None)
        if assignment is None:
            return str(Searcher.FINISHED) if self._driver.reason or self._guard.error else None
        self.assigned[trial_id] = assignment.number, assignment.attempt
        return {"assignment": assignment.to_json(), "threads": self._threads}

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
        if said.failure:
            ending: tuple[Ending, str] = ("failed", said.failure)
        else:
            ending = ("paused" if decision is Decision.PAUSE else "stopped", "")
        self._suggest.endings[trial.trial_id] = ending
        return str(TrialScheduler.STOP)

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Keep what Ray says of a dead worker."""
        self._suggest.endings[trial.trial_id] = ("crashed", _said(trial))


def _said(trial: Trial) -> str:
    """Return why a worker is gone, in one line: Ray writes the whole of it into a file."""
    try:
        lines = Path(trial.error_file).read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, TypeError):
        lines = []
    said = next((line.strip() for line in reversed(lines) if "Error" in line), "")
    return "the worker process died" if not said or "ActorDiedError" in said else said[:200]


class Tick(_Unkept, tune.Callback):  # type: ignore[misc]
    """Ray's loop gives the driver its time, and ends at once when the driver has failed."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        """Do what is due."""
        self._guard.call(self._guard.driver.tick, None)
        if self._guard.error is not None:
            raise self._guard.error


def execute(driver: Driver, allocation: Allocation, folder: Path, interrupts: Interrupts) -> None:
    """Run the search until the Policy is done. Ray must have been started (`local_ray`).

    Args:
        driver: of the search.
        allocation: what a trial gets.
        folder: takes what Ray Tune writes down, which nobody reads.
        interrupts: do not cut the driver off in the middle of a call.

    Raises:
        OSError: the run could not be written, say because the disk is full; nothing recorded is lost.
    """
    guard = Guard(driver, interrupts)
    suggest = Suggest(guard, threads=max(1, int(allocation.cpus)))
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(allocation.workers)
    tuner = tune.Tuner(
        tune.with_resources(WarmWorker, {"cpu": allocation.cpus, "gpu": allocation.gpus}),
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
            callbacks=[Tick(guard)],
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
