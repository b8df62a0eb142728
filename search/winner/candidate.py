"""Which trial is exported, and all that is known of it: weights, images, what it said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from search.plan.plugins import load_plugins
from search.plan.trial_config import TrialConfig
from search.runs.predictions import PredictionsError, read_predictions
from search.runs.run import Run, Trial
from search.training.checkpoint import load_checkpoint
from search.training.data import Data, load_data
from search.training.predictions import Predictions


class CannotExport(ValueError):  # noqa: N818 (says what is the case)
    """A trial cannot be exported; the message says why, and what can be."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trial as its last epoch left it.

    ``weights`` are the model's state on the CPU, of which it said ``predictions`` about the validation images.
    """

    run: Run
    trial: Trial
    config: TrialConfig
    data: Data
    weights: Mapping[str, Tensor]
    predictions: Predictions


def choose(run: Run, number: int | None = None) -> Trial:
    """Return the trial to export.

    Args:
        run: where it was trained.
        number: of it; None: the best one.

    Raises:
        CannotExport: there is none of that number, it has not ended, or its weights were not kept.
    """
    if run.foreign:
        raise CannotExport(f"{run.name}: these logs are another program's, which has kept no weights here")
    try:
        trial = run.best() if number is None else run.trial(number)
    except KeyError as error:
        raise CannotExport(str(error.args[0])) from error
    if trial is None:
        raise CannotExport(f"{run.name}: no trial has finished an epoch yet")
    if trial.status in ("running", "waiting"):
        raise CannotExport(f"{run.name}: trial {trial.number} has not ended yet; {others(run)}")
    if trial.weights is None or trial.config is None:
        raise CannotExport(
            f"{run.name}: the weights of trial {trial.number} ({trial.status}) were not kept: a search keeps those of "
            f"its five best completed trials; {others(run)}"
        )
    return trial


def others(run: Run) -> str:
    """Return which trials can be exported, in words."""
    able = run.exportable()
    return f"those of trials {', '.join(map(str, able))} are there" if able else "no trial's are there"


def load(run: Run, trial: Trial) -> Trained:
    """Read a trial's weights, its images and its predictions.

    Args:
        run: where it was trained.
        trial: of `choose`.

    Raises:
        CannotExport: its predictions are missing, damaged, or of another epoch than its weights.
        CheckpointError: its weights are damaged, or of other images than there are now.
        DataError: its images are missing or damaged.
        PlanError: a plugin of it cannot be loaded.
    """
    config, path = trial.config, trial.weights
    assert config is not None, "`choose` has looked"
    assert path is not None, "`choose` has looked"
    load_plugins(config.plugins)
    data = load_data(config.data, directory=run.plan.data.folder)
    state = load_checkpoint(path, config, data.split_fingerprint)
    try:
        said = read_predictions(trial.layout.validation)
    except PredictionsError as error:
        raise CannotExport(
            f"trial {trial.number} cannot be checked, so it is not exported: {error}"
        ) from error
    if said.step != state["epoch"]:
        raise CannotExport(
            f"{trial.layout.validation} is of epoch {said.step}, but {path} of epoch {state['epoch']}: "
            f"trial {trial.number} cannot be checked, so it is not exported"
        )
    return Trained(run, trial, config, data, state["model"], said)
