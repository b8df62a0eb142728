"""Published weights of GoogLeNet and Inception v3 hold auxiliary classifiers: into networks with and without."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torchvision import models

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.auxiliary import is_auxiliary
from search.training.data import Data
from search.training.learner import Learner
from search.training.parts import Parts

CPU = torch.device("cpu")
NAMES = ["googlenet", pytest.param("inception_v3", marks=pytest.mark.slow)]


@pytest.fixture
def weights(name: str, tmp_path: Path) -> str:
    """torchvision's own network for 5 classes, with its auxiliary classifiers."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = models.get_model(name, num_classes=5, aux_logits=True, init_weights=False)
    torch.save(network.state_dict(), tmp_path / "published.pth")
    return str(tmp_path / "published.pth")


def begun(name: str, weights: str, data: Data, **settings: Value) -> Learner:
    own: dict[str, Value] = {"architecture": name, "pretrained": True, "weights": weights, "stem": "imagenet"}
    config = TrialConfig({**own, **settings}, DataConfig("colours"), epochs=1)
    learner = Learner(config, data, CPU)
    learner.begin()
    return learner


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("auxiliary", [0.0, 0.3])
def test_a_file_with_them_is_read_with_and_without(
    name: str, weights: str, auxiliary: float, colours: Data
) -> None:
    """All but what has a row for each class comes from the file, theirs included where the network has any."""
    found = begun(name, weights, colours, auxiliary=auxiliary).weights()
    given = torch.load(weights, weights_only=True)
    own = {key.removeprefix("network."): t for key, t in found.items() if key.startswith("network.")}
    anew = {key for key, tensor in own.items() if not torch.equal(tensor, given[key])}
    rows = {key for key, tensor in given.items() if key in own and tensor.shape != own[key].shape}
    assert anew == rows
    assert {key.rpartition(".")[0] for key in anew} >= {"fc"}
    assert any(map(is_auxiliary, own)) is bool(auxiliary)
    assert set(given) - set(own) == ({key for key in given if is_auxiliary(key)} if not auxiliary else set())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["googlenet"])
def test_a_file_without_them_leaves_them_as_they_began(
    name: str, weights: str, colours: Data, tmp_path: Path
) -> None:
    """Such as the weights of a bundle."""
    given = {key: t for key, t in torch.load(weights, weights_only=True).items() if not is_auxiliary(key)}
    torch.save(given, tmp_path / "bare.pth")
    found = begun(name, str(tmp_path / "bare.pth"), colours, auxiliary=0.3).weights()
    assert torch.equal(found["network.conv1.conv.weight"], given["conv1.conv.weight"])
    assert any(map(is_auxiliary, found))


@pytest.mark.parametrize(
    ("name", "freeze", "learns"),
    [
        ("googlenet", "head", {"fc"}),
        ("googlenet", "last_block", {"fc", "inception5b"}),
        ("inception_v3", "last_block", {"fc", "Mixed_7c"}),
    ],
)
def test_they_learn_with_the_head_and_are_no_blocks_of_the_body(
    name: str, freeze: str, learns: set[str], colours: Data
) -> None:
    settings: dict[str, Value] = {
        "architecture": name,
        "auxiliary": 0.3,
        "pretrained": True,
        "freeze": freeze,
    }
    pretrained = Parts.of(settings).pretrained(colours.shape)
    assert pretrained is not None
    with torch.device("meta"):
        model = pretrained.model(3)
    pretrained.prepare(model)
    own = dict(model.network.named_parameters())
    moved = {parameter for parameter in own if own[parameter].requires_grad}
    assert set(filter(is_auxiliary, own)) <= moved
    assert {parameter.partition(".")[0] for parameter in moved if not is_auxiliary(parameter)} == learns


def test_a_trial_for_judging_needs_no_file_and_builds_none(colours: Data) -> None:
    settings: dict[str, Value] = {"architecture": "googlenet", "auxiliary": 0.3, "pretrained": True}
    with torch.device("meta"):
        judged = Parts.of(settings).model(colours.shape, 3)
        trained = Parts.of(settings).model(colours.shape, 3, training=True)
    assert not any(map(is_auxiliary, judged.state_dict()))
    assert any(map(is_auxiliary, trained.state_dict()))
