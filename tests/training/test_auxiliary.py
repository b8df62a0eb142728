"""Auxiliary classifiers: torchvision's own, in the loss by their weight, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model
from tqdm import tqdm

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.augmentations import pipeline
from search.training.auxiliary import WithAuxiliary, each, is_auxiliary, judged, logits_of, loss_of
from search.training.batch_loss import BatchLoss
from search.training.building import build_model
from search.training.cost import figures
from search.training.data import Data
from search.training.fit import fit
from search.training.parts import Parts
from search.training.randomness import Randomness
from search.training.team import ALONE
from tests.training.test_fit import exact, same, state
from tests.training.test_wrapping import two_classes

CPU = torch.device("cpu")
PUBLISHED = {"googlenet": (0.3, 224, 2), "inception_v3": (0.4, 299, 1)}
"""Weight, side in pixels, and number of auxiliary classifiers."""

FAMILIES = pytest.mark.parametrize("name", PUBLISHED)


def asks(name: str = "googlenet", **settings: Value) -> Parts:
    return Parts.of({"architecture": name, "auxiliary": PUBLISHED[name][0], **settings})


def trained(name: str = "googlenet", shape: tuple[int, int, int] = (1, 8, 8), **settings: Value) -> nn.Module:
    torch.manual_seed(0)
    return asks(name, **settings).model(shape, 5, training=True)


def images(shape: tuple[int, int, int], count: int = 2) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


@FAMILIES
def test_they_are_torchvisions_own_with_its_number_of_parameters(name: str) -> None:
    """Names and shapes at the published size; without them the figure is that of tests/…/test_contract.py."""
    _, side, _ = PUBLISHED[name]
    with torch.device("meta"):
        found = asks(name).model((3, side, side), 1000, training=True)
        theirs = get_model(name, aux_logits=True, init_weights=False)
    expected = {key: tensor.shape for key, tensor in theirs.state_dict().items()}
    assert {key: tensor.shape for key, tensor in found.state_dict().items()} == expected
    assert any(map(is_auxiliary, expected))


@pytest.mark.slow
@FAMILIES
def test_at_the_published_size_they_say_what_torchvisions_say(name: str) -> None:
    _, side, heads = PUBLISHED[name]
    network = trained(name, (3, side, side), dropout=0.0).train()
    theirs = get_model(name, num_classes=5, aux_logits=True, init_weights=False, dropout=0.0).train()
    theirs.load_state_dict(network.state_dict())
    torch.manual_seed(3)
    said = network(images((3, side, side)))
    torch.manual_seed(3)
    expected = theirs(
        images((3, side, side))
    )  # the main one's, then from the last auxiliary one to the first
    assert len(said.auxiliary) == heads
    for one, other in zip((said.logits, *said.auxiliary), expected, strict=True):
        torch.testing.assert_close(one, other)


@FAMILIES
@pytest.mark.parametrize("shape", [(1, 8, 8), pytest.param((3, 13, 9), marks=pytest.mark.slow)])
def test_on_the_smallest_images_every_parameter_of_them_learns(
    name: str, shape: tuple[int, int, int]
) -> None:
    network, labels = trained(name, shape).train(), torch.tensor([0, 4])
    said = network(images(shape))
    assert isinstance(said, WithAuxiliary)
    assert [tuple(logits.shape) for logits in said.auxiliary] == [(2, 5)] * PUBLISHED[name][2]
    loss_of(nn.functional.cross_entropy, said, labels).backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("name", ["googlenet", pytest.param("inception_v3", marks=pytest.mark.slow)])
def test_what_is_judged_has_none_and_says_the_same(name: str) -> None:
    """Evaluation, bundles, servers and the latency build the network without them."""
    network = trained(name).eval()
    alone = asks(name).model((1, 8, 8), 5).eval()
    assert not any(map(is_auxiliary, alone.state_dict()))
    alone.load_state_dict(judged(network.state_dict(), asks(name).settings))
    with torch.inference_mode():
        assert torch.equal(network(images((1, 8, 8))), alone(images((1, 8, 8))))


def test_without_the_setting_nothing_is_left_out_whatever_it_is_called() -> None:
    """A plugin's network may call any part so."""
    weights = {"aux1.weight": torch.ones(1), "fc.weight": torch.ones(1)}
    assert judged(weights, {"architecture": "mine"}) == weights
    assert judged(weights, {"architecture": "googlenet", "auxiliary": 0.0}) == weights
    assert judged(weights, {"architecture": "googlenet", "auxiliary": 0.3}).keys() == {"fc.weight"}


def test_the_loss_is_the_main_one_and_theirs_by_their_weight() -> None:
    main, first, second = torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 1, 2, 3, 0, 1])
    found = loss_of(nn.functional.cross_entropy, WithAuxiliary(main, (second, first), 0.3), targets)
    by_hand = [float(-one.log_softmax(dim=1)[range(6), targets].mean()) for one in (main, first, second)]
    assert float(found) == pytest.approx(by_hand[0] + 0.3 * by_hand[1] + 0.3 * by_hand[2], rel=1e-5)
    assert torch.equal(
        loss_of(nn.functional.cross_entropy, main, targets), nn.functional.cross_entropy(main, targets)
    )


def test_a_change_of_logits_is_one_of_all() -> None:
    said = WithAuxiliary(torch.ones(2, 1), (torch.zeros(2, 1),), 0.3)
    twice = each(lambda logits: torch.cat([logits, logits], dim=1), said)
    assert isinstance(twice, WithAuxiliary)
    assert (twice.logits.tolist(), twice.auxiliary[0].tolist(), twice.weight) == (
        [[1, 1]] * 2,
        [[0, 0]] * 2,
        0.3,
    )
    assert torch.equal(logits_of(twice), torch.ones(2, 2))


AROUND: dict[str, Value] = {
    "loss": "binary_cross_entropy",
    "normalization": "min_max",
    "test_time_flip": True,
}


def test_one_logit_rescaled_pixels_and_the_mirror_image_stand_around_them(small: Data) -> None:
    data = two_classes(small)
    model = build_model(asks(**AROUND), data, Randomness(0, CPU), CPU).train()
    said = model(images((1, 8, 8)))
    assert all(one.shape == (2, 2) and not one[:, 0].any() for one in (said.logits, *said.auxiliary))
    alone = asks(**AROUND).model((1, 8, 8), 2).eval()
    alone.load_state_dict(judged(model.state_dict(), asks().settings))
    with torch.inference_mode():
        torch.testing.assert_close(model.eval()(images((1, 8, 8))), alone(images((1, 8, 8))))


class Two(nn.Module):
    """Two linear layers, one of them auxiliary: whatever a network is, its batch norm aside."""

    def __init__(self) -> None:
        super().__init__()
        self.main, self.aux1 = nn.Linear(64, 3), nn.Linear(64, 3)

    def forward(self, pixels: Tensor) -> Tensor | WithAuxiliary:
        flat = pixels.flatten(1)
        return WithAuxiliary(self.main(flat), (self.aux1(flat),), 0.3) if self.training else self.main(flat)


@pytest.mark.parametrize("rows", [None, slice(2, 5)])
def test_a_batch_counts_both_losses_and_the_hits_of_the_main_one(rows: slice | None) -> None:
    torch.manual_seed(0)
    network, labels = Two().train(), torch.tensor([0, 1, 2, 0, 1, 2])
    pixels = torch.randint(0, 256, (6, 1, 8, 8), dtype=torch.uint8)
    batch_loss = BatchLoss(
        augment=pipeline({"augmentation": "none"}),
        normalize=lambda some: some / 255,
        forward=network,
        loss=nn.functional.cross_entropy,
        classes=3,
        device=CPU,
        dtype=torch.float32,
    )
    loss, hits = batch_loss.of(pixels, labels, torch.Generator(), ALONE.shard(6))(rows)
    chosen = slice(None) if rows is None else rows
    said = network(pixels[chosen] / 255)
    main, auxiliary = (
        nn.functional.cross_entropy(one, labels[chosen]) for one in (said.logits, *said.auxiliary)
    )
    torch.testing.assert_close(loss, main + 0.3 * auxiliary)
    assert int(hits) == int((said.logits.argmax(dim=1) == labels[chosen]).sum())


def test_their_memory_counts_and_their_parameters_do_not() -> None:
    """What a space is constrained by is what will be served; what a trial takes is what it trains."""
    settings: list[dict[str, Value]] = [
        {"architecture": "googlenet", "auxiliary": weight} for weight in (0.0, 0.3)
    ]
    configs = [TrialConfig(one, DataConfig("digits"), epochs=1) for one in settings]
    names = ("parameters", "memory")
    plain, with_them = (figures(config, (1, 8, 8), 5, names) for config in configs)
    assert plain["parameters"] == with_them["parameters"]
    extra = sum(p.numel() for name, p in trained().named_parameters() if is_auxiliary(name))
    assert with_them["memory"] - plain["memory"] > 4 * 3 * extra


MakeConfig = Callable[..., TrialConfig]


def few(data: Data) -> Data:
    """Return 12 images for training and 4 for validation."""
    train, validation = data.train, data.validation
    return replace(
        data,
        train=replace(train, indices=train.indices[:12]),
        validation=replace(validation, indices=validation.indices[:4]),
    )


def trial(*, epochs: int = 2, **settings: Value) -> TrialConfig:
    own: dict[str, Value] = {
        "architecture": "googlenet",
        "auxiliary": 0.3,
        "batch_size": 12,
        "learning_rate": 0.01,
    }
    return TrialConfig({**own, **settings}, DataConfig("stripes"), epochs=epochs)


@pytest.mark.parametrize(
    "settings",
    [{"ema": 0.9, "accumulation": 2}, pytest.param({"architecture": "inception_v3"}, marks=pytest.mark.slow)],
)
def test_a_trial_that_is_cut_goes_on_bit_for_bit(
    settings: dict[str, Value], small: Data, tmp_path: Path
) -> None:
    """Their weights, and the running means of their norms, are in the checkpoint."""
    config, data = trial(**settings), few(small)
    whole = fit(config, data, device="cpu")
    next(whole)
    whole.save(tmp_path / "cut")
    expected = [exact(report) for report in whole]
    whole.save(tmp_path / "whole")
    second = fit(config, data, checkpoint=tmp_path / "cut", device="cpu")
    reports = [exact(report) for report in second]
    second.save(tmp_path / "end")
    assert reports == expected
    assert same(state(tmp_path / "whole"), state(tmp_path / "end"))
    assert any(map(is_auxiliary, state(tmp_path / "end")["model"]))


@pytest.mark.slow
def test_compiled_they_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile takes the type that they return: a gradient of all heads comes back through it."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # the compiler's progress bars would leave a thread
    network, labels = trained().train(), torch.tensor([0, 4])
    torch._dynamo.reset()
    found = []
    for forward in (network, torch.compile(network, dynamic=False, backend="aot_eager")):
        torch.manual_seed(0)
        network.zero_grad()
        loss = loss_of(nn.functional.cross_entropy, forward(images((1, 8, 8))), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        grads = [network.get_parameter(f"{head}.bias").grad for head in ("fc", "aux1.fc2", "aux2.fc2")]
        found.append([loss.detach(), *(None if each is None else each.clone() for each in grads)])
    torch.testing.assert_close(found[0], found[1])
