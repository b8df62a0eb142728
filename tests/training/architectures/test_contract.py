"""The contract of every registered architecture: it trains, restores, exports, and its sizes are the published ones.

CI takes one architecture of each family. torchvision's records of its weights are the oracle of the sizes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from search.training.architectures import architectures
from search.training.errors import SettingsError
from tests.training.architectures.families import every_architecture, first_of_families

EVERY = every_architecture()
SMALLEST = (1, 8, 8)

SLOW_TO_EXPORT = ("densenet121", "inception_v3", "googlenet", "efficientnet_b0", "convnext_tiny", "mobilenet_v3_small",
                  "resnext50_32x4d")  # fmt: skip
"""2 to 9 CPU seconds each. CI exports one plain, one residual and one with attention."""

NARROW: dict[str, dict[str, object]] = {
    "alexnet": {"dense_units": 64},
    **{f"vgg{depth}{norm}": {"dense_units": 64} for depth in (11, 13, 16, 19) for norm in ("", "_bn")},
    "wide_resnet28_10": {"widen_factor": 1},
}
"""Settings that make the same network small: 57 million weights of a dense layer take seconds and test nothing."""

PUBLISHED = {
    "cnn": None,  # our own
    "lenet5": None,  # published for 32×32 pixels: test_architectures.py
    "fast_resnet": None,  # likewise
    "wide_resnet28_10": None,  # likewise
    "vit_tiny": 5_717_416,  # Touvron et al. 2021, table 1: 5 M; timm's deit_tiny_patch16_224
    "vit_small": 22_050_664,  # 22 M; deit_small_patch16_224
}
"""Parameters at 224 pixels and 1,000 classes of what torchvision has no weights of."""

AUXILIARY = {"inception_v3": 3_326_696}
"""Parameters of the auxiliary classifier, which torchvision's figure holds: 768×128 + 2×128, 128×768×25 + 2×768,
768×1000 + 1000."""


def build(name: str, shape: tuple[int, int, int] = SMALLEST, **settings: object) -> nn.Module:
    torch.manual_seed(0)
    return architectures[name].build(shape, 5, **{**NARROW.get(name, {}), **settings})


def batch(shape: tuple[int, int, int] = SMALLEST, count: int = 2) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def shaken(model: nn.Module) -> nn.Module:
    """Move every parameter a little: some last layers begin at zero, and would say the same of everything."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    return model


def torchvision_twin(name: str) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of torchvision's own module, auxiliary classifiers left out."""
    from torchvision.models import get_model  # noqa: PLC0415

    drawn = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    twin = get_model({"vit_base": "vit_b_16"}.get(name, name), **drawn)
    states = {key: tuple(value.shape) for key, value in twin.state_dict().items()}
    return {key: shape for key, shape in states.items() if not key.lower().startswith("aux")}


@pytest.mark.parametrize("name", EVERY)
def test_smallest_images_train_every_parameter(name: str) -> None:
    model = build(name).train()
    logits = model(batch())
    assert logits.shape == (2, 5)
    nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("name", EVERY)
def test_initial_weights_follow_the_seed_and_saved_ones_are_restored(name: str, tmp_path: Path) -> None:
    first, again = build(name).eval(), build(name).eval()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    torch.save(shaken(first).state_dict(), tmp_path / "weights.pt")
    with torch.inference_mode():
        said = first(batch())
        assert not torch.equal(said, again(batch()))
        again.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
        assert torch.equal(said, again(batch()))


@pytest.mark.parametrize("name", EVERY)
def test_dropout_acts_in_training_only(name: str) -> None:
    model, images = shaken(build(name, (3, 8, 8), dropout=0.5)), batch((3, 8, 8), 4)
    with torch.inference_mode():
        assert not torch.equal(model.train()(images), model(images))
        assert torch.equal(model.eval()(images), model(images))


@pytest.mark.parametrize("name", every_architecture(slow=SLOW_TO_EXPORT))
def test_it_exports_and_says_the_same(name: str) -> None:
    model = shaken(build(name)).eval()
    exported = torch.export.export(model, (batch(),)).module()
    with torch.inference_mode():
        expected = model(batch())
        assert float((exported(batch()) - expected).abs().max()) <= 1e-4 * float(expected.abs().max())


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shape", [(1, 9, 13), *(pytest.param(shape, marks=pytest.mark.slow) for shape in
                                                 [(1, 28, 28), (3, 32, 32), (3, 64, 48), (1, 224, 224)])])  # fmt: skip
def test_any_size_and_channels_give_logits(name: str, shape: tuple[int, int, int]) -> None:
    with torch.device("meta"):
        model = build(name, shape).eval()
        assert model(torch.zeros(2, *shape)).shape == (2, 5)


@pytest.mark.parametrize("name", architectures.names())
@pytest.mark.parametrize(("shape", "word"), [((2, 8, 8), "channels"), ((3, 7, 8), "7×8")])
def test_images_that_cannot_be_taken_are_refused_in_words(
    name: str, shape: tuple[int, int, int], word: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} .*{word}"):
        build(name, shape)


@pytest.mark.parametrize("name", EVERY)
def test_parameters_are_as_many_as_published_and_called_as_torchvision_calls_them(name: str) -> None:
    entry = architectures[name]
    with torch.device("meta"):
        model = entry.build((3, 224, 224), 1000)
        found = sum(parameter.numel() for parameter in model.parameters())
        if entry.weights is None:
            assert PUBLISHED[name] in (None, found)
            return
        assert torchvision_twin(name) == {k: tuple(v.shape) for k, v in model.state_dict().items()}
    import torchvision.models  # noqa: PLC0415

    weights = next(iter(getattr(torchvision.models, entry.weights)))
    assert found == weights.meta["num_params"] - AUXILIARY.get(name, 0)


def test_the_families_are_those_of_the_files() -> None:
    assert set(first_of_families()) >= {"cnn", "lenet5", "alexnet", "vgg11", "resnet18", "wide_resnet28_10",
                                        "resnext50_32x4d", "densenet121", "googlenet", "inception_v3",
                                        "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "vit_tiny",
                                        "fast_resnet"}  # fmt: skip
