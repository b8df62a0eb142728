"""Every sampler and scheduler that comes with Winnow: importing a part registers it."""

import search.tuning.samplers.curve_gp
import search.tuning.samplers.optunas
import search.tuning.samplers.random
import search.tuning.samplers.rung_tpe
import search.tuning.schedulers.asha
import search.tuning.schedulers.hyperband
import search.tuning.schedulers.median
import search.tuning.schedulers.none  # noqa: F401
from search.plan.plan import Plan
from search.training.errors import SettingsError
from search.tuning.samplers import samplers
from search.tuning.schedulers import Scheduler, schedulers

__all__ = ["samplers", "scheduler_of", "schedulers"]


def scheduler_of(plan: Plan) -> Scheduler:
    """Return the scheduler that a plan describes, for its horizon.

    Raises:
        SettingsError: its settings do not fit the horizon or each other.
    """
    try:
        return schedulers[plan.scheduler.name].build(plan.budget.epochs, **plan.scheduler.settings)
    except ValueError as error:
        raise SettingsError(str(error)) from error
