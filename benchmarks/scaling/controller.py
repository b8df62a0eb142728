"""What Ray Tune's own controller takes, measured on trials that do nothing: it is added to every decision."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from search.tuning.local_ray import QUIET

TRIALS, RESULTS = (8, 200), (100, 2)
"""Few long trials and many short ones: two equations for what a trial takes and what a result takes."""


@dataclass(frozen=True)
class Controller:
    """CPU seconds of the driver's thread for a result, and for a trial beside its results."""

    per_result: float
    per_trial: float


MEASURED = Controller(per_result=0.0011, per_trial=0.011)
"""`python -m benchmarks.scaling.controller`: 0.8 to 1.4 ms and 10.8 to 11.6 ms on a busy machine with two workers; what
a thousand actors add to that nobody has measured."""


def measure() -> Controller:
    """Run both kinds of trials on a real Ray with two workers, as `search.tuning.bridge` does."""
    import ray  # noqa: PLC0415 (seconds, and nobody else here needs it)

    os.environ.update(QUIET)
    with tempfile.TemporaryDirectory() as folder:
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
        try:
            _cpu(4, 4, folder)  # starts the workers
            first, second = (_cpu(*shape, folder) for shape in zip(TRIALS, RESULTS, strict=True))
        finally:
            ray.shutdown()
    return solved(first, second)


def solved(first: float, second: float) -> Controller:
    """Return what a result and a trial take, from the CPU seconds of the two kinds of `TRIALS`."""
    (a, b), (c, d) = zip(TRIALS, (t * r for t, r in zip(TRIALS, RESULTS, strict=True)), strict=True)
    per_result = (first * c - second * a) / (b * c - d * a)
    return Controller(per_result, (first - b * per_result) / a)


def _cpu(trials: int, results: int, folder: str) -> float:
    """Return the CPU seconds of this thread, which runs the controller, for so many trials of so many results."""
    from ray import tune  # noqa: PLC0415

    class Nothing(tune.Trainable):  # type: ignore[misc]
        def step(self) -> dict[str, Any]:
            return {"done": self.iteration + 1 >= results}

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            return True

    began = time.thread_time()
    tune.Tuner(
        tune.with_resources(Nothing, {"cpu": 1}),
        tune_config=tune.TuneConfig(num_samples=trials, reuse_actors=True),
        run_config=tune.RunConfig(
            storage_path=folder,
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False, checkpoint_frequency=0),
        ),
    ).fit()
    return time.thread_time() - began


if __name__ == "__main__":
    print(measure())
