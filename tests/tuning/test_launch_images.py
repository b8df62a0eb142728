"""What a search writes of its images: a run of an older version gets what a reader needs when it is resumed."""

from __future__ import annotations

import json
from pathlib import Path

from search.plan.trial_config import DataConfig
from search.runs.images import open_images
from search.runs.layout import RunLayout
from search.training.data import load_data
from search.tuning import launch


def test_an_older_run_learns_where_its_images_are_and_a_second_call_leaves_the_file_alone(
    tmp_path: Path,
) -> None:
    data = load_data(DataConfig("digits"), cache=tmp_path / "cache")
    layout = RunLayout(tmp_path)
    layout.images.write_text(json.dumps({"split": data.split_fingerprint}))
    launch._describe_images(layout, data)
    assert json.loads(layout.images.read_text())["split"] == data.split_fingerprint
    assert len(open_images(layout, cache=tmp_path / "cache").pixels) == len(data.validation.images)
    before = layout.images.stat().st_ino
    launch._describe_images(layout, data)
    assert layout.images.stat().st_ino == before
