"""The usual way to feed a classifier: a DataLoader with torchvision v2's transforms per sample, as in its own recipes.

github.com/pytorch/vision, references/classification. The transforms are those that our settings of the augmentation
name, so that both sides do the same to each image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2  # type: ignore[import-untyped]

from search.plan.trial_config import Value
from search.training.data import Data, Split

COLOURS = ("brightness", "contrast", "saturation", "hue")


def transform_of(data: Data, settings: Mapping[str, Value]) -> v2.Transform:
    """Return torchvision's counterpart of our settings, from a uint8 image to a normalised one.

    Args:
        data: whose mean, deviation and size of images are taken.
        settings: `augmentation.crop`, `.flip`, `.rotation`, and the colours; what is absent is off.
    """
    own = {name.removeprefix("augmentation."): value for name, value in settings.items()}
    colours = {name: own[name] for name in COLOURS if name in own}
    smooth = v2.InterpolationMode.BILINEAR
    return v2.Compose(
        [
            *([v2.RandomCrop(data.shape[1:], padding=own["crop"])] if "crop" in own else []),
            *([v2.RandomHorizontalFlip()] if "flip" in own else []),
            *([v2.RandomRotation(own["rotation"], interpolation=smooth)] if "rotation" in own else []),
            *([v2.ColorJitter(**colours)] if colours else []),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(data.mean, data.std),
        ]
    )


class Samples(Dataset[tuple[Tensor, int]]):
    """Images one by one through torchvision's transforms.

    Args:
        split: their rows.
        transform: from a uint8 image (C, H, W) to what the model sees.
    """

    def __init__(self, split: Split, transform: v2.Transform) -> None:
        self.split, self.transform = split, transform

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        row = self.split.indices[index]
        image = torch.from_numpy(self.split.images[row].copy()).permute(2, 0, 1)  # the cache is read-only
        return self.transform(image), int(self.split.labels[row])


def loader_of(
    data: Data, settings: Mapping[str, Value], *, batch_size: int, workers: int, device: torch.device
) -> DataLoader[tuple[Tensor, int]]:
    """Return a loader of the training images.

    Args:
        data: the images.
        settings: of the augmentation, as for `transform_of`.
        batch_size: images of a batch.
        workers: processes that load ahead, kept over the epochs; 0: none, this one loads.
        device: for a GPU, batches are pinned.
    """
    return DataLoader(
        Samples(data.train, transform_of(data, settings)),
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device.type == "cuda",
    )


def moved(loader: DataLoader[tuple[Tensor, int]], device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches on a device, images with channels last in memory, as convolutions want them."""
    for images, labels in loader:
        yield (
            images.to(device, memory_format=torch.channels_last, non_blocking=True),
            labels.to(device, non_blocking=True),
        )
