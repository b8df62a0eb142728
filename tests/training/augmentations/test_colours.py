"""Colours, blur, noise and erasing against torchvision's functional on every image, and closed forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional  # type: ignore[import-untyped]

from search.training.augmentations.blur import blurred
from search.training.augmentations.brightness import brightened
from search.training.augmentations.contrast import contrasted
from search.training.augmentations.hue import turned_hue
from search.training.augmentations.saturation import saturated
from tests.training.augmentations.conftest import SHAPES, applied, generator, images, only

ADJUST: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], tuple[float, float]]] = {
    "brightness": (brightened, (0, 2)),
    "contrast": (contrasted, (0, 2)),
    "saturation": (saturated, (0, 2)),
    "hue": (turned_hue, (-0.5, 0.5)),
}


@pytest.mark.parametrize("name", ADJUST)
@pytest.mark.parametrize("shape", SHAPES)
def test_colours_change_as_in_torchvision(name: str, shape: tuple[int, int, int]) -> None:
    """On floats, where torchvision rounds nothing: within a hundredth of a level."""
    adjust, bounds = ADJUST[name]
    batch = images(shape, dtype=torch.float32)
    batch[0] = batch[0, :1].expand(shape)  # gray, where the hue has no place
    factors = torch.linspace(*bounds, len(batch))
    reference = getattr(functional, f"adjust_{name}")
    for image, factor, out in zip(batch, factors.tolist(), adjust(batch, factors), strict=True):
        torch.testing.assert_close(out, 255 * reference(image / 255, factor), rtol=0, atol=0.02)


@pytest.mark.parametrize("name", ADJUST)
def test_colours_without_strength_are_the_identity(name: str) -> None:
    assert torch.equal(
        applied(only(**{name: 1e-6}), images((3, 16, 16)), generator())[0], images((3, 16, 16))
    )


@pytest.mark.parametrize("name", ["saturation", "hue"])
def test_gray_images_have_no_colours_to_change(name: str) -> None:
    batch = images((1, 8, 8))
    assert torch.equal(applied(only(**{name: 0.5}), batch, generator())[0], batch)


def test_colours_of_uint8_are_those_of_floats_rounded_once() -> None:
    settings = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
    whole, _ = applied(only(**settings), images((3, 16, 16)), generator())
    exact, _ = applied(only(**settings), images((3, 16, 16), dtype=torch.float32), generator())
    assert torch.equal(whole.float(), exact.round())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [2, 6])
def test_blur_is_torchvisions_gaussian_blur(shape: tuple[int, int, int], radius: int) -> None:
    batch = images(shape, dtype=torch.float32)
    deviations = torch.linspace(0.1, 3, len(batch))
    for image, deviation, out in zip(
        batch, deviations.tolist(), blurred(batch, deviations, radius=radius), strict=True
    ):
        reference = functional.gaussian_blur(image, [2 * radius + 1] * 2, [deviation] * 2)
        torch.testing.assert_close(out, reference, rtol=0, atol=0.01)


def test_blur_wider_than_the_image_is_cut_to_what_it_can_mirror() -> None:
    batch = torch.full((4, 1, 3, 5), 77.0)
    torch.testing.assert_close(blurred(batch, torch.full((4,), 9.0), radius=27), batch)


def test_noise_has_its_deviation_and_every_pixel_its_own() -> None:
    """n = 48,000 pixels: the deviation's own standard deviation is 0.3 %."""
    batch = torch.full((16, 3, 25, 40), 128.0)
    noise = applied(only(noise=0.1), batch, generator())[0] - 128
    assert abs(float(noise.std()) - 25.5) < 4 * 0.0033 * 25.5
    assert abs(float(noise.mean())) < 4 * 25.5 / 48000**0.5
    assert abs(float((noise[:, :, 1:] * noise[:, :, :-1]).mean())) < 4 * 25.5**2 / 46080**0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_cutout_erases_as_torchvision_does(shape: tuple[int, int, int]) -> None:
    batch = images(shape)
    made = only(cutout=5)
    draws = made.draw(len(batch), shape, generator())
    rows, columns = draws.parts[0]
    for image, row, column, out in zip(
        batch, rows.tolist(), columns.tolist(), made.apply(batch, draws), strict=True
    ):
        top, left = max(row - 2, 0), max(column - 2, 0)
        black = torch.zeros(1, dtype=image.dtype)
        assert torch.equal(out, functional.erase(image, top, left, row + 3 - top, column + 3 - left, v=black))


def test_erasing_blacks_out_a_rectangle_of_the_asked_area_in_the_asked_share_of_images() -> None:
    batch = torch.full((2000, 1, 40, 30), 9, dtype=torch.uint8)
    out, _ = applied(only(erasing=0.3, erasing_area=0.2), batch, generator())
    black = (out == 0)[:, 0]
    hit = black.flatten(1).any(dim=1)
    assert abs(hit.float().mean().item() - 0.3) < 4 * (0.21 / 2000) ** 0.5
    heights, widths = black[hit].any(dim=2).sum(dim=1), black[hit].any(dim=1).sum(dim=1)
    areas = black[hit].flatten(1).sum(dim=1)
    assert torch.equal(areas, heights * widths)
    assert 0.015 < areas.min() / 1200 < 0.04
    assert 0.17 < areas.max() / 1200 < 0.22
