"""Mixup and CutMix against their definitions."""

from __future__ import annotations

import pytest
import torch

from search.training.augmentations.shares import beta
from tests.training.augmentations.conftest import applied, generator, images, only


def test_mixup_averages_images_and_labels_with_one_weight() -> None:
    batch = images((3, 8, 8), dtype=torch.float32)
    made = only(mixup=1.0)
    draws = made.draw(16, (3, 8, 8), generator())
    out, targets = made.batch(batch, torch.arange(16), draws, classes=16)
    (kept,), partners = draws.parts[0], draws.partners
    assert partners is not None
    for index, (share, partner) in enumerate(zip(kept.tolist(), partners.tolist(), strict=True)):
        expected = share * batch[index] + (1 - share) * batch[partner]
        torch.testing.assert_close(out[index], expected, rtol=1e-5, atol=1e-3)
        target = torch.zeros(16)
        target[index] += share
        target[partner] += 1 - share
        torch.testing.assert_close(targets[index], target)


def test_cutmix_puts_a_rectangle_of_another_image_in_and_counts_its_pixels() -> None:
    batch = torch.arange(100, dtype=torch.uint8)[:, None, None, None].expand(100, 3, 12, 9)
    out, targets = applied(only(cutmix=1.0), batch, generator())
    for index, image in enumerate(out[:, 0]):
        foreign = image != index
        share = foreign.float().mean()
        assert targets[index, index].item() == pytest.approx(1 - share.item(), abs=1e-6) or not foreign.any()
        if foreign.any():
            rows, columns = foreign.nonzero().unbind(1)
            box = foreign[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            assert bool(box.all())
            assert len(image[foreign].unique()) == 1
            assert targets[index, int(image[foreign][0])].item() == pytest.approx(share.item(), abs=1e-6)


@pytest.mark.parametrize("on", [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}])
def test_targets_are_shares_that_add_up_to_one(on: dict[str, float]) -> None:
    _, targets = applied(only(**on), images((3, 8, 8), count=64), generator())
    assert targets.dtype == torch.float32
    assert bool((targets >= 0).all())
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(64))
    assert bool(((targets > 0).sum(dim=1) <= 2).all())


def test_with_both_on_each_image_is_mixed_in_one_way() -> None:
    """In mixup two whole numbers are blended, in CutMix none; a quarter of each at least, of 400."""
    batch = torch.arange(400)[:, None, None, None].expand(400, 1, 8, 8).float() / 2
    out, _ = applied(only(mixup=5.0, cutmix=5.0), batch, generator())
    levels = [len(image.unique()) for image in out]
    uniform = sum(level == 1 for level in levels)
    assert set(levels) == {1, 2}
    assert 100 < uniform < 300


def test_cutmix_leaves_a_share_of_the_images_alone() -> None:
    batch = images((3, 16, 16), count=2000)
    _, targets = applied(only(cutmix=1.0, cutmix_probability=0.25), batch, generator())
    alone = (targets.max(dim=1).values == 1).float().mean().item()
    assert abs(alone - 0.75) < 0.06  # and a few boxes without pixels


def test_one_image_alone_keeps_itself_and_its_label() -> None:
    batch = images((3, 8, 8), count=1)
    out, targets = applied(only(mixup=1.0, cutmix=1.0), batch, generator())
    assert torch.equal(out, batch)
    assert targets.tolist() == [[1.0]]


@pytest.mark.parametrize("alpha", [0.01, 0.2, 1.0, 10.0])
def test_shares_have_the_moments_of_their_distribution(alpha: float) -> None:
    shares = beta(20_000, alpha, generator()).double()
    assert bool(((shares >= 0) & (shares <= 1)).all())
    variance = 1 / (4 * (2 * alpha + 1))
    assert abs(float(shares.mean()) - 0.5) < 4 * (variance / 20_000) ** 0.5
    assert float(shares.var()) == pytest.approx(variance, rel=0.05)
