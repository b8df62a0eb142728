"""Images per second of `fit` against the limit of its model and against the usual way to feed one.

    python -m benchmarks.training --rounds 5 --threads 1 2

For each model three ways to train on the same images, in turns within each round, so that a slow minute of the
machine hits all of them:

    limit   the same model, optimizer and precision on one normalised batch in memory, over and over
    ours    a whole epoch of `fit`: order, gathering, augmentation, normalisation, bookkeeping, the report, and the
            validation of 10 images
    usual   a DataLoader with torchvision v2's transforms per sample and a loop that reads each loss

Ratios are taken within a round. On a machine that others use too, `--clock cpu` counts the seconds of the
processor instead of those on the wall; with one thread that is what an idle machine would show. The images are
random bytes of CIFAR-10's shape unless a directory is named. Needs torch and torchvision; no Ray, no Optuna.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, Split, load_data
from search.training.devices import autocast, autocast_dtype, resolve_device
from search.training.fit import fit
from search.training.normalization import Normalization
from search.training.parts import Parts

AUGMENTATIONS: dict[str, dict[str, Value]] = {
    "crop, flip": {"augmentation.crop": 4, "augmentation.flip": True},
    "crop, flip, rotation": {
        "augmentation.crop": 4,
        "augmentation.flip": True,
        "augmentation.rotation": 15.0,
    },
}
MODELS: dict[str, dict[str, Value]] = {
    "small cnn": {"architecture": "cnn", "layers": 3, "width": 32, "batch_size": 128},
    "resnet18": {"architecture": "resnet18", "batch_size": 128},
}
VALIDATION = 10
IMAGES = {"cpu": {"small cnn": 4096, "resnet18": 512}, "cuda": {"small cnn": 50000, "resnet18": 50000}}


@dataclass(frozen=True)
class Case:
    """One line of the table: a configuration, its images, and where and with how many threads it runs."""

    model: str
    augmentation: str
    threads: int
    config: TrialConfig
    data: Data
    device: torch.device


def synthetic(images: int) -> Data:
    """Return random images of CIFAR-10's shape and class count, and ten more for validation."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (images + VALIDATION, 32, 32, 3), dtype=np.uint8)
    labels = random.integers(0, 10, images + VALIDATION)
    rows = np.arange(images + VALIDATION)
    names = tuple(str(label) for label in range(10))
    train, validation = (Split(pixels, labels, part) for part in (rows[:images], rows[images:]))
    return Data("synthetic", names, (3, 32, 32), train, validation, (0.5,) * 3, (0.289,) * 3)


def first_images(data: Data, images: int) -> Data:
    """Return the data with only so many training images, evenly spread over the split."""
    rows = data.train.indices[np.linspace(0, len(data.train) - 1, images).astype(np.int64)]
    train = Split(data.train.images, data.train.labels, rows)
    few = data.validation.indices[:VALIDATION]
    validation = Split(data.validation.images, data.validation.labels, few)
    return Data(data.name, data.classes, data.shape, train, validation, data.mean, data.std)


def limit(case: Case) -> Iterator[int]:
    """Yield the images of an epoch's worth of training steps on one batch that lies normalised on the device."""
    parts = Parts.of(case.config.settings)
    recipe = parts.recipe
    channels_last = recipe.memory_format_is_channels_last
    model = parts.model(case.data.shape, len(case.data.classes)).to(case.device)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    optimizer, loss_of = parts.optimizer(model), parts.loss()
    dtype = autocast_dtype(recipe.precision, case.device, min(case.data.shape[1:]))
    resident = case.data.to(case.device, case.data.train)
    rows = torch.from_numpy(case.data.train.indices[: recipe.batch_size])
    images, labels = resident.batch(rows.to(resident.home))
    images = Normalization(case.data, case.device, channels_last=channels_last)(images)
    steps = len(recipe.batches(len(case.data.train)))
    while True:
        for _ in range(steps):
            with autocast(case.device, dtype):
                loss = loss_of(model(images), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        loss.item()  # waits for a GPU
        yield steps * len(images)


def ours(case: Case) -> Iterator[int]:
    """Yield the images of each of `fit`'s epochs."""
    for _report in fit(case.config, case.data, device=case.device):
        yield len(case.data.train)


class Samples(Dataset[tuple[torch.Tensor, int]]):
    """Images one by one through torchvision's transforms, as in its own training recipes."""

    def __init__(self, data: Data, settings: Mapping[str, Value]) -> None:
        from torchvision.transforms import v2  # type: ignore[import-untyped]  # noqa: PLC0415 - takes seconds

        self.split = data.train
        steps = [
            v2.RandomCrop(data.shape[1:], padding=settings["augmentation.crop"]),
            v2.RandomHorizontalFlip(),
            *([v2.RandomRotation(settings["augmentation.rotation"], interpolation=v2.InterpolationMode.BILINEAR)]
              if "augmentation.rotation" in settings else []),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(data.mean, data.std),
        ]  # fmt: skip
        self.transform = v2.Compose(steps)

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        row = self.split.indices[index]
        image = torch.from_numpy(self.split.images[row].copy()).permute(2, 0, 1)  # the cache is read-only
        return self.transform(image), int(self.split.labels[row])


def usual(case: Case) -> Iterator[int]:
    """Yield the images of each epoch of the usual loop: DataLoader workers, transforms per sample, each loss read."""
    parts = Parts.of(case.config.settings)
    model = parts.model(case.data.shape, len(case.data.classes)).to(case.device)
    model = model.to(memory_format=torch.channels_last)
    optimizer = parts.optimizer(model)
    dtype = autocast_dtype(parts.recipe.precision, case.device, min(case.data.shape[1:]))
    loader = DataLoader(
        Samples(case.data, AUGMENTATIONS[case.augmentation]),
        batch_size=parts.recipe.batch_size,
        shuffle=True,
        num_workers=len(os.sched_getaffinity(0)) if case.threads > 1 else 0,
        persistent_workers=case.threads > 1,
        pin_memory=case.device.type == "cuda",
    )
    while True:
        running = 0.0
        for images, labels in loader:
            batch = images.to(case.device, memory_format=torch.channels_last, non_blocking=True)
            with autocast(case.device, dtype):
                loss = nn.functional.cross_entropy(model(batch), labels.to(case.device, non_blocking=True))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            running += loss.item()
        yield len(case.data.train)


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
WAYS: dict[str, Callable[[Case], Iterator[int]]] = {"limit": limit, "ours": ours, "usual": usual}


def measure(case: Case, rounds: int, clock: Callable[[], float]) -> dict[str, list[float]]:
    """Return images/s of each way and round, after one round that is thrown away."""
    torch.set_num_threads(case.threads)
    running = {name: way(case) for name, way in WAYS.items()}
    figures: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(rounds + 1):
        order = list(WAYS) if number % 2 else list(reversed(WAYS))
        for name in order:
            started = clock()
            images = next(running[name])
            if number:
                figures[name].append(images / (clock() - started))
    for way in running.values():
        way.close()  # type: ignore[attr-defined]
    return figures


def cell(values: list[float], form: str) -> str:
    """Return `median (min–max)`."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def line(case: Case, figures: dict[str, list[float]]) -> str:
    """Return one line of the Markdown table."""
    ratios = {
        name: [a / b for a, b in zip(figures["ours"], figures[name], strict=True)]
        for name in ("limit", "usual")
    }
    rates = " | ".join(cell(figures[name], ",.0f") for name in WAYS)
    return (
        f"| {case.model} | {case.augmentation} | {case.threads} | {len(case.data.train):,} | {rates} "
        f"| {cell(ratios['limit'], '.2f')} | {cell(ratios['usual'], '.2f')} |"
    )


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Yield every combination that was asked for."""
    device = resolve_device(arguments.device)
    source = None
    if arguments.directory:
        source = load_data(DataConfig(arguments.data), directory=arguments.directory)
    for threads in arguments.threads:
        for model in arguments.models:
            images = arguments.images or IMAGES[device.type][model]
            data = synthetic(images) if source is None else first_images(source, images)
            for name, augmentation in AUGMENTATIONS.items():
                settings = {**MODELS[model], **augmentation}
                config = TrialConfig(settings, DataConfig(data.name), epochs=arguments.rounds + 1)
                yield Case(model, name, threads, config, data, device)


def machine(device: torch.device) -> str:
    """Return what the figures were measured on, in one line."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((text.split(": ")[1] for text in lines if text.startswith("model name")), name)
    if device.type == "cuda":
        name = f"{torch.cuda.get_device_name(device)}, {name}"
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{name}, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}, {today}"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, one warm-up comes before")
    parser.add_argument(
        "--images", type=int, help="training images of an epoch; default: by model and device"
    )
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--threads", type=int, nargs="+", default=[torch.get_num_threads()])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--directory", type=Path, help="real images instead of random ones")
    parser.add_argument("--data", default="image_folder", help="name of the data set in --directory")
    arguments = parser.parse_args()
    print(
        f"images per second ({arguments.clock} clock), median (min–max) of n = {arguments.rounds} rounds; "
        f"{machine(resolve_device(arguments.device))}\n"
    )
    print("| model | augmentation | threads | images | limit | ours | usual | ours / limit | ours / usual |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for case in cases(arguments):
        print(line(case, measure(case, arguments.rounds, CLOCKS[arguments.clock])), flush=True)


if __name__ == "__main__":
    main()
