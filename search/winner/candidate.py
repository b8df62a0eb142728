"""Which trial is exported, and all that is known of it: weights, images, what it said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from search.plan.plugins import load_plugins
from search.plan.trial_config import TrialConfig
from search.runs.copies import fetch_command
from search.runs.predictions import PredictionsError, read_predictions
from search.runs.run import Run, Trial
from search.training.auxiliary import judged
from search.training.checkpoint import load_checkpoint
from search.training.data import Data, load_data
from search.training.predictions import Predictions
from search.winner.confirmation.document import ConfirmationError, read_confirmation


class CannotExport(ValueError):  # noqa: N818 (says what is the case)
    """A trial cannot be exported; the message says why, and what can be."""


@dataclass(frozen=True, eq=False)
class TrainedMember:
    """A trial as its last epoch left it.

    ``weights`` are the model's state on the CPU; ``share`` is its weight in the mean of all members' probabilities.
    """

    trial: Trial
    config: TrialConfig
    weights: Mapping[str, Tensor]
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Trained:
    """What is exported: one trial, or several as an ensemble.

    The shares of the ``members`` sum to 1, and the first has the greatest. All were trained on ``data``. Together
    they say ``predictions`` about the validation images: recorded ones of a trial, the mean of these of an ensemble.
    """

    run: Run
    members: tuple[TrainedMember, ...]
    data: Data
    predictions: Predictions

    @property
    def trial(self) -> Trial:
        """The first member's."""
        return self.members[0].trial

    @property
    def config(self) -> TrialConfig:
        """How the first member was trained."""
        return self.members[0].config


@dataclass(frozen=True)
class Choice:
    """The trial that is exported, and why that one, in words."""

    trial: Trial
    why: str


def choose(run: Run, number: int | None = None) -> Trial:
    """Return the trial to export; see `choice`."""
    return choice(run, number).trial


def choice(run: Run, number: int | None = None) -> Choice:
    """Return the trial to export, and why that one.

    Args:
        run: where it was trained.
        number: of it; None: the winner of the confirmation, where there was one, else the best of the search.

    Raises:
        CannotExport: there is none of that number, it has not ended, or its weights were not kept.
    """
    if run.foreign:
        raise CannotExport(f"{run.name}: these logs are another program's, which has kept no weights here")
    found = _best(run) if number is None else Choice(_trial(run, number), "as asked for")
    trial = found.trial
    if trial.status in ("running", "waiting"):
        raise CannotExport(f"{run.name}: trial {trial.number} has not ended yet; {others(run)}")
    if trial.weights is None or trial.config is None:
        raise CannotExport(f"{run.name}: the weights of trial {trial.number} {_lacking(run, trial)}")
    return found


def _lacking(run: Run, trial: Trial) -> str:
    if not_copied := without_weights(run):
        return not_copied
    return f"({trial.status}) were not kept: a search keeps those of its five best completed trials; {others(run)}"


def without_weights(run: Run) -> str:
    """Return how the weights come to a copy of a run to which none have come; empty where that is not what lacks."""
    command = fetch_command(run.layout, "--weights")
    if not command or run.exportable():
        return ""
    return f"are not in this copy: `{command}` brings those that its search has kept"


def _best(run: Run) -> Choice:
    if run.layout.confirmation.is_file():
        try:
            winner = read_confirmation(run.layout.confirmation).winner
        except ConfirmationError as error:
            raise CannotExport(
                f"which trial is the winner cannot be read: {error}; name one with --trial N"
            ) from error
        return Choice(_trial(run, winner), "the winner of the confirmation")
    trial = run.best()
    if trial is None:
        raise CannotExport(f"{run.name}: no trial has finished an epoch yet")
    return Choice(trial, "the best of the search, not confirmed")


def _trial(run: Run, number: int) -> Trial:
    try:
        return run.trial(number)
    except KeyError as error:
        raise CannotExport(str(error.args[0])) from error


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
    weights = judged(state["model"], config.settings)
    return Trained(run, (TrainedMember(trial, config, weights),), data, said)
