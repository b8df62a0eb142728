"""RandAugment, TrivialAugment and AutoAugment, operation by operation, against torchvision."""

from __future__ import annotations

import pytest
import torch
from torchvision.transforms import InterpolationMode, autoaugment  # type: ignore[import-untyped]

from search.training.augmentations import operations
from search.training.augmentations.auto_augment import AutoAugment
from search.training.augmentations.policy import narrow
from search.training.augmentations.rand_augment import RandAugment
from search.training.augmentations.resampling import resampled
from search.training.augmentations.trivial_augment import TrivialAugment
from tests.training.augmentations.conftest import SHAPES, applied, generator, images, only

STRENGTHS: dict[str, list[float]] = {
    **{name: [-0.3, 0.0, 0.2, 0.99] for name in ("ShearX", "ShearY", *operations.BLENDING)},
    **{name: [-4.7, 0.0, 2.2, 7.0] for name in ("TranslateX", "TranslateY")},
    "Rotate": [-135.0, 0.0, 17.0, 90.0],
    "Posterize": [2.0, 4.0, 7.0, 8.0],
    "Solarize": [0.0, 12.5, 128.0, 255.0],
}


@pytest.mark.parametrize("name", operations.NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_operation_is_torchvisions(name: str, shape: tuple[int, int, int]) -> None:
    """Within one level: torchvision's contrast takes the mean of rounded grays."""
    batch = images(shape, count=4)
    strengths = torch.tensor(STRENGTHS.get(name, [0.0] * 4))
    numbers = torch.full((4,), operations.NAMES.index(name))
    out = resampled(batch, operations.moved(numbers, strengths, shape), "constant").to(batch.dtype)
    out = operations.recoloured(out, numbers, strengths)
    for image, strength, ours in zip(batch, strengths.tolist(), out, strict=True):
        reference = autoaugment._apply_op(image, name, strength, InterpolationMode.BILINEAR, None)
        torch.testing.assert_close(ours.float(), reference.float(), rtol=0, atol=1)


def allowed(space: dict[str, tuple[torch.Tensor, bool]]) -> dict[str, set[float]]:
    """Return every strength that torchvision can draw for each operation."""
    return {
        name: {
            sign * value for value in strengths.reshape(-1).tolist() for sign in ((1, -1) if signed else (1,))
        }
        for name, (strengths, signed) in space.items()
    }


def drawn(numbers: torch.Tensor, strengths: torch.Tensor) -> dict[str, set[float]]:
    pairs = zip(numbers.reshape(-1).tolist(), strengths.reshape(-1).tolist(), strict=True)
    found: dict[str, set[float]] = {}
    for number, strength in pairs:
        found.setdefault(operations.NAMES[number], set()).add(strength + 0.0)  # -0.0 is 0.0
    return found


def near(found: dict[str, set[float]], expected: dict[str, set[float]]) -> None:
    assert found.keys() == expected.keys()
    for name, strengths in found.items():
        assert len(strengths) == len(expected[name]), name
        for ours, theirs in zip(sorted(strengths), sorted(expected[name]), strict=True):
            assert ours == pytest.approx(theirs, rel=1e-5), name


def test_trivial_augment_draws_every_strength_of_torchvisions_space_and_no_other() -> None:
    found = drawn(*TrivialAugment(trivial_augment=True).draw(60_000, (3, 32, 32), generator()))
    near(found, allowed(autoaugment.TrivialAugmentWide()._augmentation_space(31)))


@pytest.mark.parametrize("magnitude", [0, 9, 30])
def test_rand_augment_draws_torchvisions_operations_at_one_strength(magnitude: int) -> None:
    found = drawn(
        *RandAugment(rand_augment=2, rand_augment_magnitude=magnitude).draw(3000, (3, 20, 30), generator())
    )
    space = autoaugment.RandAugment()._augmentation_space(31, (20, 30))
    at = {
        name: (values[magnitude] if values.ndim else values, signed)
        for name, (values, signed) in space.items()
    }
    near(found, allowed(at))


@pytest.mark.parametrize("policy", ["cifar10", "imagenet", "svhn"])
def test_auto_augment_draws_torchvisions_pairs_with_their_probabilities(policy: str) -> None:
    """Each of 25 pairs gets n = 2,000 images or so; its first operation is done in the policy's share of them."""
    numbers, strengths = AutoAugment(auto_augment=policy).draw(50_000, (3, 20, 30), generator())  # type: ignore[arg-type]
    listed = autoaugment.AutoAugment(autoaugment.AutoAugmentPolicy(policy)).policies
    expected = torch.zeros(len(operations.NAMES))
    for pair in listed:
        for name, chance, _ in pair:
            expected[operations.NAMES.index(name)] += chance / 25 / 2
    expected[0] = 1 - expected[1:].sum()
    shares = numbers.flatten().bincount(minlength=len(operations.NAMES)) / numbers.numel()
    torch.testing.assert_close(shares, expected, rtol=0, atol=4 * (0.25 / 100_000) ** 0.5)
    space = allowed(autoaugment.AutoAugment()._augmentation_space(10, (20, 30)))
    for name, values in drawn(numbers, strengths).items():
        for value in values - {0.0}:
            assert min(abs(value - other) for other in space[name]) < 1e-4


def test_only_geometric_operations_move_pixels() -> None:
    strengths = narrow(10, (3, 8, 8))[:, -1]
    maps = operations.moved(torch.arange(len(operations.NAMES)), strengths, (3, 8, 8))
    still = [bool(torch.equal(one, torch.eye(3))) for one in maps]
    assert still == [name not in operations.GEOMETRIC for name in operations.NAMES]


def test_an_image_that_drew_the_identity_comes_back_as_it_was() -> None:
    batch = images((3, 16, 16), count=500)
    made = only(trivial_augment=True)
    draws = made.draw(500, (3, 16, 16), generator())
    same = draws.parts[0][0][:, 0] == 0
    assert 10 < int(same.sum()) < 100
    assert torch.equal(made.apply(batch, draws)[same], batch[same])


def test_floats_are_taken_to_whole_levels_first() -> None:
    """The operations are defined on 8 bits."""
    batch = images((3, 16, 16), dtype=torch.float32) - 0.3
    out, _ = applied(only(auto_augment="imagenet"), batch, generator())
    assert torch.equal(out, out.round())
