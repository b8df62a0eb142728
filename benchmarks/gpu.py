"""What one GPU does: seconds to 94 % on CIFAR-10 beside the speed record, images per second, several trials at once.

    python -m benchmarks.gpu --data-dir path/to/cifar10

One command where torch and torchvision are installed; no Ray, no Optuna. The folder is unpacked as
train/<class>/*.jpg and test/<class>/*.jpg; without one the images are random, and only the speeds mean anything.

    seconds   the fast residual net by our `fit` with Page's recipe (benchmarks/contenders/speed_run.py)
    record    the recipe of the speed record, 94 % in 2.59 s on an A100 (benchmarks/speed_record/, MIT licence), on the
              same images; its kernels are compiled in a training that does not count, which takes minutes
    rates     images/s of ResNet-18 and the fast residual net in bfloat16: `fit`, the same network on one batch over
              and over, and a plain PyTorch loop with a DataLoader and torchvision v2 (benchmarks/training.py)
    together  trials per hour where 1, 2, 4 and 8 processes share the card, each with its own trials of a small CNN

Each training is repeated with other seeds after one that is thrown away; the figures are mean and range. Seconds are
those of the wall from the first line of a training to the accuracy of the test images, without loading data. JPEG
images, as CIFAR-10 is often unpacked, are not the published set's, and cost some of the 94 %.

`--device cpu --smoke` runs every part in miniature, to see that it runs; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks.contenders.card_images import card_images, on_device
from benchmarks.contenders.speed_run import EPOCHS, speed_config, timed_fit
from benchmarks.contenders.together import Work, trials_per_hour
from benchmarks.contenders.training_case import CLOCKS, Case, machine, measure
from benchmarks.contenders.training_ways import WAYS
from benchmarks.speed_record.record import Record
from benchmarks.training import AUGMENTATIONS, FULL, heading, line
from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, Split
from search.training.devices import resolve_device

RATED: dict[str, dict[str, Value]] = {
    "resnet18": {"architecture": "resnet18", "batch_size": 512, "precision": "bfloat16"},
    "fast resnet": {"architecture": "fast_resnet", "batch_size": 512, "precision": "bfloat16"},
}
SMALL: dict[str, Value] = {"architecture": "cnn", "layers": 3, "width": 32, "batch_size": 128}


@dataclass(frozen=True)
class Scale:
    """How large everything is.

    ``images`` of an epoch, at most; ``epochs`` of our speed run, ``record_epochs`` of the record's; ``widths`` of the
    record's network and ``batch`` of its steps; ``trial_epochs`` of each of ``trials`` trials that share the card
    among as many processes as ``together`` says, one figure after the other.
    """

    images: int = 50_000
    epochs: int = EPOCHS
    record_epochs: int = 8
    widths: tuple[int, ...] = (64, 256, 256)
    batch: int = 2000
    trials: int = 16
    trial_epochs: int = 5
    together: tuple[int, ...] = (1, 2, 4, 8)


SMOKE = Scale(32, 1, 1, (8, 8, 8), 16, 2, 1, (1, 2))


@dataclass(frozen=True)
class Bench:
    """What every part is given: the images, where it runs, how large it is and how often it is repeated."""

    data: Data
    test: Split
    device: torch.device
    scale: Scale
    repeats: int
    directory: Path | None
    compiled: bool

    @property
    def rated(self) -> dict[str, dict[str, Value]]:
        """The networks whose images/s are measured; a small one where this runs in miniature."""
        return RATED if self.scale is not SMOKE else {"small cnn": SMALL}


def seconds(bench: Bench) -> None:
    """Time our `fit`."""
    config = speed_config(bench.scale.epochs)
    runs = [
        timed_fit(config, bench.data, bench.test, bench.device, seed) for seed in range(bench.repeats + 1)
    ]
    print(said(f"ours: fast_resnet, {config.epochs} epochs", runs[1:]), flush=True)


def record(bench: Bench) -> None:
    """Time the record's recipe; cuDNN chooses its convolutions by trying, as there."""
    scale, gpu = bench.scale, bench.device.type == "cuda"
    torch.manual_seed(0)
    recipe = Record(
        len(bench.data.classes),
        bench.device,
        dtype=torch.float16 if gpu else torch.float32,
        compiled=bench.compiled and gpu,
        epochs=scale.record_epochs,
        batch=scale.batch,
        widths=scale.widths,
    )
    train, test = (on_device(split, bench.device) for split in (bench.data.train, bench.test))
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        runs = [recipe.timed(train, test) for _ in range(bench.repeats + 1)]
    finally:
        torch.backends.cudnn.benchmark = before
    kernels = "compiled" if bench.compiled and gpu else "not compiled"
    print(
        said(f"record: airbench94 with Muon, {scale.record_epochs} epochs, {kernels}", runs[1:]), flush=True
    )


def rates(bench: Bench) -> None:
    """Print images/s."""
    print(f"\n{heading(WAYS)}", flush=True)
    threads = torch.get_num_threads()
    for model, settings in bench.rated.items():
        for augmentation in ("crop, flip", FULL):
            both = {**settings, **AUGMENTATIONS[augmentation]}
            config = TrialConfig(both, DataConfig(bench.data.name), epochs=bench.repeats + 1)
            case = Case(model, augmentation, threads, config, bench.data, bench.device)
            print(line(case, measure(WAYS, case, bench.repeats, CLOCKS["wall"])), flush=True)


def together(bench: Bench) -> None:
    """Print trials per hour by how many processes share the device."""
    scale = bench.scale
    settings = {**SMALL, **AUGMENTATIONS["crop, flip"]}
    config = TrialConfig(settings, DataConfig(bench.data.name), scale.trial_epochs)
    work = Work(config, scale.trials, partial(training_images, bench.directory, scale.images), bench.device)
    print("\n| processes | trials per hour | against one at a time |\n|---|---|---|", flush=True)
    alone = 0.0
    for processes in scale.together:
        found = trials_per_hour(work, processes)
        alone = alone or found
        print(f"| {processes} | {found:,.0f} | {found / alone:.2f} |", flush=True)


def training_images(directory: Path | None, count: int) -> Data:
    """Return the training images alone."""
    return card_images(directory, count)[0]


PARTS: dict[str, Callable[[Bench], None]] = {
    "seconds": seconds,
    "record": record,
    "rates": rates,
    "together": together,
}


def said(name: str, runs: Sequence[tuple[float, float]]) -> str:
    """Return one line about trainings: seconds and accuracy, mean and range."""
    took, right = zip(*runs, strict=True)
    return (
        f"{name}: {statistics.mean(took):.2f} s ({min(took):.2f}–{max(took):.2f}), test accuracy "
        f"{statistics.mean(right):.4f} ({min(right):.4f}–{max(right):.4f}), n = {len(runs)}"
    )


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(
        "--data-dir", type=Path, help="train/<class>/… and test/<class>/…; default: random images"
    )
    made.add_argument("--device", default="auto", help="auto, cpu, cuda")
    made.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    made.add_argument("--repeats", type=int, default=5, help="that count, one more comes before")
    made.add_argument("--epochs", type=int, default=EPOCHS, help="of our own run for seconds")
    made.add_argument("--no-compile", action="store_true", help="do not compile the record's kernels")
    made.add_argument("--smoke", action="store_true", help="in miniature")
    return made


def main() -> None:
    """Run the parts that were asked for."""
    arguments = parser().parse_args()
    device = resolve_device(arguments.device)
    scale = SMOKE if arguments.smoke else Scale(epochs=arguments.epochs)
    data, test = card_images(arguments.data_dir, scale.images)
    repeats, compiled = 1 if arguments.smoke else arguments.repeats, not arguments.no_compile
    bench = Bench(data, test, device, scale, repeats, arguments.data_dir, compiled)
    print(f"{machine(device)}; {len(data.train):,} {data.name} images, {len(test):,} test images", flush=True)
    for name in arguments.parts:
        PARTS[name](bench)


if __name__ == "__main__":
    main()
