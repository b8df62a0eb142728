"""Winnow as a user runs it: the command `search.run` on a space whose `start:` is the list of configurations.

    python -m benchmarks.contenders.winnow FOLDER

Nothing is changed but this: a plugin marks the steps, and the driver's `result` is counted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.contenders import mark_plugin
from benchmarks.contenders.marks import DriverClock
from benchmarks.contenders.work import DATA, SETTINGS, Job
from search.run import main as search_run
from search.tuning.driver import Driver


def space(job: Job) -> dict[str, Any]:
    """Return the space; JSON is YAML, too."""
    return {
        "name": "overhead",
        "data": {"name": DATA.name, "validation": DATA.validation, "split_seed": DATA.split_seed},
        "budget": {"trials": job.trials, "epochs": job.epochs},
        "scheduler": "none",
        "sampler": "random",
        "resources": {"cpus": 1, "gpus": 0},
        "plugins": [str(Path(mark_plugin.__file__).resolve())],
        "start": job.points,
        "space": {**SETTINGS, "width": job.width, "learning_rate": {"low": 1e-4, "high": 1.0, "log": True}},
    }


def count_results(clock: DriverClock) -> None:
    """Let the clock see each result, when the driver has dealt with it."""
    uncounted = Driver.result

    def counted(driver: Driver, *arguments: Any) -> Any:
        decision = uncounted(driver, *arguments)
        clock.report()
        return decision

    Driver.result = counted  # type: ignore[assignment, method-assign]


def main() -> int:
    """Run the job of the command line."""
    job = Job.of_command_line()
    path = job.folder / "overhead.yaml"
    path.write_text(json.dumps(space(job)))
    count_results(DriverClock(job.folder, job.trials * job.epochs))
    limits = ["--concurrency", str(job.workers), "--runs-dir", str(job.folder / "runs")]
    return search_run(["--space", str(path), "--local", "--json", *limits])


if __name__ == "__main__":
    sys.exit(main())
