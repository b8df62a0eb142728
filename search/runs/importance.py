"""How much each parameter matters for the objective, among trials that were trained equally long.

PED-ANOVA (Watanabe et al. 2023, https://arxiv.org/abs/2304.10255; conditional parameters: https://arxiv.org/abs/2601.20800)
answers at once: how differently the best trials are distributed. fANOVA (Hutter et al. 2014,
https://proceedings.mlr.press/v32/hutter14.html) explains the variance by a random forest and takes long, so it gets a
sample. Both are Optuna's; what is ours is the sample: values of one epoch, never scores of unequal ones.
"""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import RandomSampler
from optuna.search_space import intersection_search_space
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.plan.domain import Choice, Domain, Float, Int
from search.plan.trial_config import Value
from search.runs.record import TrialRecord
from search.runs.run import Run

TOP_SHARE = 0.1
"""The share of trials that PED-ANOVA calls good: the default of Optuna and of the paper."""

TOP_TRIALS = 5
"""At least so many trials must be good ones for a stable answer (Optuna's documentation of the evaluator)."""

LEAST_TRIALS = 2 * TOP_TRIALS
"""Of fewer trials nothing is said: good and other ones would be a handful each."""

FANOVA_TRIALS = 300
"""fANOVA of 64 trees and 12 parameters takes 3 s on 300 trials, and had not ended after 95 s on 5,000."""

FANOVA_ROUNDS, FANOVA_TREES = 8, 8
"""64 trees, Optuna's default, in rounds, so that progress can be told and the spread between forests is known."""


@dataclass(frozen=True)
class Importance:
    """The share of each parameter, the largest first; together 1, or all 0 where none matters.

    ``trials`` have a value at ``epoch``: on these it rests. ``note`` says in words what limits it, or is empty.
    """

    shares: Mapping[str, float]
    epoch: int
    trials: int
    note: str = ""


@dataclass(frozen=True)
class Round:
    """fANOVA after some of its rounds: the mean share of each parameter so far, and its standard error."""

    number: int
    of: int
    importance: Importance
    errors: Mapping[str, float]


def compared(run: Run, epoch: int) -> list[TrialRecord]:
    """Return the trials with a finite value at an epoch, without those of another horizon's schedule."""
    records = (trial.record for trial in run.trials)
    return [
        known
        for known in records
        if not known.aside and math.isfinite(known.values.get(epoch, math.nan)) and known.status != "rejected"
    ]


def ped_anova(run: Run, epoch: int) -> Importance | None:
    """Return what the best trials at an epoch have in common, parameter by parameter.

    Args:
        run: with any number of trials.
        epoch: at which they are compared.

    Returns:
        None where fewer than `LEAST_TRIALS` have a value there, or nothing is searched.
    """
    records = compared(run, epoch)
    if len(records) < LEAST_TRIALS:
        return None
    study = _study(run, records, epoch)
    if not any(trial.distributions for trial in study.get_trials()):
        return None
    share = max(TOP_SHARE, TOP_TRIALS / len(records))
    shares, told = _shares(study, _methods().PedAnovaImportanceEvaluator(target_quantile=share))
    good = math.ceil(share * len(records))
    note = f"It compares the best {good} with all {len(records):,}."
    if any("regime" in text for text in told):
        note += " Some settings are used in few trials; their shares are rough."
    return Importance(shares, epoch, len(records), note)


def fanova(
    run: Run,
    epoch: int,
    *,
    trials: int = FANOVA_TRIALS,
    rounds: int = FANOVA_ROUNDS,
    trees: int = FANOVA_TREES,
    seed: int = 0,
) -> Iterator[Round]:
    """Yield, round after round, how much of the variance at an epoch each parameter explains by itself.

    Parameters that some of the trials do not use are left out: fANOVA knows no conditions.

    Args:
        run: with any number of trials.
        epoch: at which they are compared.
        trials: the most that are looked at, drawn at random.
        rounds: forests.
        trees: of each forest.
        seed: of the draw and of the forests.

    Raises:
        ValueError: fewer than `LEAST_TRIALS` have a value at the epoch, or they share no parameter.
    """
    found = compared(run, epoch)
    drawn = np.random.default_rng(seed).permutation(len(found))[:trials]
    sample = [found[place] for place in sorted(drawn)]
    study = _study(run, sample, epoch)
    if len(sample) < LEAST_TRIALS:
        raise ValueError(
            f"fANOVA needs at least {LEAST_TRIALS} trials with a value at epoch {epoch}, but {len(sample)} have one"
        )
    if not intersection_search_space(study.get_trials()):
        raise ValueError(
            f"the {len(sample)} trials with a value at epoch {epoch} share no searched parameter"
        )
    note = "" if len(sample) == len(found) else f"{len(sample):,} of {len(found):,} trials, drawn at random."
    told: list[Mapping[str, float]] = []
    for number in range(rounds):
        forest = _methods().FanovaImportanceEvaluator(n_trees=trees, seed=seed + number)
        told.append(_shares(study, forest)[0])
        mean, errors = _mean(told)
        yield Round(number + 1, rounds, Importance(mean, epoch, len(sample), note), errors)


def _methods() -> Any:
    """Return Optuna's importances. Late: they import scikit-learn, 2 s that neither `--help` nor a page waits for."""
    return importlib.import_module("optuna.importance")


def _shares(study: optuna.Study, evaluator: Any) -> tuple[Mapping[str, float], tuple[str, ...]]:
    """Return the shares, and what Optuna warned of: a page says it in its own words."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = _methods().get_param_importances(study, evaluator=evaluator)
    return found, tuple(str(warning.message) for warning in told)


def _mean(told: list[Mapping[str, float]]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    names = list(told[0])
    shares: npt.NDArray[np.float64] = np.array([[one[name] for name in names] for one in told])
    means = shares.mean(axis=0)
    spread = shares.std(axis=0, ddof=1) / math.sqrt(len(told)) if len(told) > 1 else np.zeros(len(names))
    order = np.argsort(-means, kind="stable")
    return (
        {names[place]: float(means[place]) for place in order},
        {names[place]: float(spread[place]) for place in order},
    )


class _Sample(optuna.Study):
    """A study that only answers which trials it has: taking 5,000 into a storage copies them for a second."""

    def __init__(self, trials: Sequence[FrozenTrial], *, maximize: bool) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # it tells every new study
        direction = StudyDirection.MAXIMIZE if maximize else StudyDirection.MINIMIZE
        storage = InMemoryStorage()
        name = storage.get_study_name_from_id(storage.create_new_study([direction]))
        super().__init__(name, storage, sampler=RandomSampler(seed=0))
        self._sample = list(trials)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials, which nobody changes; all of them are complete."""
        del deepcopy
        return self._sample if states is None or TrialState.COMPLETE in states else []


def _study(run: Run, records: Sequence[TrialRecord], epoch: int) -> _Sample:
    """Return trials of equal length as complete ones, with their values at that length."""
    axes = {p.name: _Axis.of(p.domain) for p in run.plan.space.parameters if p.domain.size() > 1}
    trials = [_frozen(number, axes, known, epoch) for number, known in enumerate(records)]
    return _Sample(trials, maximize=run.scoring.maximize)


def _frozen(number: int, axes: Mapping[str, _Axis], known: TrialRecord, epoch: int) -> FrozenTrial:
    # A trial of an earlier space can have a value that the present one lacks.
    names = [
        name for name, axis in axes.items() if name in known.point and axis.domain.contains(known.point[name])
    ]
    made = create_trial(
        state=TrialState.COMPLETE,
        value=known.values[epoch],
        params={name: axes[name].place(known.point[name]) for name in names},
        distributions={name: axes[name].distribution for name in names},
    )
    made.number = made._trial_id = number
    return made


@dataclass(frozen=True)
class _Axis:
    """A domain in Optuna's words; ``log``: as the logarithm, because fANOVA draws on the scale that it is given."""

    domain: Domain
    distribution: BaseDistribution
    log: bool = False

    @classmethod
    def of(cls, domain: Domain) -> _Axis:
        """Return the axis of a domain that leaves a choice."""
        if isinstance(domain, Choice):
            return cls(domain, CategoricalDistribution(domain.options))
        assert isinstance(domain, Float | Int), "what leaves no choice is not searched"
        if domain.log:
            return cls(domain, FloatDistribution(math.log(domain.low), math.log(domain.high)), log=True)
        if domain.step is None and isinstance(domain, Float):
            return cls(domain, FloatDistribution(domain.low, domain.high))
        # On a grid Optuna wants the last value to be one of it.
        last = max(domain.values())
        return cls(domain, FloatDistribution(domain.low, last, step=domain.step or 1))

    def place(self, value: Value) -> Value:
        """Return a value of the domain on the axis."""
        return math.log(float(value)) if self.log else value  # type: ignore[arg-type]  # numbers have logs
