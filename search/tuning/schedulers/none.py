"""No early stopping: every trial is trained to its horizon."""

from __future__ import annotations

from search.tuning.schedulers import Scheduler, schedulers


@schedulers.register("none")
def none(horizon: int) -> Scheduler:
    """Train every trial to its horizon."""
    return Scheduler()
