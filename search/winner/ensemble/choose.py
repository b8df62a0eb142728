"""Chooses the ensemble of a run by what its trials said about the validation images; writes down what it gains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search.plan.plugins import load_plugins
from search.runs.layout import write_json
from search.runs.predictions import PredictionsError, read_predictions
from search.runs.run import Run, Trial
from search.training.cost import figures
from search.training.data import load_data
from search.training.predictions import Predictions
from search.winner.candidate import CannotExport, without_weights
from search.winner.confirmation.estimate import estimate, paired
from search.winner.ensemble.document import Chosen, EnsembleChoice, Size
from search.winner.ensemble.selection import (
    SIZE,
    Labels,
    Probabilities,
    held_out,
    probabilities,
    select,
)

MOST = 30
"""Trials that are looked at, the best ones: what is far behind the best is not chosen, and each costs memory."""


class NoEnsemble(CannotExport):
    """A run has no ensemble; the message says why."""


def choose_ensemble(run: Run, *, size: int = SIZE) -> EnsembleChoice:
    """Choose, and write ``winner/ensemble.json``.

    Args:
        run: with at least two completed trials whose weights were kept.
        size: models that are taken at the most, repetitions counted.

    Raises:
        NoEnsemble: there are fewer, or what one of them said is missing or damaged.
        DataError, PlanError: the images or plugins cannot be read.
    """
    if run.foreign:
        raise NoEnsemble(f"{run.name}: these logs are another program's, which has kept no weights here")
    library = [run.trial(number) for number in run.exportable()]
    if not_copied := without_weights(run):
        raise NoEnsemble(f"{run.name}: the weights {not_copied}")
    if len(library) < 2:
        raise NoEnsemble(
            f"{run.name}: an ensemble needs at least 2 completed trials whose weights were kept, but there "
            f"{'is 1' if library else 'are none'}"
        )
    try:
        said, labels = _said(_read(library))
        judged = _judged(run)
        everybody = said if len(judged) == len(library) else _said(_read(judged))[0]
    except PredictionsError as error:
        raise NoEnsemble(f"{run.name}: {error}") from error
    by_loss = run.plan.objective.metric == "val/loss"
    shares = select(said, labels, size=size, by_loss=by_loss)
    together, alone = held_out(said, labels, size=size, by_loss=by_loss)
    (best,) = select(said, labels, size=1, by_loss=by_loss)
    found = EnsembleChoice(
        run=run.name,
        members=tuple(Chosen(library[row].number, share) for row, share in shares.items()),
        together=estimate(together[None]),
        alone=estimate(alone[None]),
        gain=paired(together, alone),
        cost=_cost(run, [library[row] for row in shares]),
        cost_alone=_cost(run, [library[best]]),
        library=len(library),
        completed=sum(trial.status == "completed" for trial in run.trials),
        judged=len(judged),
        possible=(
            paired(*held_out(everybody, labels, size=size, by_loss=by_loss))
            if everybody is not said
            else None
        ),
    )
    write_json(run.layout.ensemble, found.to_json())
    return found


def _said(predictions: Sequence[Predictions]) -> tuple[Probabilities, Labels]:
    """Return what several trials hold for likely about the same images, and the labels."""
    first = predictions[0]
    if any(not np.array_equal(one.indices, first.indices) for one in predictions):
        raise PredictionsError("the trials were judged on different validation images")
    return np.stack([probabilities(one.logits) for one in predictions]), first.labels


def _read(trials: Sequence[Trial]) -> list[Predictions]:
    return [read_predictions(trial.layout.validation) for trial in trials]


def _judged(run: Run) -> list[Trial]:
    """Return the best completed trials whose predictions are there, whether or not their weights were kept."""
    completed = [trial for trial in run.ranking() if trial.status == "completed"]
    return [trial for trial in completed if trial.layout.validation.is_file()][:MOST]


def _cost(run: Run, trials: Sequence[Trial]) -> Size:
    data = load_data(run.plan.data.config, directory=run.plan.data.folder)
    load_plugins([Path(plugin) for plugin in run.plan.plugins])
    found = [
        figures(trial.config, data.shape, len(data.classes), ("parameters", "flops"))
        for trial in trials
        if trial.config
    ]
    return Size(*(sum(one[name] for one in found) for name in ("parameters", "flops")))
