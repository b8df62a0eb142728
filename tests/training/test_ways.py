"""A trial whose images are resident, streamed or decoded on the fly is the same trial, also where it is cut."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from search.plan.trial_config import Access, DataConfig, TrialConfig
from search.training.data import Data, load_data
from search.training.errors import DataError, Interrupted
from search.training.fit import fit
from tests.training.test_cut import at
from tests.training.test_fit import EVERYTHING_RANDOM, exact, same, state

MakeConfig = Callable[..., TrialConfig]

WAYS: tuple[Access, ...] = ("resident", "streamed", "decoded")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """45 images of 3 classes, told by a stripe."""
    folder, random = tmp_path_factory.mktemp("stripes"), np.random.default_rng(0)
    for index in range(45):
        label = index % 3
        pixels = random.integers(0, 100, (8, 8), dtype=np.uint8)
        pixels[:, 2 * label + 1] += 120
        (folder / str(label)).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / str(label) / f"{index}.png")
    return folder


def load(root: Path, access: Access) -> Data:
    return load_data(DataConfig("image_folder", validation=0.2), directory=root, access=access)


def curve(trial: TrialConfig, data: Data, end: Path) -> tuple[list[dict[str, float]], dict[str, Any]]:
    with fit(trial, data, device="cpu") as training:
        reports = [exact(report) for report in training]
        training.save(end)
    return reports, state(end)


def test_curves_and_checkpoints_are_equal_bit_for_bit_in_each_way(
    root: Path, config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = config(batch_size=8, **EVERYTHING_RANDOM)
    expected = curve(trial, load(root, "resident"), tmp_path / "resident")
    for access in WAYS[1:]:
        for threads in (1, 3):
            # Only what gathers images asks; torch itself computes with the same threads.
            monkeypatch.setattr("torch.get_num_threads", lambda threads=threads: threads)
            found = curve(trial, load(root, access), tmp_path / f"{access}{threads}")
            assert found[0] == expected[0]
            assert same(found[1], expected[1])
        monkeypatch.undo()


@pytest.mark.parametrize("after", [1, 4, 6])
@pytest.mark.parametrize("ways", [("streamed", "streamed"), ("decoded", "decoded"), ("streamed", "decoded")])
def test_cut_in_the_middle_and_gone_on_with_any_other_way_equals_uncut(
    root: Path, config: MakeConfig, tmp_path: Path, ways: tuple[Access, Access], after: int
) -> None:
    first, then = ways
    trial = config(batch_size=8, epochs=2, **EVERYTHING_RANDOM)  # 36 images, 5 batches
    expected = curve(trial, load(root, "resident"), tmp_path / "uncut")
    begun = fit(trial, load(root, first), device="cpu", cut=at({after}))
    reports = []
    with pytest.raises(Interrupted):
        reports.extend(exact(report) for report in begun)
    assert not any(thread.name.startswith("images") for thread in threading.enumerate())
    begun.save(tmp_path / "cut")
    gone_on = fit(trial, load(root, then), checkpoint=tmp_path / "cut", device="cpu")
    reports = [exact(report) for report in gone_on]
    gone_on.save(tmp_path / "end")
    assert reports == expected[0][-len(reports) :]
    assert same(state(tmp_path / "end"), expected[1])


def test_a_training_that_is_closed_early_or_fails_leaves_no_thread(
    root: Path, config: MakeConfig, tmp_path: Path
) -> None:
    """The fixture of all tests looks for threads; here is what ends a training."""
    data = load(root, "decoded")
    training = fit(config(batch_size=8), data, device="cpu")
    next(training)
    training.close()
    path = data.train.images.path(int(data.train.indices[5]))
    aside = path.rename(tmp_path / path.name)
    with pytest.raises(DataError, match=f"{path.name} is not there"):
        list(fit(config(batch_size=8), data, device="cpu"))
    aside.rename(path)
    assert not any(thread.name.startswith("images") for thread in threading.enumerate())
