"""Where a search begins from: earlier runs, single trials, bundles of earlier winners, its own shorter trainings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optuna.study import Study, StudyDirection

from search.plan.mistake import PlanError
from search.plan.trial_config import TrialConfig
from search.runs.errors import StudyError
from search.runs.layout import RunLayout, TrialLayout
from search.runs.memory import PastSearch, PastTrial, remember_all
from search.runs.ranking import Scoring
from search.runs.reader import open_run
from search.runs.record import COPIED, read

RECIPE = "config.json"
"""The file of a bundle with the winner's complete configuration."""


class CannotRecall(ValueError):  # noqa: N818 (says what is the case)
    """Nothing can be learned from what a search was told to begin from."""


def recall(places: Sequence[Path]) -> tuple[PastSearch, ...]:
    """Return what is worth remembering of earlier searches.

    Args:
        places: folders of runs, of single trials of a run, or of bundles.

    Raises:
        CannotRecall: a folder is none of them or cannot be read, or a run has no trial with a value.
    """
    return tuple(search for place in dict.fromkeys(places) for search in _recall(place))


def shorter_trainings(study: Study, *, at_best: bool) -> tuple[PastSearch, ...]:
    """Return what a study's own trials on schedules of another length say, the newest length first.

    Args:
        study: of a run whose horizon was changed, or any other, of which there is nothing to say.
        at_best: whether a trial is scored by its best epoch.
    """
    trials = study.get_trials(deepcopy=False)
    aside = [read(t) for t in trials if COPIED in t.system_attrs and t.system_attrs[COPIED]["aside"]]
    scoring = Scoring(maximize=study.direction == StudyDirection.MAXIMIZE, at_best=at_best)
    return remember_all(study.study_name, aside, scoring=scoring, epochs=0)


def _recall(place: Path) -> tuple[PastSearch, ...]:
    if RunLayout(place).plan.is_file():
        return _recall_run(place)
    if (place / RECIPE).is_file():
        return (_recall_bundle(place, place / RECIPE),)
    if TrialLayout(place).document.is_file():
        return (_recall_bundle(place, TrialLayout(place).document),)
    raise CannotRecall(
        f"--warm-start {place}: the folder of a run (with a plan.yaml), of a trial (with a trial.json) or of a "
        f"bundle (with a {RECIPE}) is expected"
    )


def _recall_run(place: Path) -> tuple[PastSearch, ...]:
    try:
        run = open_run(place)
    except (PlanError, StudyError) as error:
        raise CannotRecall(f"--warm-start {place}: the run cannot be read: {error}") from error
    records = [trial.record for trial in run.trials]
    found = remember_all(run.name, records, scoring=run.scoring, epochs=run.plan.budget.epochs)
    if not found:
        raise CannotRecall(f"--warm-start {place}: no trial of that run has finished an epoch")
    return found


def _recall_bundle(place: Path, path: Path) -> PastSearch:
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        config = TrialConfig.from_json(document.get("config", document))
        trial = PastTrial(dict(config.settings), (1.0,), (0.0,))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotRecall(
            f"--warm-start {path}: a trial's configuration is expected, but it cannot be read: "
            f"{type(error).__name__}: {error}"
        ) from error
    return PastSearch(place.resolve().name, (trial,))
