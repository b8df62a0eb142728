"""What a search writes of its images: a run of an older version gets what a reader needs when it is resumed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from search.plan.trial_config import DataConfig
from search.runs.images import NoImages, image_entry, open_images
from search.runs.layout import RunLayout
from search.runs.lease import Lease, RunIsHeld
from search.training.data import load_data
from search.tuning import launch
from tests.inprocess import finished_run


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


def test_a_run_whose_images_stay_in_their_files_says_where_a_worker_finds_their_names(tmp_path: Path) -> None:
    for index in range(4):
        folder = tmp_path / "images" / ("cat", "dog")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 40 * index).save(folder / f"{index}.png")
    config, cache = DataConfig("image_folder", validation=0.5), tmp_path / "cache"
    data = load_data(config, directory=tmp_path / "images", cache=cache, access="decoded")
    layout = RunLayout(tmp_path)
    launch._describe_images(layout, data)
    found = load_data(config, cache=cache, entry=image_entry(layout))
    assert found.validation.read()[0].tolist() == data.validation.read()[0].tolist()
    with pytest.raises(NoImages, match="decoded on the fly"):
        open_images(layout, cache=cache)


def test_a_refused_second_driver_writes_nothing_into_the_run(tmp_path: Path) -> None:
    layout = RunLayout(finished_run(tmp_path))
    older = json.dumps({"split": load_data(DataConfig("digits", validation=0.2)).split_fingerprint})
    layout.images.write_text(older)  # which its driver would complete
    with Lease(layout), pytest.raises(RunIsHeld):
        launch.resume(
            layout.root, more_trials=1, seconds=None, listener=lambda snapshot: None, options=launch.Options()
        )
    assert layout.images.read_text() == older


def test_how_a_search_goes_on_after_an_outage_can_be_pasted(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"go on by `python -m search\.resume '.*/my runs/a'`"),
        launch.resumable(RunLayout(tmp_path / "my runs/a"), "resume"),
    ):
        raise OSError(28, "No space left on device")
