"""Images per second of `fit` against the limit of its model, and of its input side against the usual way to feed one.

    python -m benchmarks.training --rounds 3 --threads 1

All ways take turns within each round, so that a slow minute of the machine hits all of them, after a round that is
thrown away; ratios are taken within a round. First whole trainings on the same images:

    limit   the same model, optimizer and precision on one normalised batch in memory, over and over
    ours    a whole epoch of `fit`: order, gathering, augmentation, normalisation, bookkeeping, the report, and the
            validation of 10 images
    usual   a DataLoader with torchvision v2's transforms per sample and a loop that reads each loss

Then the input side alone: normalised, augmented batches on the device, and no model.

    ours       order, gathering, augmentation and normalisation as `fit` does them
    0 workers  a DataLoader with torchvision v2's transforms per sample, in this process
    2 workers  the same with two more processes that load ahead

On a machine that others use too, `--clock cpu` counts the seconds of the processor, those of the workers included,
instead of those on the wall; with one thread that is what an idle machine would show. The images are random bytes of
CIFAR-10's shape unless a directory is named. Needs torch and torchvision; no Ray, no Optuna.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch

from benchmarks.contenders.input_side import INPUTS
from benchmarks.contenders.training_case import (
    CLOCKS,
    Case,
    cell,
    first_images,
    machine,
    measure,
    ratios,
    synthetic,
)
from benchmarks.contenders.training_ways import WAYS
from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, load_data
from search.training.devices import resolve_device

AUGMENTATIONS: dict[str, dict[str, Value]] = {
    "crop, flip": {"augmentation.crop": 4, "augmentation.flip": True},
    "crop, flip, rotation": {
        "augmentation.crop": 4,
        "augmentation.flip": True,
        "augmentation.rotation": 15.0,
    },
    "crop, flip, rotation, colour": {
        "augmentation.crop": 4,
        "augmentation.flip": True,
        "augmentation.rotation": 15.0,
        "augmentation.brightness": 0.4,
        "augmentation.contrast": 0.4,
        "augmentation.saturation": 0.4,
        "augmentation.hue": 0.1,
    },
}
MODELS: dict[str, dict[str, Value]] = {
    "small cnn": {"architecture": "cnn", "layers": 3, "width": 32, "batch_size": 128},
    "resnet18": {"architecture": "resnet18", "batch_size": 128},
    "fast resnet": {"architecture": "fast_resnet", "batch_size": 128},
}
FULL = "crop, flip, rotation, colour"
INPUT_SIDE = "input side"
IMAGES = {
    "cpu": {"small cnn": 2048, "resnet18": 512, "fast resnet": 512, INPUT_SIDE: 2048},
    "cuda": {"small cnn": 50000, "resnet18": 50000, "fast resnet": 50000, INPUT_SIDE: 50000},
}


def line(case: Case, figures: Mapping[str, list[float]]) -> str:
    """Return one line of a table: images/s of each way, and ours over each of the others."""
    others = [name for name in figures if name != "ours"]
    cells = [
        case.model,
        case.augmentation,
        str(case.threads),
        f"{len(case.data.train):,}",
        *(cell(rates, ",.0f") for rates in figures.values()),
        *(cell(ratios(figures, "ours", other), ".2f") for other in others),
    ]
    return f"| {' | '.join(cells)} |"


def heading(ways: Mapping[str, object]) -> str:
    """Return the first two lines of a table."""
    others = [f"ours / {name}" for name in ways if name != "ours"]
    names = ["model", "augmentation", "threads", "images", *ways, *others]
    return f"| {' | '.join(names)} |\n{'|---' * len(names)}|"


def cases(arguments: argparse.Namespace, models: list[str]) -> Iterator[Case]:
    """Yield every combination that was asked for; large models with the last augmentation only, unless one is named."""
    device = resolve_device(arguments.device)
    for threads in arguments.threads:
        for model in models:
            data = images_of(arguments, arguments.images or IMAGES[device.type][model])
            every = list(AUGMENTATIONS) if model in ("small cnn", INPUT_SIDE) else [FULL]
            for name in arguments.augmentations or every:
                settings = {**MODELS.get(model, {}), **AUGMENTATIONS[name]}
                config = TrialConfig(settings, DataConfig(data.name), epochs=arguments.rounds + 1)
                yield Case(model, name, threads, config, data, device)


def images_of(arguments: argparse.Namespace, count: int) -> Data:
    """Return so many images: of the folder that was named, else random ones."""
    if not arguments.directory:
        return synthetic(count)
    return first_images(load_data(DataConfig(arguments.data), directory=arguments.directory), count)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--device", default="auto", help="auto, cpu, cuda")
    made.add_argument("--rounds", type=int, default=5, help="rounds that count, one warm-up comes before")
    made.add_argument("--images", type=int, help="training images of an epoch; default: by model and device")
    made.add_argument("--clock", choices=CLOCKS, default="wall")
    made.add_argument("--threads", type=int, nargs="+", default=[torch.get_num_threads()])
    made.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    made.add_argument("--augmentations", nargs="+", choices=AUGMENTATIONS)
    made.add_argument("--no-input-side", action="store_true", help="leave the second table out")
    made.add_argument("--directory", type=Path, help="real images instead of random ones")
    made.add_argument("--data", default="image_folder", help="name of the data set in --directory")
    return made


def main() -> None:
    """Measure and print the tables."""
    arguments = parser().parse_args()
    print(
        f"images per second ({arguments.clock} clock), median (least–greatest) of n = {arguments.rounds} rounds; "
        f"{machine(resolve_device(arguments.device))}"
    )
    tables = [(WAYS, arguments.models), (INPUTS, [] if arguments.no_input_side else [INPUT_SIDE])]
    for ways, models in tables:
        if models:
            print(f"\n{heading(ways)}", flush=True)
        for case in cases(arguments, models):
            print(line(case, measure(ways, case, arguments.rounds, CLOCKS[arguments.clock])), flush=True)


if __name__ == "__main__":
    main()
