"""Makes the logs in `ray_tune/`: what stock Ray Tune writes, three trials of at most six iterations.

python tests/runs/logs/data/make_ray_tune.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler

FOLDER = Path(__file__).parent / "ray_tune"


def train(config: dict[str, float | dict[str, bool]]) -> None:
    for epoch in range(1, 7):
        tune.report(
            {"val_accuracy": 1 - config["learning_rate"] / epoch, "val_loss": config["learning_rate"] / epoch}
        )


def main() -> None:
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as folder:
        space = {
            "learning_rate": tune.grid_search([0.001, 0.01, 0.5]),
            "optimizer": "sgd",
            "batch_size": 64,
            "augment": {"flip": True},
        }
        scheduler = ASHAScheduler(
            metric="val_accuracy", mode="max", max_t=6, grace_period=2, reduction_factor=2
        )
        config = tune.TuneConfig(scheduler=scheduler, max_concurrent_trials=1)
        run = tune.RunConfig(name="ray_tune", storage_path=folder, verbose=0)
        tune.Tuner(train, param_space=space, tune_config=config, run_config=run).fit()
        shutil.rmtree(FOLDER, ignore_errors=True)
        for path in sorted(Path(folder).glob("ray_tune/*/*")):
            if "tfevents" in path.name or path.name == "params.json":
                kept = FOLDER / path.parent.name[-20:].lstrip("_") / path.name
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, kept)
    ray.shutdown()


if __name__ == "__main__":
    main()
