"""A network that begins with weights of other images: how it is built, begun, and which of its parts learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from search.training.architectures import Build
from search.training.auxiliary import is_auxiliary
from search.training.errors import WeightsError
from search.training.transfer.blocks import blocks, learning_rate_factors
from search.training.transfer.entrance import Entrance, Transferred
from search.training.transfer.freezing import freeze, learning_blocks
from search.training.transfer.head import head_names
from search.training.transfer.loading import load_body
from search.training.transfer.published import Published, published
from search.training.transfer.settings import PUBLISHED, Transfer
from search.training.transfer.weights_file import WeightsFile, local_file, published_file, read_weights

Shape = tuple[int, int, int]


class Pretrained:
    """What a trial does with a network that does not begin with random weights.

    Args:
        transfer: its settings.
        architecture: its name.
        build: makes the network for (shape, classes), the architecture's own settings given.
        shape: (C, H, W) of the images.

    Raises:
        WeightsError: nobody has published weights of this architecture, and the settings name no file.
    """

    def __init__(self, transfer: Transfer, architecture: str, build: Build, shape: Shape) -> None:
        self.transfer, self.architecture = transfer, architecture
        self._shape, self._build = shape, build
        self._known = self._published()
        if transfer.weights == PUBLISHED and getattr(build, "keywords", {}).get("stem") == "auto":
            self._build = partial(build, stem="imagenet")  # that of the weights, also for small images
        self._inside = self._network_shape()
        self._blocks: list[list[str]] | None = None

    def model(self, classes: int) -> Transferred:
        """Build the network behind its entrance, with random weights."""
        channels, *size = self._inside
        entrance = Entrance(channels, self._shape, (size[0], size[1]))
        return Transferred(entrance, self._build(self._inside, classes))

    def file(self) -> WeightsFile:
        """Read the weights, fetched where they are published and not here yet.

        Raises:
            WeightsError: they are missing, damaged, or cannot be fetched.
        """
        if self.transfer.weights != PUBLISHED:
            return _own_network(read_weights(local_file(self.transfer.weights)))
        assert self._known is not None
        return read_weights(published_file(self._known), digest=self._known.digest)

    def begin(self, model: nn.Module, mean: Sequence[float], std: Sequence[float]) -> str:
        """Give a model of `model` its first weights; those of its head stay as they are.

        Args:
            model: on any device.
            mean: by which its images are normalised, on the scale 0-1, per channel.
            std: likewise.

        Returns:
            Which weights they are, for the record.

        Raises:
            WeightsError: the file is missing, damaged, or another architecture's.
        """
        entrance, network = _both(model)
        file = self.file()
        load_body(network, file.weights, self._head(), str(file.path))
        if file.mean and file.std:
            entrance.adapt(given=(mean, std), wanted=(file.mean, file.std))
        elif self._known is not None:
            entrance.adapt(given=(mean, std), wanted=(self._known.mean, self._known.std))
        published_as = f"{self._known.name}: " if self._known and self.transfer.weights == PUBLISHED else ""
        return published_as + file.text

    def prepare(self, model: nn.Module) -> None:
        """Tell the optimizer what it is to train, and how fast: `decay_groups` reads it off the parameters."""
        network = _both(model)[1]
        found = self._blocks_of(network)
        factors = learning_rate_factors(found, self.transfer.layer_decay)
        parameters = dict(network.named_parameters())
        for number, block in enumerate(found):
            for name in block:
                parameters[name].lr_factor = factors[name]  # type: ignore[attr-defined]
                parameters[name].joins = number if self.transfer.freeze == "gradual" else 0  # type: ignore[attr-defined]
        self.freeze(model, None)

    def freeze(self, model: nn.Module, epoch: int | None) -> None:
        """Let those parts learn that do so in an epoch.

        Args:
            model: in training mode.
            epoch: so many are finished; None: all parts that ever learn.
        """
        network = _both(model)[1]
        found = self._blocks_of(network)
        count = learning_blocks(self.transfer, epoch, len(found))
        freeze(network, {name for block in found[-count:] for name in block})

    def size_note(self) -> str:
        """Return a sentence where the network sees other images than its weights were made for, or other than come."""
        if self._known is None:
            return ""
        (_, height, width), size = self._shape, self._known.size
        images, made = f"the images are {height}×{width}", f"were made for {size}×{size}"
        if self._inside[1:] != self._shape[1:]:
            return f"{self.architecture}: {images}, its weights {made}: they are resized on the device"
        if self._shape[1:] != (size, size):
            return (
                f"{self.architecture}: {images}, its weights {made}: expect less of them (input_size: images)"
            )
        return ""

    def _head(self) -> frozenset[str]:
        return head_names(lambda classes: self._build(self._inside, classes))

    def _blocks_of(self, network: nn.Module) -> list[list[str]]:
        if self._blocks is None:
            auxiliary = filter(is_auxiliary, network.state_dict())  # heads, wherever they stand
            self._blocks = blocks(network, self._head().union(auxiliary))
        return self._blocks

    def _published(self) -> Published | None:
        found = published(self.architecture)
        if found is None and self.transfer.weights == PUBLISHED:
            raise WeightsError(
                f"pretrained is true, but there are no published weights of {self.architecture}: set `weights` to a "
                "file, or `pretrained` to false there"
            )
        return found

    def _network_shape(self) -> Shape:
        """Return (C, H, W) of what the network sees, from settings alone: a bundle is built again without the file."""
        _, height, width = self._shape
        if self._known is None:
            return self._shape
        if self.transfer.input_size == "weights":
            height = width = self._known.size
        return len(self._known.mean), height, width


def _both(model: nn.Module) -> tuple[Entrance, nn.Module]:
    """Return entrance and network of a model, whatever the recipe has put around it."""
    inner = next(module for module in model.modules() if isinstance(module, Transferred))
    return inner.entrance, inner.network


def _own_network(file: WeightsFile) -> WeightsFile:
    """Return a file whose weights were themselves trained behind an entrance as those of the network alone."""
    prefix = "network."
    if "entrance.scale" not in file.weights:
        return file
    weights = {n.removeprefix(prefix): t for n, t in file.weights.items() if n.startswith(prefix)}
    if file.mean is None or file.std is None:
        return replace(file, weights=weights)
    scale, shift = (file.weights[f"entrance.{name}"].double().flatten() for name in ("scale", "shift"))
    mean, std = (torch.tensor(values, dtype=torch.float64) for values in (file.mean, file.std))
    return replace(file, weights=weights, mean=_values(mean - shift * std / scale), std=_values(std / scale))


def _values(column: Tensor) -> tuple[float, ...]:
    return tuple(map(float, column))
