"""The recipe of the CIFAR-10 speed record, 94 % in 2.59 s on an A100: Keller Jordan's airbench94 with Muon.

Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (arxiv.org/abs/2404.00498), and since then
github.com/KellerJordan/cifar10-airbench, airbench94_muon.py, MIT licence, Copyright (c) 2024 Keller Jordan. This
is the recipe written anew with its numbers: network, initialisation, order, augmentation, optimizers, and six views of
each test image. It differs in that images have channels last in memory throughout, that they are normalised in
float32, and that a set smaller than a batch is one batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.speed_record.batches import epochs
from benchmarks.speed_record.muon import orthogonal
from benchmarks.speed_record.network import WIDTHS, Network
from benchmarks.speed_record.schedule import Schedule

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
WHITENED = 5000
"""Images that the first layer is made from."""


@dataclass(frozen=True)
class Images:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64, on the device."""

    pixels: Tensor
    labels: Tensor


class Record:
    """The recipe on some device; the network is built once, so that several trainings are compiled once.

    Args:
        classes: number of logits.
        device: where it trains.
        dtype: of weights and images, but for the norms.
        compiled: whether torch.compile makes the kernels; it takes minutes.
        epochs: passes over the images.
        first_epochs: of these, those in which the first layer's bias learns.
        batch: images of a step.
        widths: channels of the blocks.
    """

    def __init__(
        self,
        classes: int,
        device: torch.device,
        *,
        dtype: torch.dtype = torch.float16,
        compiled: bool = True,
        epochs: int = 8,
        first_epochs: int = 3,
        batch: int = 2000,
        widths: tuple[int, ...] = WIDTHS,
    ) -> None:
        self._device, self._dtype, self._batch = device, dtype, batch
        self._epochs, self._first = epochs, first_epochs
        self._network = Network(classes, widths).to(device, memory_format=torch.channels_last)
        for module in self._network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.to(dtype)
        self._forward: Callable[[Tensor], Tensor] = self._network
        self._orthogonal: Callable[[Tensor], Tensor] = orthogonal
        if compiled:
            self._forward = torch.compile(self._network, mode="max-autotune")
            self._orthogonal = torch.compile(orthogonal)

    def train(self, train: Images) -> None:
        """Train from the beginning."""
        images = self._normalized(train.pixels)
        size = min(self._batch, len(images))
        steps = len(images) // size
        self._network.reset()
        self._network.whiten(images[:WHITENED])
        schedule = Schedule(self._network, self._orthogonal, self._epochs * steps, self._first * steps, size)
        self._network.train()
        for _, epoch in zip(range(self._epochs), epochs(images, train.labels, size), strict=False):
            for batch, labels in epoch:
                self._loss(batch, labels).backward()  # type: ignore[no-untyped-call]
                schedule.step()

    @torch.no_grad()
    def accuracy(self, test: Images) -> float:
        """Return the share of images that it classifies rightly, by six views of each."""
        self._network.eval()
        parts = test.pixels.split(self._batch)  # type: ignore[no-untyped-call]
        said = torch.cat([self._views(self._normalized(part)) for part in parts])
        return float((said.argmax(dim=1) == test.labels).float().mean())

    def timed(self, train: Images, test: Images) -> tuple[float, float]:
        """Train once, and return the seconds, those of the test images included, and the accuracy on them."""
        began = self._now()
        self.train(train)
        right = self.accuracy(test)
        return self._now() - began, right

    def _loss(self, batch: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.cross_entropy(self._forward(batch), labels, label_smoothing=0.2, reduction="sum")

    def _normalized(self, pixels: Tensor) -> Tensor:
        mean, std = (torch.tensor(of, device=self._device)[:, None, None] for of in (MEAN, STD))
        images = ((pixels.float() / 255 - mean) / std).to(self._dtype)
        return images.contiguous(memory_format=torch.channels_last)

    def _views(self, images: Tensor) -> Tensor:
        """Return logits: half those of the image, half those of it shifted by a pixel; each mirrored, too."""
        side = images.shape[2]
        padded = nn.functional.pad(images, (1,) * 4, mode="reflect")
        views = (images, padded[:, :, :side, :side], padded[:, :, 2:, 2:])
        logits = [self._forward(way).float().clone() for view in views for way in (view, view.flip(3))]
        shares = torch.tensor([0.25, 0.25, 0.125, 0.125, 0.125, 0.125], device=self._device)
        return torch.einsum("v,vnc->nc", shares, torch.stack(logits))

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
