"""Two ways to make normalised, augmented batches and nothing else: ours, and a DataLoader's per sample."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from benchmarks.contenders.training_case import Case, Way
from benchmarks.contenders.usual_loader import loader_of, moved
from search.training.normalization import Normalization
from search.training.parts import Parts
from search.training.sampling import epoch_order


def ours(case: Case) -> Iterator[int]:
    """Yield the images of each epoch's batches, made of the parts that `fit` makes them of."""
    parts = Parts.of(case.config.settings)
    augment, recipe = parts.augment(), parts.recipe
    normalize = Normalization(case.data, case.device, channels_last=recipe.memory_format_is_channels_last)
    order, random = torch.Generator().manual_seed(0), torch.Generator(case.device).manual_seed(0)
    source, sizes = case.data.to(case.device, case.data.train), recipe.batches(len(case.data.train))
    while True:
        shuffled = epoch_order(case.data.train, order, sampling=recipe.sampling)
        rows = torch.from_numpy(case.data.train.indices)[shuffled].to(source.home)
        seen = 0
        with source.batches(rows.split(sizes)) as batches:  # type: ignore[no-untyped-call]
            for images, labels in batches:
                draws = augment.draw(len(images), case.data.shape, random)
                made, _ = augment.batch(images, labels, draws, classes=len(case.data.classes))
                seen += _arrived(normalize(made))
        yield seen


def usual(case: Case, *, workers: int) -> Iterator[int]:
    """Yield the images of each epoch of a DataLoader with so many processes that load ahead."""
    size = Parts.of(case.config.settings).recipe.batch_size
    loader = loader_of(case.data, case.config.settings, batch_size=size, workers=workers, device=case.device)
    while True:
        yield sum(_arrived(images) for images, _ in moved(loader, case.device))


def _arrived(images: Tensor) -> int:
    """Return how many images a batch has, when it is there."""
    if images.device.type == "cuda":
        torch.cuda.synchronize(images.device)
    return len(images)


INPUTS: dict[str, Way] = {
    "ours": ours,
    "0 workers": partial(usual, workers=0),
    "2 workers": partial(usual, workers=2),
}
