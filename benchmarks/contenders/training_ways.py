"""Three ways to train on the same images: on one batch over and over, by `fit`, and by the usual loop."""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch
from torch import nn

from benchmarks.contenders.training_case import Case, Way
from benchmarks.contenders.usual_loader import loader_of, moved
from search.training.devices import autocast, autocast_dtype
from search.training.fit import fit
from search.training.normalization import Normalization
from search.training.parts import Parts


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


def usual(case: Case) -> Iterator[int]:
    """Yield the images of each epoch of the usual loop: DataLoader workers, transforms per sample, each loss read."""
    parts = Parts.of(case.config.settings)
    model = parts.model(case.data.shape, len(case.data.classes)).to(case.device)
    model = model.to(memory_format=torch.channels_last)
    optimizer = parts.optimizer(model)
    dtype = autocast_dtype(parts.recipe.precision, case.device, min(case.data.shape[1:]))
    workers = len(os.sched_getaffinity(0)) if case.threads > 1 else 0
    size = parts.recipe.batch_size
    loader = loader_of(case.data, case.config.settings, batch_size=size, workers=workers, device=case.device)
    while True:
        running = 0.0
        for images, labels in moved(loader, case.device):
            with autocast(case.device, dtype):
                loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            running += loss.item()
        yield len(case.data.train)


WAYS: dict[str, Way] = {"limit": limit, "ours": ours, "usual": usual}
