"""The benchmark of training: both sides do the same to an image, every way sees all images, torch alone is needed."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import torch

from benchmarks.contenders.input_side import INPUTS
from benchmarks.contenders.training_case import Case, cpu_seconds, first_images, measure, ratios, synthetic
from benchmarks.contenders.training_ways import WAYS
from benchmarks.contenders.usual_loader import transform_of
from benchmarks.training import AUGMENTATIONS, FULL, heading, line
from search.plan.trial_config import DataConfig, TrialConfig
from search.training.augmentations import pipeline
from search.training.normalization import Normalization
from tests.waiting import wait_until

CPU = torch.device("cpu")


def case(images: int = 24, augmentation: str = FULL) -> Case:
    data = synthetic(images)
    settings = {
        "architecture": "cnn",
        "layers": 1,
        "width": 4,
        "batch_size": 8,
        **AUGMENTATIONS[augmentation],
    }
    config = TrialConfig(settings, DataConfig(data.name), epochs=2)
    return Case("tiny", augmentation, torch.get_num_threads(), config, data, CPU)


def test_without_augmentation_the_usual_way_makes_the_images_that_ours_makes() -> None:
    data = synthetic(4)
    pixels = torch.from_numpy(data.train.images[:4]).permute(0, 3, 1, 2)
    transform = transform_of(data, {})
    theirs = torch.stack([transform(image) for image in pixels])
    torch.testing.assert_close(
        Normalization(data, CPU, channels_last=True)(pixels), theirs, rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_usual_way_has_a_transform_for_each_of_our_augmentations(name: str) -> None:
    """Colours are one transform there, standardising takes two."""
    ours = pipeline(AUGMENTATIONS[name]).parts
    colours = sum(type(part).__name__ in ("Brightness", "Contrast", "Saturation", "Hue") for part in ours)
    theirs = transform_of(synthetic(4), AUGMENTATIONS[name]).transforms
    assert len(theirs) - 2 == len(ours) - max(colours - 1, 0)


@pytest.mark.parametrize("ways", [WAYS, {name: INPUTS[name] for name in ("ours", "0 workers")}])
def test_every_way_works_on_as_many_images_each_epoch(ways: dict[str, object]) -> None:
    for way in ways.values():
        running = way(case())  # type: ignore[operator]
        assert [next(running), next(running)] == [24, 24]
        running.close()


@pytest.mark.slow
def test_workers_load_every_image_too() -> None:
    running = INPUTS["2 workers"](case())
    assert next(running) == 24
    running.close()


def test_ways_take_turns_and_the_first_round_is_thrown_away() -> None:
    """By a clock that each epoch moves on by a known step: rates, and ratios within a round, are exact."""
    clock, order = [0.0], []

    def way(name: str, seconds: list[float]) -> Iterator[int]:
        for step in seconds:
            order.append(name)
            clock[0] += step
            yield 10

    ways = {
        "ours": lambda _: way("ours", [9.0, 1.0, 2.0]),
        "usual": lambda _: way("usual", [9.0, 2.0, 8.0]),
    }
    figures = measure(ways, case(), 2, lambda: clock[0])
    assert order == ["usual", "ours", "ours", "usual", "usual", "ours"]
    assert figures == {"ours": [10.0, 5.0], "usual": [5.0, 1.25]}
    assert ratios(figures, "ours", "usual") == [2.0, 4.0]
    assert line(case(), figures).endswith("| 8 (5–10) | 3 (1–5) | 3.00 (2.00–4.00) |")
    assert heading(figures).splitlines()[0].count("|") == line(case(), figures).count("|")


def test_the_seconds_of_processes_that_still_run_count() -> None:
    began = cpu_seconds()
    child = multiprocessing.get_context("spawn").Process(target=sum, args=(range(10**12),))
    child.start()
    try:
        wait_until(lambda: cpu_seconds() - began > 1)  # far more than waiting itself takes
        assert time.process_time() < began + 0.5
    finally:
        child.kill()
        child.join()


def test_fewer_images_are_spread_over_the_split() -> None:
    few = first_images(synthetic(100), 5)
    assert few.train.indices.tolist() == [0, 24, 49, 74, 99]


def test_benchmarks_of_training_need_torch_and_torchvision_alone() -> None:
    code = "import sys, benchmarks.training, benchmarks.gpu; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = {"ray", "optuna", "ruamel", "rich", "pydantic", "tensorboard", "safetensors", "sklearn", "timm"}
    assert not others & set(done.stdout.split())
