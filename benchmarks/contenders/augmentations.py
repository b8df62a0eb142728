"""Each augmentation three times: our settings, torchvision's random transform for one image, Kornia's for a batch.

``reference`` does to one image, with torchvision's functions, what our draws say, so that results can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torchvision.transforms import v2  # type: ignore[import-untyped]
from torchvision.transforms.v2 import functional as F  # noqa: N812 - its usual name

from search.plan.trial_config import Value

SMOOTH = v2.InterpolationMode.BILINEAR

Kornia = Callable[[Any, int], Callable[[Tensor], Tensor]]


@dataclass(frozen=True)
class Case:
    """One line of the table.

    ``settings`` are ours, without their prefix. ``transform`` makes torchvision's from the side of an image, ``kornia``
    that of the module `kornia.augmentation` and the side. ``reference`` takes an image (C, H, W) and our draws for it
    in their order; None: ours and theirs differ on purpose, see docs/augmentation.md.
    """

    settings: Mapping[str, Value]
    transform: Callable[[int], Callable[[Tensor], Tensor]]
    kornia: Kornia | None = None
    reference: Callable[..., Tensor] | None = None
    batched: bool = field(default=False)
    """Whether torchvision's transform takes a batch with its labels, too: mixing."""


def _affine(image: Tensor, *drawn: float) -> Tensor:
    zoom, shear, angle, right, down = drawn
    shift = [right * image.shape[2], down * image.shape[1]]
    return F.affine(image, -angle, shift, zoom, [shear, 0.0], interpolation=SMOOTH)


def _cropped(image: Tensor, top: int, left: int) -> Tensor:
    return F.crop(F.pad(image, [4] * 4), top, left, *image.shape[1:])


def _jittered(image: Tensor, brightness: float, contrast: float, saturation: float, hue: float) -> Tensor:
    light = F.adjust_contrast(F.adjust_brightness(image / 255, brightness), contrast)
    return 255 * F.adjust_hue(F.adjust_saturation(light, saturation), hue)


def _erased(image: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    return F.erase(image, top, left, height, width, v=image.new_zeros(1)) if height else image


JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
GEOMETRY = {"zoom": 0.1, "shear": 10.0, "rotation": 15.0, "horizontal_shift": 0.1, "vertical_shift": 0.1}

CASES: dict[str, Case] = {
    "crop": Case(
        {"crop": 4},
        lambda side: v2.RandomCrop(side, padding=4),
        lambda k, side: k.RandomCrop((side, side), padding=4),
        _cropped,
    ),
    "flip": Case(
        {"flip": True},
        lambda side: v2.RandomHorizontalFlip(),
        lambda k, side: k.RandomHorizontalFlip(),
        lambda image, mirrored: image.flip(2) if mirrored else image,
    ),
    "rotation": Case(
        {"rotation": 15.0},
        lambda side: v2.RandomRotation(15, SMOOTH),
        lambda k, side: k.RandomRotation(15.0, p=1.0),
        lambda image, angle: F.rotate(image, angle, SMOOTH),
    ),
    "rotation, shear, zoom, shifts": Case(
        GEOMETRY,
        lambda side: v2.RandomAffine(15, (0.1, 0.1), (0.9, 1.1), 10, SMOOTH),
        lambda k, side: k.RandomAffine(15.0, (0.1, 0.1), (0.9, 1.1), 10.0, p=1.0),
        _affine,
    ),
    "resized crop": Case(
        {"resized_crop": 0.08},
        lambda side: v2.RandomResizedCrop(side, antialias=False),
        lambda k, side: k.RandomResizedCrop((side, side), p=1.0),
    ),
    "brightness": Case(
        {"brightness": 0.4},
        lambda side: v2.ColorJitter(brightness=0.4),
        lambda k, side: k.RandomBrightness((0.6, 1.4), p=1.0),
        lambda image, factor: 255 * F.adjust_brightness(image / 255, factor),
    ),
    "contrast": Case(
        {"contrast": 0.4},
        lambda side: v2.ColorJitter(contrast=0.4),
        lambda k, side: k.RandomContrast((0.6, 1.4), p=1.0),
        lambda image, factor: 255 * F.adjust_contrast(image / 255, factor),
    ),
    "saturation": Case(
        {"saturation": 0.4},
        lambda side: v2.ColorJitter(saturation=0.4),
        lambda k, side: k.RandomSaturation((0.6, 1.4), p=1.0),
        lambda image, factor: 255 * F.adjust_saturation(image / 255, factor),
    ),
    "hue": Case(
        {"hue": 0.1},
        lambda side: v2.ColorJitter(hue=0.1),
        lambda k, side: k.RandomHue((-0.1, 0.1), p=1.0),
        lambda image, turn: 255 * F.adjust_hue(image / 255, turn),
    ),
    "all four colours": Case(
        JITTER,
        lambda side: v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
        lambda k, side: k.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0),
        _jittered,
    ),
    "noise": Case(
        {"noise": 0.1},
        lambda side: v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.GaussianNoise(sigma=0.1)]),
        lambda k, side: k.RandomGaussianNoise(std=0.1, p=1.0),
        lambda image, noise: (image + 25.5 * noise).clamp(0, 255),
    ),
    "blur": Case(
        {"blur": 2.0},
        lambda side: v2.GaussianBlur(13, (0.1, 2.0)),
        lambda k, side: k.RandomGaussianBlur((13, 13), (0.1, 2.0), p=1.0),
        lambda image, deviation: F.gaussian_blur(image, [13, 13], [deviation] * 2),
    ),
    "erasing": Case(
        {"erasing": 0.5},
        lambda side: v2.RandomErasing(),
        lambda k, side: k.RandomErasing(),
        _erased,
    ),
    "RandAugment": Case(
        {"rand_augment": 2},
        lambda side: v2.RandAugment(2, 9, interpolation=SMOOTH),
        lambda k, side: k.auto.RandAugment(2, 9),
    ),
    "TrivialAugment": Case(
        {"trivial_augment": True},
        lambda side: v2.TrivialAugmentWide(interpolation=SMOOTH),
        lambda k, side: k.auto.TrivialAugment(),
    ),
    "AutoAugment": Case(
        {"auto_augment": "cifar10"},
        lambda side: v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10, SMOOTH),
        lambda k, side: k.auto.AutoAugment("cifar10"),
    ),
    "mixup": Case(
        {"mixup": 1.0},
        lambda side: v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.MixUp(num_classes=10)]),
        None,
        None,
        batched=True,
    ),
    "CutMix": Case({"cutmix": 1.0}, lambda side: v2.CutMix(num_classes=10), None, None, batched=True),
    "crop, flip, rotation, colours": Case(
        {"crop": 4, "flip": True, "rotation": 15.0, **JITTER},
        lambda side: v2.Compose(
            [
                v2.RandomCrop(side, padding=4),
                v2.RandomHorizontalFlip(),
                v2.RandomRotation(15, SMOOTH),
                v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
            ]
        ),
        lambda k, side: k.AugmentationSequential(
            k.RandomCrop((side, side), padding=4),
            k.RandomHorizontalFlip(),
            k.RandomRotation(15.0, p=1.0),
            k.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0),
        ),
    ),
}
