"""The contract of every registered augmentation, and each against torchvision's functional on every image."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode, functional  # type: ignore[import-untyped]

from search.training.augmentations import augmentations, pipeline
from search.training.augmentations.crop import crop_at
from search.training.augmentations.cutout import erase_at
from search.training.augmentations.flip import flip_where
from search.training.augmentations.rotation import rotate

NAMES = augmentations.names()
STRENGTH = {"bool": True, "int": 4, "float": 20.0}
SHAPES = [(1, 8, 8), (3, 32, 32), (3, 9, 14)]


def strength(name: str) -> dict[str, object]:
    main = next(s for s in augmentations[name].settings if s.name == name)
    return {name: STRENGTH[main.kind]}


def images(shape: tuple[int, int, int], count: int = 16, dtype: torch.dtype = torch.uint8) -> Tensor:
    pixels = torch.randint(1, 256, (count, *shape), generator=torch.Generator().manual_seed(5))
    return pixels.to(dtype)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_shape_and_dtype_are_kept_and_memory_does_not_matter(
    name: str, shape: tuple[int, int, int], dtype: torch.dtype, memory: torch.memory_format
) -> None:
    batch = images(shape, dtype=dtype)
    before = batch.clone()
    out = augmentations[name].build(batch.contiguous(memory_format=memory), generator(), **strength(name))
    assert (out.shape, out.dtype) == (batch.shape, dtype)
    assert torch.equal(batch, before)
    plain = augmentations[name].build(batch, generator(), **strength(name))
    torch.testing.assert_close(out, plain, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_off_by_default_is_the_identity_and_draws_nothing(name: str) -> None:
    batch, random = images((3, 8, 8)), generator()
    assert torch.equal(augmentations[name].build(batch, random), batch)
    assert torch.equal(random.get_state(), generator().get_state())


@pytest.mark.parametrize("name", NAMES)
def test_every_image_draws_its_own(name: str) -> None:
    same = images((3, 16, 16), count=1).repeat(32, 1, 1, 1)
    out = augmentations[name].build(same, generator(), **strength(name))
    assert len({bytes(image.numpy().tobytes()) for image in out}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_decides_and_nothing_else(name: str) -> None:
    batch = images((3, 16, 16))
    torch.manual_seed(1)
    first = augmentations[name].build(batch, generator(), **strength(name))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert torch.equal(augmentations[name].build(batch, generator(), **strength(name)), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(augmentations[name].build(batch, generator(1), **strength(name)), first)


@pytest.mark.parametrize("name", NAMES)
def test_has_a_setting_of_its_own_name_that_is_off_by_default(name: str) -> None:
    defaults = {s.name: s.default for s in augmentations[name].settings}
    assert not defaults[name]


@pytest.mark.parametrize("shape", SHAPES)
def test_crop_cuts_the_padded_image_as_torchvision_does(shape: tuple[int, int, int]) -> None:
    batch, padding = images(shape), 3
    offsets = torch.randint(0, 2 * padding + 1, (2, len(batch)), generator=generator())
    out = crop_at(batch, offsets[0], offsets[1], padding=padding)
    for image, top, left, cropped in zip(batch, *offsets.tolist(), out, strict=True):
        padded = functional.pad(image, [padding] * 4)
        assert torch.equal(cropped, functional.crop(padded, top, left, *shape[1:]))


def test_crop_reaches_every_offset_and_no_other() -> None:
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[0, 0, 4, 4] = 255
    out = augmentations["crop"].build(image.expand(2000, -1, -1, -1), generator(), crop=2)
    places = {tuple(place) for place in out[:, 0].nonzero()[:, 1:].tolist()}
    assert places == {(row, column) for row in range(2, 7) for column in range(2, 7)}


@pytest.mark.parametrize("shape", SHAPES)
def test_flip_mirrors_as_torchvision_does(shape: tuple[int, int, int]) -> None:
    batch = images(shape)
    mirrored = torch.arange(len(batch)) % 3 == 0
    for image, mark, out in zip(batch, mirrored, flip_where(batch, mirrored), strict=True):
        assert torch.equal(out, functional.horizontal_flip(image) if mark else image)


def test_flip_mirrors_half_of_the_images() -> None:
    batch = images((1, 8, 8), count=1).repeat(4000, 1, 1, 1)
    out = augmentations["flip"].build(batch, generator(), flip=True)
    share = (out != batch).flatten(1).any(dim=1).float().mean().item()
    assert abs(share - 0.5) < 4 * (0.25 / 4000) ** 0.5  # four standard deviations, and the seed is fixed


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_rotation_turns_as_torchvision_does(shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    batch = images(shape, dtype=dtype)
    angles = torch.linspace(-180, 180, len(batch))
    for image, angle, out in zip(batch, angles.tolist(), rotate(batch, angles), strict=True):
        reference = functional.rotate(image, angle, interpolation=InterpolationMode.BILINEAR)
        torch.testing.assert_close(
            out.float(), reference.float(), rtol=0, atol=1.0 if dtype is torch.uint8 else 0.05
        )


def test_rotation_stays_within_its_angle() -> None:
    """A pixel far from the centre moves by at most the angle: its column stays near."""
    image = torch.zeros(500, 1, 33, 33)
    image[:, :, 1, 16] = 255
    out = augmentations["rotation"].build(image, generator(), rotation=10.0)
    columns = out[:, 0].sum(dim=1).argmax(dim=1) - 16
    reach = 15 * torch.sin(torch.deg2rad(torch.tensor(10.0)))
    assert columns.abs().max() <= reach + 1
    assert columns.min() < 0 < columns.max()


@pytest.mark.parametrize("shape", SHAPES)
def test_cutout_erases_as_torchvision_does(shape: tuple[int, int, int]) -> None:
    batch = images(shape)
    top, left = torch.arange(len(batch)) % 9 - 2, torch.arange(len(batch)) % 7 - 1
    for image, i, j, out in zip(
        batch, top.tolist(), left.tolist(), erase_at(batch, top, left, side=4), strict=True
    ):
        inside_top, inside_left = max(i, 0), max(j, 0)
        size = (i + 4 - inside_top, j + 4 - inside_left)
        value = torch.zeros(1, dtype=image.dtype)
        assert torch.equal(out, functional.erase(image, inside_top, inside_left, *size, v=value))


def test_pipeline_applies_what_is_on_in_the_order_of_registration() -> None:
    batch = images((3, 16, 16))
    settings = {
        "augmentation.flip": True,
        "augmentation.crop": 2,
        "augmentation.rotation": 0.0,
        "batch_size": 4,
    }
    random = generator()
    expected = augmentations["crop"].build(batch, random, crop=2)
    expected = augmentations["flip"].build(expected, random, flip=True)
    assert torch.equal(pipeline(settings)(batch, generator()), expected)
    assert NAMES.index("cutout") == len(NAMES) - 1


def test_pipeline_of_nothing_is_the_identity() -> None:
    batch = images((3, 8, 8))
    assert pipeline({"batch_size": 4})(batch, generator()) is batch
