"""Images per second of each augmentation: ours on whole batches, torchvision v2 per sample, Kornia on whole batches.

    python -m benchmarks.augmentation --rounds 5 --threads 1 2

All of them in turns within each round, so that a slow minute of the machine hits all, after one round that is thrown
away. Ratios are taken within a round.

    ours         a batch of uint8: draws and pixels, as in training
    torchvision  the same uint8 images one by one through its random transform, then stacked, as a DataLoader does in
                 one process; mixup and CutMix are transforms of a batch there
    Kornia       the batch as floats from 0 to 1 already; its policies draw once for the whole batch, its contrast is a
                 multiplication without the mean
    difference   greatest distance in levels (of 255) between ours and torchvision's functions, image by image, with
                 the parameters that we drew; `-`: random in another way, see docs/augmentation.md

On a machine that others use too, `--clock cpu` counts the seconds of the processor instead of those on the wall; with
one thread that is what an idle machine would show. Needs torch and torchvision; Kornia is left out where it is missing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from benchmarks.contenders.augmentations import CASES, Case
from search.training.augmentations import Pipeline, pipeline

CLASSES = 10
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Run = Callable[[], object]


def batch_of(images: int, side: int) -> tuple[Tensor, Tensor]:
    """Return random uint8 images (N, 3, side, side), channels last as the resident images are, and labels."""
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (images, side, side, 3), generator=random, dtype=torch.uint8)
    return pixels.permute(0, 3, 1, 2), torch.randint(0, CLASSES, (images,), generator=random)


def made(case: Case) -> Pipeline:
    """Return our pipeline of a case."""
    return pipeline({f"augmentation.{name}": value for name, value in case.settings.items()})


def ours(case: Case, images: Tensor, labels: Tensor) -> Run:
    """Return one batch's work of ours."""
    augment, random = made(case), torch.Generator().manual_seed(0)
    shape = (images.shape[1], images.shape[2], images.shape[3])

    def run() -> object:
        return augment.batch(images, labels, augment.draw(len(images), shape, random), classes=CLASSES)

    return run


def torchvision(case: Case, images: Tensor, labels: Tensor) -> Run:
    """Return one batch's work of torchvision's transform."""
    transform: Callable[..., Tensor] = case.transform(images.shape[-1])
    if case.batched:
        return partial(transform, images, labels)
    samples = [image.contiguous() for image in images]
    return lambda: torch.stack([transform(sample) for sample in samples])


def kornia(case: Case, images: Tensor) -> Run | None:
    """Return one batch's work of Kornia's augmentation, None where there is none."""
    if case.kornia is None or importlib.util.find_spec("kornia") is None:
        return None
    augment = case.kornia(importlib.import_module("kornia.augmentation"), images.shape[-1])
    return partial(augment, (images / 255).contiguous())


def difference(case: Case, images: Tensor) -> float | None:
    """Return the greatest distance to torchvision's functions with the same parameters, in levels."""
    if case.reference is None:
        return None
    augment = made(case)
    shape = (images.shape[1], images.shape[2], images.shape[3])
    draws = augment.draw(len(images), shape, torch.Generator().manual_seed(1))
    greatest = 0.0
    for index, out in enumerate(augment.apply(images, draws)):
        rows = [tensor[index] for drawn in draws.parts for tensor in drawn]
        values = [row if row.ndim else row.item() for row in rows]
        expected = case.reference(images[index].contiguous(), *values)
        greatest = max(greatest, float((out.float() - expected.float()).abs().max()))
    return greatest


def seconds(run: Run, clock: Callable[[], float], repeats: int) -> float:
    """Return the seconds of one call, over so many."""
    began = clock()
    for _ in range(repeats):
        run()
    return (clock() - began) / repeats


def measure(
    runs: Mapping[str, Run], images: int, rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return images/s of each way in each round; a slow way is called once a round, a fast one for 0.1 s or so."""
    repeats = {name: max(1, int(0.1 / max(seconds(run, clock, 1), 1e-4))) for name, run in runs.items()}
    figures: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name in list(runs) if number % 2 else list(reversed(runs)):
            rate = images / seconds(runs[name], clock, repeats[name])
            if number:
                figures[name].append(rate)
    return figures


def ratio(figures: Mapping[str, list[float]], other: str) -> str:
    """Return ours over another, within the rounds: `median (least–greatest)`."""
    if other not in figures:
        return "-"
    ratios = [a / b for a, b in zip(figures["ours"], figures[other], strict=True)]
    return f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"


def line(name: str, threads: int, figures: Mapping[str, list[float]], distance: float | None) -> str:
    """Return one line of the Markdown table."""
    rates = [
        f"{statistics.median(figures[way]):,.0f}" if way in figures else "-"
        for way in ("ours", "torchvision", "kornia")
    ]
    said = "-" if distance is None else f"{distance:.2f}"
    cells = [name, str(threads), *rates, ratio(figures, "torchvision"), ratio(figures, "kornia"), said]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, one warm-up comes before")
    parser.add_argument("--images", type=int, default=128, help="of a batch")
    parser.add_argument("--side", type=int, default=32, help="of an image, in pixels")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--threads", type=int, nargs="+", default=[torch.get_num_threads()])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(
        f"images/s ({arguments.clock} clock), median of n = {arguments.rounds} rounds, batches of {arguments.images} "
        f"images of {arguments.side}×{arguments.side}×3; {cores} cores, torch {torch.__version__}\n"
    )
    print(
        "| augmentation | threads | ours | torchvision | Kornia | ours / torchvision | ours / Kornia | difference |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    images, labels = batch_of(arguments.images, arguments.side)
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for name in arguments.cases:
            case = CASES[name]
            runs = {"ours": ours(case, images, labels), "torchvision": torchvision(case, images, labels)}
            if (third := kornia(case, images)) is not None:
                runs["kornia"] = third
            figures = measure(runs, len(images), arguments.rounds, CLOCKS[arguments.clock])
            print(line(name, threads, figures, difference(case, images)), flush=True)


if __name__ == "__main__":
    main()
