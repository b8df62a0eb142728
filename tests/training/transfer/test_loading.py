"""A file's weights go where their names say, all but the head; another architecture's are refused whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from search.training.errors import WeightsError
from search.training.transfer.loading import load_body

HEAD = frozenset({"fc.weight", "fc.bias"})


def state(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_everything_but_the_head_is_the_files() -> None:
    source, network = models.resnet18(num_classes=7), models.resnet18(num_classes=3)
    before = state(network)
    load_body(network, dict(reversed(source.state_dict().items())), HEAD, "a.pth")  # in whatever order
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, (before if name in HEAD else source.state_dict())[name]), name


@pytest.mark.parametrize("left_out", ["num_batches_tracked", "fc."])
def test_files_without_counters_or_without_a_head_are_right(left_out: str) -> None:
    source, network = models.resnet18(), models.resnet18(num_classes=3)
    given = {name: tensor for name, tensor in source.state_dict().items() if left_out not in name}
    load_body(network, given, HEAD, "a.pth")
    assert torch.equal(network.conv1.weight, source.conv1.weight)


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        ("resnet34", "has more than this architecture: layer1.2.conv1.weight"),
        ("resnet50", "does not fit this architecture: layer1.0.conv1.weight is (64, 64, 1, 1), but"),
        ("alexnet", "lacks conv1.weight, bn1.weight and"),
    ],
)
def test_another_architectures_file_is_refused_and_changes_nothing(theirs: str, sentence: str) -> None:
    network = models.resnet18(num_classes=3)
    before = state(network)
    with torch.device("meta"):
        source = models.get_model(theirs)
    with pytest.raises(WeightsError) as caught:
        load_body(network, source.state_dict(), HEAD, "a.pth")
    assert str(caught.value).startswith("a.pth ")
    assert sentence in str(caught.value)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_old_names_of_densenets_are_read_as_torchvision_does() -> None:
    """Its published files are from 2017: `norm.1` for `norm1`."""
    source, network = (models.densenet121(num_classes=classes) for classes in (7, 3))
    old = {
        name.replace(".norm1.", ".norm.1.").replace(".conv2.", ".conv.2."): tensor
        for name, tensor in source.state_dict().items()
    }
    assert any(".norm.1." in name for name in old)
    load_body(network, old, frozenset({"classifier.weight", "classifier.bias"}), "a.pth")
    assert all(
        torch.equal(tensor, source.state_dict()[name])
        for name, tensor in network.state_dict().items()
        if not name.startswith("classifier")
    )


def test_second_heads_that_only_their_own_training_used_are_passed_over() -> None:
    network = nn.Sequential(nn.Linear(2, 3))
    given = {**state(network), "AuxLogits.fc.weight": torch.ones(5, 5), "aux1.conv.weight": torch.ones(2)}
    load_body(network, given, frozenset(), "a.pth")
