"""The head of every network that has published weights is what torchvision builds for the number of classes."""

from __future__ import annotations

import pytest
import torch
from torchvision import models

from search.training.architectures import architectures
from search.training.transfer.head import head_names
from tests.training.architectures.families import every_architecture


@pytest.mark.parametrize("name", every_architecture())
def test_the_head_is_what_has_a_row_for_each_class(name: str) -> None:
    """Oracle: the published network for 1,001 classes, none of whose other layers has that size."""
    weights = architectures[name].weights
    if weights is None:
        return
    named = weights.removesuffix("_Weights").lower()
    quiet = {"init_weights": False} if named in ("googlenet", "inception_v3") else {}
    with torch.device("meta"):
        published = models.get_model(named, num_classes=1001, **quiet)
    expected = {
        name
        for name, tensor in published.state_dict().items()
        if 1001 in tensor.shape and not name.startswith(("aux", "Aux"))
    }
    found = head_names(lambda classes: architectures[name].build((3, 224, 224), classes))
    assert found == expected


def test_a_plain_networks_head_is_its_last_layer() -> None:
    found = head_names(lambda classes: architectures["cnn"].build((1, 8, 8), classes, layers=1))
    assert sorted(name.rpartition(".")[2] for name in found) == ["bias", "weight"]
