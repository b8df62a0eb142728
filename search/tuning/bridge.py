"""Ray Tune executes what the Policy decides.

One Ray trial is one stint of ours: a pause is a STOP after our own checkpoint, and to go on is a new `suggest`
with the same number. So promotion, retry and resume are one path, and no state of Ray's is ever needed again: its
retries are off, its experiment folder is temporary, its snapshots go nowhere.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from search.runs.record import Ending
from search.tuning.driver import Driver
from search.tuning.policy import Decision
from search.tuning.resources import Allocation
from search.tuning.stint import StepResult
from search.tuning.trainable import WarmWorker

OBJECT_STORE = 80 * 2**20
"""Bytes of Ray's object store: only configurations and reports travel through it (its least is 75 MiB)."""

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the workers write their own event files
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # nothing is ever restored from Ray's snapshots
    "TUNE_WARN_THRESHOLD_S": "60",
}


class _Unkept:
    """What Ray pickles into its experiment folder as nothing: the study has it all."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class Suggest(_Unkept, Searcher):  # type: ignore[misc]
    """Ray asks for the next trial, and says when one is over."""

    def __init__(self, driver: Driver, threads: int) -> None:
        super().__init__()
        self._driver = driver
        self._threads = threads
        self.assigned: dict[str, int] = {}
        self.endings: dict[str, tuple[Ending, str]] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return a stint to run, None for "not now", FINISHED for "never again"."""
        assignment = self._driver.ask()
        if assignment is None:
            return str(Searcher.FINISHED) if self._driver.reason else None
        self.assigned[trial_id] = assignment.number
        return {"assignment": assignment.to_json(), "threads": self._threads}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """End the stint. An error of Ray's is a dead worker: a failure of the training itself is a result."""
        ending, reason = self.endings.pop(trial_id, ("paused", ""))
        if error:
            ending, reason = "crashed", "the worker process died"
        self._driver.leave(self.assigned.pop(trial_id), ending, reason)

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Save nothing: the study has it all."""


class Decide(_Unkept, FIFOScheduler):  # type: ignore[misc]
    """Ray hands over a result, and is told whether the stint goes on."""

    def __init__(self, driver: Driver, suggest: Suggest) -> None:
        super().__init__()
        self._driver = driver
        self._suggest = suggest

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Return CONTINUE or STOP; why it stops waits in `Suggest.endings`."""
        said = StepResult.from_json(result["report"])
        decision = self._driver.result(said)
        if decision is Decision.CONTINUE:
            return str(TrialScheduler.CONTINUE)
        if said.failure:
            ending: tuple[Ending, str] = ("failed", said.failure)
        else:
            ending = ("paused" if decision is Decision.PAUSE else "stopped", "")
        self._suggest.endings[trial.trial_id] = ending
        return str(TrialScheduler.STOP)


class Tick(_Unkept, tune.Callback):  # type: ignore[misc]
    """Ray's loop gives the driver its time."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def on_step_begin(self, iteration: int, trials: list[Trial], **info: Any) -> None:
        """Do what is due."""
        self._driver.tick()


def execute(driver: Driver, allocation: Allocation) -> None:
    """Run the search until the Policy is done. Ray must have been started (`local_ray`).

    Raises:
        OSError: the study could not be written, say because the disk is full; nothing recorded is lost.
    """
    suggest = Suggest(driver, threads=max(1, int(allocation.cpus)))
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(allocation.workers)
    with tempfile.TemporaryDirectory(prefix="winnow-tune-") as folder:
        tuner = tune.Tuner(
            tune.with_resources(WarmWorker, {"cpu": allocation.cpus, "gpu": allocation.gpus}),
            tune_config=tune.TuneConfig(
                search_alg=suggest,
                scheduler=Decide(driver, suggest),
                num_samples=-1,
                reuse_actors=True,
                trial_name_creator=lambda trial: trial.trial_id,
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=folder,
                verbose=0,
                callbacks=[Tick(driver)],
                failure_config=tune.FailureConfig(max_failures=0),
                # A class trainable is asked for a checkpoint of Ray's at its end otherwise.
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False, checkpoint_frequency=0),
            ),
        )
        tuner.fit()


@contextlib.contextmanager
def local_ray(allocation: Allocation) -> Iterator[None]:
    """Start Ray inside this process's machine, silent and without a dashboard, and leave nothing behind."""
    os.environ.update(QUIET)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix="winnow-ray-", dir="/tmp"))
    (folder / "owner").write_text(str(os.getpid()))
    try:
        ray.init(
            num_cpus=max(1, int(allocation.cpus * allocation.workers)),
            num_gpus=int(-(-allocation.gpus * allocation.workers // 1)),
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=OBJECT_STORE,
            _temp_dir=str(folder),
        )
        logging.getLogger("ray").setLevel(logging.ERROR)
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what a killed driver left of its Ray."""
    for folder in Path("/tmp").glob("winnow-ray-*"):
        with contextlib.suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text())
            if not Path(f"/proc/{owner}").exists():
                shutil.rmtree(folder, ignore_errors=True)
