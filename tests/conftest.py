"""What every test needs: quiet libraries, and parts that are registered."""

from __future__ import annotations

import optuna

import search.tuning.samplers.random
import search.tuning.samplers.rung_tpe
import search.tuning.schedulers.asha
import search.tuning.schedulers.none  # noqa: F401

optuna.logging.set_verbosity(optuna.logging.WARNING)
