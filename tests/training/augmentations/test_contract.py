"""The contract of every registered augmentation."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from search.training.augmentations import augmentations
from search.training.augmentations.kinds import Colour, Copy, Erasing, Mixing, Warp
from tests.training.augmentations.conftest import SHAPES, applied, generator, images, only, strength

NAMES = augmentations.names()


def out(name: str, batch: Tensor, seed: int = 0) -> Tensor:
    return applied(only(**{name: strength(name)}), batch, generator(seed))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_dtype_and_range_are_kept_and_memory_does_not_matter(
    name: str, shape: tuple[int, int, int], dtype: torch.dtype
) -> None:
    batch = images(shape, dtype=dtype)
    before = batch.clone()
    plain = out(name, batch)
    assert (plain.shape, plain.dtype) == (batch.shape, dtype)
    assert 0 <= float(plain.min()) <= float(plain.max()) <= 255.001
    assert torch.equal(batch, before)
    moved = out(name, batch.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(moved, plain, rtol=1e-5, atol=1 if dtype is torch.uint8 else 1e-2)


@pytest.mark.parametrize("name", NAMES)
def test_off_by_default_it_has_a_setting_of_its_own_name(name: str) -> None:
    assert not {s.name: s.default for s in augmentations[name].settings}[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_image_draws_its_own(name: str) -> None:
    batch = images((3, 16, 16), count=1).repeat(32, 1, 1, 1)
    batch[16:] = 255 - batch[16:]  # two kinds of image, or there is nothing to mix
    assert len({bytes(image.numpy().tobytes()) for image in out(name, batch)}) > 2


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_decides_and_nothing_else(name: str) -> None:
    batch = images((3, 16, 16))
    torch.manual_seed(1)
    first = out(name, batch)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert torch.equal(out(name, batch), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(out(name, batch, seed=1), first)


@pytest.mark.parametrize("name", NAMES)
def test_draws_have_a_row_for_each_image(name: str) -> None:
    built = augmentations[name].build(**{name: strength(name)})
    assert {len(tensor) for tensor in built.draw(7, (3, 8, 8), generator())} == {7}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_of_one_kind(name: str) -> None:
    built = augmentations[name].build()
    assert sum(isinstance(built, kind) for kind in (Copy, Warp, Colour, Erasing, Mixing)) == 1


@settings(max_examples=25)
@given(
    names=st.sets(st.sampled_from(NAMES), min_size=1, max_size=5),
    fill=st.sampled_from(["constant", "nearest", "reflect"]),
    channels=st.sampled_from([1, 3]),
    cut=st.integers(1, 8),
    seed=st.integers(0, 2**31),
)
def test_parts_of_a_batch_are_augmented_as_the_whole(
    *, names: set[str], fill: str, channels: int, cut: int, seed: int
) -> None:
    """Micro-batches and the shards of several GPUs see the same images and targets as one batch on one GPU."""
    made = only(fill=fill, **{name: strength(name) for name in names})
    batch = images((channels, 10, 12), count=9)
    whole, labels = applied(made, batch, generator(seed))
    parts = [applied(made, batch, generator(seed), rows) for rows in (slice(0, cut), slice(cut, 9))]
    # Products of matrices of another number of images may round otherwise (blur): by one level at the most.
    torch.testing.assert_close(torch.cat([part for part, _ in parts]), whole, rtol=0, atol=1)
    torch.testing.assert_close(torch.cat([label for _, label in parts]), labels, rtol=0, atol=0)
