"""How the augmentations that are on become one: order, one resampling, nothing where nothing is on."""

from __future__ import annotations

import torch
from torchvision.transforms.v2 import InterpolationMode, functional  # type: ignore[import-untyped]

from search.training.augmentations.crop import crop_at
from search.training.augmentations.flip import flip_where
from tests.training.augmentations.conftest import applied, generator, images, only


def test_nothing_on_draws_nothing_and_returns_what_it_gets() -> None:
    batch, random = images((3, 8, 8)), generator()
    out, labels = applied(only(), batch, random)
    assert torch.equal(out, batch)
    assert torch.equal(labels, torch.arange(len(batch)))
    assert torch.equal(random.get_state(), generator().get_state())


def test_crop_flip_and_cutout_draw_in_turn_from_one_generator() -> None:
    """The curves of recorded trials hang on it: these draws, in this order."""
    batch, random = images((3, 16, 16)), generator()
    offsets = torch.randint(0, 5, (2, len(batch)), generator=random)
    mirrored = torch.rand(len(batch), generator=random) < 0.5
    rows = torch.randint(0, 16, (len(batch),), generator=random)
    columns = torch.randint(0, 16, (len(batch),), generator=random)
    expected = flip_where(crop_at(batch, *offsets, padding=2), mirrored, dimension=2).clone()
    for image, row, column in zip(expected, rows.tolist(), columns.tolist(), strict=True):
        image[:, max(row - 3, 0) : row + 3, max(column - 3, 0) : column + 3] = 0
    out, _ = applied(only(flip=True, crop=2, rotation=0.0, cutout=6), batch, generator())
    assert torch.equal(out, expected)


def test_geometry_is_one_resampling_equal_to_torchvisions_affine() -> None:
    """Composed, not one after the other: torchvision's own composition of the same parameters gives the same."""
    shape = (3, 20, 28)
    batch = images(shape)
    made = only(zoom=0.3, shear=20.0, rotation=40.0, horizontal_shift=0.2, vertical_shift=0.1)
    draws = made.draw(len(batch), shape, generator())
    zoom, shear, rotation, right, down = (drawn[0].tolist() for drawn in draws.parts)
    for index, out in enumerate(made.apply(batch, draws)):
        reference = functional.affine(
            batch[index],
            angle=-rotation[index],
            translate=[right[index] * shape[2], down[index] * shape[1]],
            scale=zoom[index],
            shear=[shear[index], 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        torch.testing.assert_close(out.float(), reference.float(), rtol=0, atol=1)


def test_stages_follow_kinds_and_not_registration() -> None:
    """Cutout's square stays black and upright whatever else is on; colours are changed before it."""
    batch = torch.full((64, 3, 16, 16), 128, dtype=torch.uint8)
    out, _ = applied(
        only(cutout=6, rotation=45.0, noise=0.05, brightness=0.2, fill="nearest"), batch, generator()
    )
    black = (out == 0).all(dim=1)
    for square in black:
        rows, columns = square.nonzero().unbind(1)
        inside = square[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert bool(inside.all())
        assert len(inside) <= 6
