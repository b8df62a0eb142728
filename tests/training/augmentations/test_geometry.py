"""Copies and warps against torchvision, NumPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode, functional  # type: ignore[import-untyped]

from search.training.augmentations.crop import crop_at
from search.training.augmentations.flip import flip_where
from search.training.augmentations.kinds import Fill
from search.training.augmentations.resampling import affine, resampled
from search.training.augmentations.resized_crop import ResizedCrop
from search.training.augmentations.rotation import turn
from tests.training.augmentations.conftest import SHAPES, applied, generator, images, only

NUMPY: dict[Fill, str] = {"constant": "constant", "nearest": "edge", "reflect": "symmetric"}


@pytest.mark.parametrize("fill", NUMPY)
@pytest.mark.parametrize(("shape", "padding"), [((1, 8, 8), 3), ((3, 9, 14), 3), ((3, 4, 5), 11)])
def test_crop_cuts_the_padded_image_as_numpy_pads_it(
    shape: tuple[int, int, int], padding: int, fill: Fill
) -> None:
    batch = images(shape)
    offsets = torch.randint(0, 2 * padding + 1, (2, len(batch)), generator=generator())
    out = crop_at(batch, *offsets, padding=padding, fill=fill)
    around = ((0, 0), (padding, padding), (padding, padding))
    for image, top, left, cropped in zip(batch, *offsets.tolist(), out, strict=True):
        padded = np.pad(image.numpy(), around, NUMPY[fill])  # type: ignore[call-overload]
        assert np.array_equal(cropped, padded[:, top : top + shape[1], left : left + shape[2]])


def test_crop_reaches_every_offset_and_no_other() -> None:
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[0, 0, 4, 4] = 255
    out, _ = applied(only(crop=2), image.expand(2000, -1, -1, -1), generator())
    places = {tuple(place) for place in out[:, 0].nonzero()[:, 1:].tolist()}
    assert places == {(row, column) for row in range(2, 7) for column in range(2, 7)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dimension", "name"), [(2, "horizontal_flip"), (1, "vertical_flip")])
def test_flips_mirror_as_torchvision_does(shape: tuple[int, int, int], dimension: int, name: str) -> None:
    batch = images(shape)
    mirrored = torch.arange(len(batch)) % 3 == 0
    once = flip_where(batch, mirrored, dimension=dimension)
    for image, mark, out in zip(batch, mirrored, once, strict=True):
        assert torch.equal(out, getattr(functional, name)(image) if mark else image)
    assert torch.equal(flip_where(once, mirrored, dimension=dimension), batch)


@pytest.mark.parametrize("name", ["flip", "vertical_flip"])
def test_flips_mirror_half_of_the_images(name: str) -> None:
    batch = images((1, 8, 8), count=1).repeat(4000, 1, 1, 1)
    out, _ = applied(only(**{name: True}), batch, generator())
    share = (out != batch).flatten(1).any(dim=1).float().mean().item()
    assert abs(share - 0.5) < 4 * (0.25 / 4000) ** 0.5  # four standard deviations, and the seed is fixed


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_rotation_turns_as_torchvision_does(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    batch = images(shape, dtype=dtype)
    angles = torch.linspace(-180, 180, len(batch))
    rotated = resampled(batch, turn(angles, shape), "constant")
    for image, angle, out in zip(batch, angles.tolist(), rotated, strict=True):
        reference = functional.rotate(image, angle, interpolation=InterpolationMode.BILINEAR)
        tolerance = 1.0 if dtype is torch.uint8 else 0.05
        torch.testing.assert_close(out.float(), reference.float(), rtol=0, atol=tolerance)


def test_quarter_turns_of_a_square_move_pixels_and_blend_none() -> None:
    batch = images((3, 12, 12))
    for quarters in range(-2, 3):
        angles = torch.full((len(batch),), 90.0 * quarters)
        out = resampled(batch, turn(angles, (3, 12, 12)), "constant")
        assert torch.equal(out, torch.rot90(batch, quarters, (2, 3)))


def test_rotation_stays_within_its_angle() -> None:
    """A pixel far from the centre moves by at most the angle: its column stays near."""
    image = torch.zeros(500, 1, 33, 33)
    image[:, :, 1, 16] = 255
    out, _ = applied(only(rotation=10.0), image, generator())
    columns = out[:, 0].sum(dim=1).argmax(dim=1) - 16
    reach = 15 * math.sin(math.radians(10.0))
    assert columns.abs().max() <= reach + 1
    assert columns.min() < 0 < columns.max()


@pytest.mark.parametrize("fill", NUMPY)
def test_what_comes_in_from_outside_is_as_numpy_pads_it(fill: Fill) -> None:
    """A shift by whole pixels is a window of the padded image."""
    batch = images((3, 8, 10))
    one = torch.ones(len(batch))
    out = resampled(batch, affine((1, 0, -2 * 3 / 10 * one), (0, 1, 2 * 2 / 8 * one), like=one), fill)
    padded = np.pad(batch.numpy(), ((0, 0), (0, 0), (3, 3), (3, 3)), NUMPY[fill])  # type: ignore[call-overload]
    assert np.array_equal(out, padded[:, :, 5:13, 0:10])


@pytest.mark.parametrize("name", ["zoom", "shear", "rotation", "horizontal_shift", "vertical_shift"])
def test_a_warp_of_hardly_any_strength_is_the_identity(name: str) -> None:
    batch = images((3, 16, 20))
    assert torch.equal(applied(only(**{name: 1e-6}), batch, generator())[0], batch)


def test_shifts_move_the_content_and_stay_within_their_share() -> None:
    image = torch.zeros(500, 1, 20, 20)
    image[:, :, 10, 10] = 255
    for name, dimension in (("horizontal_shift", 1), ("vertical_shift", 2)):
        out, _ = applied(only(**{name: 0.2}), image, generator())
        places = out[:, 0].sum(dim=dimension).argmax(dim=1) - 10
        assert places.min() == -4
        assert places.max() == 4


def test_resized_crop_enlarges_its_window_as_torchvision_does() -> None:
    """Up to the window's edge, where ours goes on with the image and torchvision's repeats the window's last pixel."""
    shape = (3, 24, 32)
    batch = images(shape, dtype=torch.float32)
    made = only(resized_crop=0.2)
    draws = made.draw(len(batch), shape, generator())
    out = made.apply(batch, draws)
    for index, (across, down, left, top) in enumerate(
        zip(*(d.int().tolist() for d in draws.parts[0]), strict=True)
    ):
        reference = functional.resized_crop(batch[index], top, left, down, across, [24, 32], antialias=False)
        x, y = math.ceil(16 / across) + 1, math.ceil(12 / down) + 1
        inner = (slice(None), slice(y, 24 - y), slice(x, 32 - x))
        torch.testing.assert_close(out[index][inner], reference[inner], rtol=0, atol=0.05)


def test_resized_crops_windows_are_inside_and_of_the_sizes_asked_for() -> None:
    across, down, left, top = ResizedCrop(resized_crop=0.08).draw(5000, (3, 64, 48), generator())
    assert bool(((left >= 0) & (left + across <= 48) & (top >= 0) & (top + down <= 64)).all())
    share, ratio = across * down / (48 * 64), across / down
    assert 0.06 < share.min() < 0.12
    assert share.max() > 0.9
    assert 0.7 < ratio.min() < 0.8
    assert 1.25 < ratio.max() < 1.45


def test_resized_crop_does_not_darken_the_edges() -> None:
    batch = torch.full((200, 1, 16, 16), 200, dtype=torch.uint8)
    assert torch.equal(applied(only(resized_crop=0.3), batch, generator())[0], batch)


def test_resized_crop_leaves_an_image_of_which_no_window_fits() -> None:
    """A strip one pixel high has no window of ratio 3/4 to 4/3 with half of its area."""
    batch = images((1, 1, 40))
    assert torch.equal(applied(only(resized_crop=0.5), batch, generator())[0], batch)
