"""A space asked of Optuna in Optuna's own way: distributions, or one `suggest_*` call for each active parameter."""

from __future__ import annotations

from collections.abc import Callable

from optuna import Trial
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from search.plan.domain import Domain, Fixed
from search.plan.space import Space
from search.plan.trial_config import Value
from search.tuning.distributions import distribution

Suggest = Callable[[Trial], dict[str, Value]]


def optuna_space(space: Space) -> dict[str, BaseDistribution] | Suggest:
    """Return a space as `OptunaSearch` takes it: distributions, or a function where there are conditions."""
    if any(parameter.when or isinstance(parameter.domain, Fixed) for parameter in space.parameters):
        return lambda trial: suggest(trial, space)
    return {parameter.name: distribution(parameter.domain) for parameter in space.parameters}


def suggest(trial: Trial, space: Space) -> dict[str, Value]:
    """Return the complete point that an Optuna trial suggests."""
    return space.walk(lambda name, domain: _suggested(trial, name, domain))


def _suggested(trial: Trial, name: str, domain: Domain) -> Value:
    wanted = distribution(domain)
    if isinstance(wanted, FloatDistribution):
        return trial.suggest_float(name, wanted.low, wanted.high, step=wanted.step, log=wanted.log)
    if isinstance(wanted, IntDistribution):
        return trial.suggest_int(name, wanted.low, wanted.high, step=wanted.step, log=wanted.log)
    assert isinstance(wanted, CategoricalDistribution)
    return trial.suggest_categorical(name, wanted.choices)
