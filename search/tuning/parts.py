"""Every sampler and scheduler that comes with Winnow: importing a part registers it."""

import search.tuning.samplers.random
import search.tuning.samplers.rung_tpe
import search.tuning.schedulers.asha
import search.tuning.schedulers.none  # noqa: F401
from search.tuning.samplers import samplers
from search.tuning.schedulers import schedulers

__all__ = ["samplers", "schedulers"]
