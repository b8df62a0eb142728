"""The speed record's recipe against closed forms: whitening, Muon's step, order and mirroring; and it learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from benchmarks.speed_record.batches import epochs
from benchmarks.speed_record.muon import NormedMuon, orthogonal
from benchmarks.speed_record.network import Network
from benchmarks.speed_record.record import Images, Record
from benchmarks.speed_record.schedule import Schedule


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def stripes(count: int) -> Images:
    """Return images of two classes: a bright stripe above, or below."""
    labels = torch.arange(count) % 2
    pixels = torch.randint(0, 80, (count, 3, 32, 32), dtype=torch.uint8)
    for label in range(2):
        pixels[labels == label, :, 16 * label : 16 * label + 12] += 120
    return Images(pixels, labels)


def test_whitened_patches_are_uncorrelated_and_of_equal_size() -> None:
    """Their second moments are the identity: that is what whitening means."""
    images = torch.randn(64, 3, 12, 12).cumsum(dim=3)
    network = Network(2, (4, 4, 4))
    network.whiten(images, floor=0.0)
    maps = nn.functional.conv2d(images, network.whitening.weight)
    torch.testing.assert_close(maps[:, 12:], -maps[:, :12])
    rows = maps[:, :12].permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(rows @ rows.T / rows.shape[1], torch.eye(12), rtol=0, atol=0.01)


@pytest.mark.parametrize("shape", [(8, 20), (20, 8)])
def test_orthogonal_keeps_singular_vectors_and_brings_values_near_one(shape: tuple[int, int]) -> None:
    """In bfloat16, after 5 iterations: values between 0.6 and 1.3 (Jordan 2024)."""
    left, right = (torch.linalg.qr(torch.randn(size, 8)).Q for size in shape)
    matrix = left @ torch.diag(torch.linspace(0.2, 1, 8)) @ right.T
    values = left.T @ orthogonal(matrix, iterations=5) @ right
    assert 0.6 < float(values.diag().min()) < float(values.diag().max()) < 1.3
    assert float((values - torch.diag(values.diag())).abs().max()) < 0.05


def test_a_step_norms_the_weights_and_goes_along_the_gradient_and_its_mean() -> None:
    weight = nn.Parameter(torch.randn(6, 2, 3, 3))
    before, gradients = weight.detach().clone(), [torch.randn_like(weight) for _ in range(2)]
    optimizer = NormedMuon([weight], rate=0.1, momentum=0.6, orthogonal=lambda matrix: matrix)
    mean = torch.zeros_like(before)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimizer.step()
        mean = 0.6 * mean + gradient
        before = before * (6**0.5 / before.norm()) - 0.1 * (gradient + 0.6 * mean)
    torch.testing.assert_close(weight.detach(), before)


def test_rates_fall_on_a_line_and_the_first_bias_stops_sooner() -> None:
    network = Network(2, (4, 4, 4))
    network.reset()
    schedule = Schedule(network, orthogonal, steps=4, first=2, batch=10)
    shares = []
    for _ in range(4):
        network(torch.randn(4, 3, 32, 32)).sum().backward()
        schedule.step()
        shares.append([group["lr"] / rate for group, rate in schedule._groups])
    assert [each[0] for each in shares] == [1.0, 0.5, 0.0, 0.0]
    assert [each[1:] for each in shares] == [[1 - done / 4] * 3 for done in range(4)]
    assert not network.bias.requires_grad


def test_an_epoch_has_every_image_once_and_the_next_one_mirrors_them() -> None:
    """Images that grow brighter to one side, with their number as brightness: the side changes, nothing else."""
    slope = torch.linspace(-0.1, 0.1, 16).expand(16, 16)
    images = torch.arange(7.0)[:, None, None, None] + slope.expand(7, 3, 16, 16)
    sides = []
    for _, epoch in zip(range(2), epochs(images, torch.arange(7), 3), strict=False):
        batches = list(epoch)
        seen = torch.cat([labels for _, labels in batches])
        assert len(seen) == len(set(seen.tolist())) == 6
        pixels = torch.cat([batch for batch, _ in batches])
        assert torch.equal(pixels.mean(dim=(1, 2, 3)).round().long(), seen)
        brighter = pixels[:, 0, 0, -1] > pixels[:, 0, 0, 0]
        sides.append(dict(zip(seen.tolist(), brighter.tolist(), strict=True)))
    both = sides[0].keys() & sides[1].keys()
    assert all(sides[0][number] != sides[1][number] for number in both)


def test_it_learns_and_begins_anew_each_time() -> None:
    recipe = Record(
        2, torch.device("cpu"), dtype=torch.float32, compiled=False, batch=16, epochs=2, widths=(8, 8, 8)
    )
    train, test = stripes(96), stripes(40)
    assert all(recipe.timed(train, test)[1] > 0.9 for _ in range(2))
    recipe._network.reset()
    assert recipe.accuracy(test) < 0.9
