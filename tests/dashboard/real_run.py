"""A real run of four small trials, with all that a search leaves: answers, logs, weights, and where the images are."""

from __future__ import annotations

import json
from pathlib import Path

from search.plan.plan import load_plan
from search.runs.images import describe
from search.runs.layout import RunLayout
from search.training.data import load_data
from search.tuning.vocabulary import vocabulary
from tests.inprocess import SPACE, finished_run


def real_run(folder: Path, text: str = SPACE) -> Path:
    """Run it in this process; return its folder."""
    root = finished_run(folder, text)
    plan = load_plan(root / "plan.yaml", vocabulary=vocabulary())
    data = load_data(plan.data.config)
    said = describe(data.split_fingerprint, data.classes, data.shape, data.validation.images)
    RunLayout(root).images.write_text(json.dumps(said), encoding="utf-8")
    return root
