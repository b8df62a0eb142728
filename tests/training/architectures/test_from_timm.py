"""Architectures of timm: its own list is the oracle of their names, its own modules of what is built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.architectures import architectures, from_timm
from search.training.cost import cost
from search.training.errors import SettingsError
from search.training.vocabulary import vocabulary

timm = pytest.importorskip("timm", reason="timm is an extra that is not installed")


@pytest.fixture
def _without_timm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(from_timm, "find_spec", lambda name: None)
    from_timm.timm_names.cache_clear()
    yield
    from_timm.timm_names.cache_clear()


def test_the_names_are_those_that_timm_lists() -> None:
    assert set(from_timm.timm_names()) == {f"timm/{name}" for name in timm.list_models()}


def test_a_module_is_timms_own_for_the_images_and_classes() -> None:
    torch.manual_seed(0)
    ours = architectures["timm/resnet18"].build((1, 32, 32), 5)
    torch.manual_seed(0)
    theirs = timm.create_model("resnet18", num_classes=5, in_chans=1)
    images = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(ours.eval()(images), theirs.eval()(images))


def test_dropout_acts_in_training() -> None:
    model = architectures["timm/test_resnet"].build((3, 32, 32), 5, dropout=0.5).train()
    images = torch.randn(4, 3, 32, 32)
    with torch.inference_mode():
        assert not torch.equal(model(images), model(images))


def test_a_transformer_is_built_for_the_size_of_the_images() -> None:
    with torch.device("meta"):
        model = architectures["timm/vit_tiny_patch16_224"].build((3, 32, 64), 5)
        assert model(torch.zeros(2, 3, 32, 64)).shape == (2, 5)


def test_its_cost_is_known_and_its_settings_are() -> None:
    settings = vocabulary().complete({"architecture": "timm/resnet18", "dropout": 0.2})
    assert settings["dropout"] == 0.2
    config = TrialConfig(settings, DataConfig("digits"), epochs=1)
    assert cost(config, (3, 224, 224), 1000).parameters == 11_689_512  # as torchvision's


def test_images_that_it_cannot_take_are_refused_in_words_and_nothing_is_drawn() -> None:
    before = torch.get_rng_state()
    with pytest.raises(SettingsError, match=r"^timm/vit_tiny_patch16_224 cannot be built for images of 1×8×8: "
                                            r".*16 x 16.*; it was published for data.size 224$"):  # fmt: skip
        architectures["timm/vit_tiny_patch16_224"].build((1, 8, 8), 5)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(KeyError, match="did you mean 'timm/resnet18'"):
        architectures["timm/resnet81"]


@pytest.mark.usefixtures("_without_timm")
def test_without_timm_the_sentence_says_what_brings_it() -> None:
    architecture = vocabulary().settings[0]
    expected = "timm to be installed: `pip install 'winnow-search[timm]'`"
    assert architecture.mistake("timm/resnet18") == expected
    with pytest.raises(KeyError, match="needs timm to be installed"):
        architectures["timm/resnet18"]
