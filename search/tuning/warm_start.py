"""Where a search begins from: earlier runs, and bundles of earlier winners."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from search.plan.trial_config import TrialConfig
from search.runs.layout import RunLayout
from search.runs.memory import PastSearch, PastTrial, remember
from search.runs.run import open_run

RECIPE = "config.json"
"""The file of a bundle with the winner's complete configuration."""


def recall(places: Sequence[Path]) -> tuple[PastSearch, ...]:
    """Return what is worth remembering of earlier searches.

    Args:
        places: folders of runs, or of bundles.

    Raises:
        FileNotFoundError: a folder is neither.
        ValueError: a run has no trial with a value, or a bundle's configuration cannot be read.
    """
    return tuple(_recall(place) for place in places)


def _recall(place: Path) -> PastSearch:
    if RunLayout(place).plan.is_file():
        return _recall_run(place)
    if (place / RECIPE).is_file():
        return _recall_bundle(place)
    raise FileNotFoundError(
        f"--warm-start {place}: the folder of a run (with a plan.yaml) or of a bundle (with a {RECIPE}) is expected"
    )


def _recall_run(place: Path) -> PastSearch:
    run = open_run(place)
    records = [trial.record for trial in run.trials]
    found = remember(run.name, records, scoring=run.scoring, epochs=run.plan.budget.epochs)
    if not found.trials:
        raise ValueError(f"--warm-start {place}: no trial of that run has finished an epoch")
    return found


def _recall_bundle(place: Path) -> PastSearch:
    path = place / RECIPE
    try:
        config = TrialConfig.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"--warm-start {path}: a trial's configuration is expected, but {error}") from error
    return PastSearch(place.name, (PastTrial(dict(config.settings), (1.0,), (0.0,)),))
