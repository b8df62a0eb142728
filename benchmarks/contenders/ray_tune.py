"""Stock Ray Tune: a function trainable that reports each epoch with its checkpoint, everything at its defaults.

    python -m benchmarks.contenders.ray_tune FOLDER [--reuse-actors]

Source: Ray 2.60, "Getting Started with Ray Tune" and "How to Save and Load Trial Checkpoints".
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import ray
import torch
from ray import tune

from benchmarks.contenders.marks import DriverClock, mark_steps
from benchmarks.contenders.work import DATA, Job
from search.training.data import load_data
from search.training.fit import fit


def trainable(config: dict[str, Any]) -> None:
    """Train one configuration."""
    torch.set_num_threads(1)
    mark_steps()
    training = fit(config["trial"], load_data(DATA))
    for report in training:
        with tempfile.TemporaryDirectory() as folder:
            training.save(Path(folder) / "checkpoint.pt")
            tune.report(dict(report.metrics), checkpoint=tune.Checkpoint.from_directory(folder))


class Count(tune.Callback):  # type: ignore[misc]
    """Lets the clock see each result, after the callbacks that Ray Tune adds by itself."""

    def __init__(self, clock: DriverClock) -> None:
        self._clock = clock

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: Any, **info: Any
    ) -> None:
        """Count."""
        self._clock.report()


def tune_all(job: Job) -> None:
    """Run the list, and fail when a trial has."""
    clock = DriverClock(job.folder, job.trials * job.epochs)
    tuner = tune.Tuner(
        trainable,
        param_space={"trial": tune.grid_search(job.configs)},
        tune_config=tune.TuneConfig(
            metric="val/accuracy", mode="max", reuse_actors="--reuse-actors" in sys.argv
        ),
        run_config=tune.RunConfig(storage_path=str(job.folder / "ray"), callbacks=[Count(clock)]),
    )
    results = tuner.fit()
    if results.errors:
        raise results.errors[0]


def main() -> None:
    """Run the job of the command line."""
    job = Job.of_command_line()
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        ray.init(num_cpus=job.workers, _temp_dir=folder)
        try:
            tune_all(job)
        finally:
            ray.shutdown()


if __name__ == "__main__":
    main()
