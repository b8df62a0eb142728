"""The ensemble of a run as something that is exported: its members' weights, and what they say together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import log_softmax, logsumexp

from search.runs.run import Run
from search.training.predictions import Predictions
from search.winner.candidate import CannotExport, Trained, choose, load
from search.winner.ensemble.choose import choose_ensemble
from search.winner.ensemble.document import EnsembleChoice, EnsembleError, read_ensemble


def load_ensemble(run: Run) -> Trained:
    """Read the weights of the trials that ``winner/ensemble.json`` names; they are chosen where that is not there.

    Raises:
        CannotExport: the choice is damaged, or the weights or predictions of a member are not there.
        NoEnsemble: none can be chosen.
        CheckpointError, DataError, PlanError: see `candidate.load`.
    """
    choice = _choice(run)
    try:
        parts = [(load(run, choose(run, one.trial)), one.share) for one in choice.members]
    except CannotExport as error:
        raise CannotExport(f"{error}; `search.ensemble` chooses anew among what is there") from error
    first = parts[0][0]
    members = tuple(replace(part.members[0], share=share) for part, share in parts)
    return replace(first, members=members, predictions=_together(parts))


def _choice(run: Run) -> EnsembleChoice:
    if not run.layout.ensemble.exists():
        return choose_ensemble(run)
    try:
        return read_ensemble(run.layout.ensemble)
    except EnsembleError as error:
        raise CannotExport(f"{error}; remove it, and it is chosen anew") from error


def _together(parts: list[tuple[Trained, float]]) -> Predictions:
    """Return the logits of the ensemble: the logarithm of the weighted mean of the recorded probabilities."""
    first = parts[0][0].predictions
    if len(parts) == 1:
        return first
    if any(not np.array_equal(part.predictions.indices, first.indices) for part, _ in parts):
        raise CannotExport("the members of the ensemble were judged on different validation images")
    said = [
        log_softmax(part.predictions.logits.astype(np.float32), axis=1) + np.log(np.float32(share))
        for part, share in parts
    ]
    return replace(first, logits=logsumexp(said, axis=0).astype(np.float16))
