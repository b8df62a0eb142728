"""The benchmark of a GPU, in miniature on the CPU; and the images that it trains on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.contenders.card_images import card_images, on_device
from benchmarks.gpu import said


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """24 training images and 8 test images of 32×32 pixels in two classes."""
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for split, count in (("train", 12), ("test", 4)):
        for label in ("cat", "dog"):
            (tmp_path / "images" / split / label).mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "images" / split / label / f"{number}.png")
    return tmp_path / "images"


def test_all_training_images_are_trained_on_and_test_images_are_others(folder: Path) -> None:
    data, test = card_images(folder, 100)
    assert len(data.train) == 24
    assert len(test) == 8
    train, tested = (on_device(split, torch.device("cpu")) for split in (data.train, test))
    assert train.labels.bincount().tolist() == [12, 12]
    known = {bytes(image.numpy()) for image in train.pixels}
    assert len(known) == 24
    assert not known & {bytes(image.numpy()) for image in tested.pixels}


def test_fewer_images_are_of_every_class(folder: Path) -> None:
    data, test = card_images(folder, 6)
    assert on_device(data.train, torch.device("cpu")).labels.bincount().tolist() == [3, 3]
    assert len(test) == 6


def test_trainings_are_told_with_mean_and_range() -> None:
    assert said("ours", [(2.0, 0.94), (4.0, 0.95)]) == (
        "ours: 3.00 s (2.00–4.00), test accuracy 0.9450 (0.9400–0.9500), n = 2"
    )


@pytest.mark.slow
def test_every_part_runs_in_miniature(folder: Path) -> None:
    """With nothing but a folder; what the figures are does not matter here."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.gpu",
        "--device",
        "cpu",
        "--smoke",
        "--data-dir",
        str(folder),
    ]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900).stdout
    assert "24 image_folder images, 8 test images" in out
    assert re.search(r"^ours: fast_resnet, 1 epochs: [\d.]+ s .*n = 1$", out, re.M)
    assert re.search(r"^record: airbench94 with Muon, 1 epochs, not compiled: [\d.]+ s", out, re.M)
    assert len(re.findall(r"^\| small cnn \|", out, re.M)) == 2
    assert len(re.findall(r"^\| [12] \| [\d,]+ \|", out, re.M)) == 2
