"""Grad-CAM beside captum's, on every architecture that is registered, and where the truth is known."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor, nn

from search.training.architectures import architectures
from search.winner.ensemble.module import Ensemble
from search.winner.explain.feature_map import NoFeatureMap, watching
from search.winner.explain.gradcam import gradcam, heat
from tests.training.architectures.families import every_architecture


def built(name: str, shape: tuple[int, int, int] = (3, 32, 32)) -> nn.Module:
    torch.manual_seed(0)
    return architectures[name].build(shape, 5).eval()


def layer_of(model: nn.Module, image: Tensor, found: Tensor) -> nn.Module:
    """Return the outermost module whose output is a feature map."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor):  # attention returns two
                outputs[name] = output.detach().clone()

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in model.named_modules() if name]
    with torch.no_grad():
        model(image[None])
    for hook in hooks:
        hook.remove()
    names = [
        name for name, output in outputs.items() if output.shape == found.shape and torch.equal(output, found)
    ]
    return model.get_submodule(min(names, key=len))


@pytest.mark.parametrize("name", every_architecture())
def test_it_is_captums_layer_gradcam_on_every_convolutional_architecture(name: str) -> None:
    """Of a vision transformer it is of tokens, which captum has no map of: see test_tokens.py."""
    from captum.attr import LayerGradCam  # noqa: PLC0415 (seconds)

    if name.startswith("vit_"):
        pytest.skip("its map is made of tokens")
    model, image = built(name), torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad(), watching(model) as seen:
        model(image[None])
        last = seen.last.map
    assert min(last.shape[2:]) >= 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = LayerGradCam(model, layer_of(model, image, last))
        expected = oracle.attribute(image[None], target=3, relu_attributions=True)[0, 0].detach()
    found = gradcam(model, image, 3)
    assert found.shape == last.shape[2:]
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-6 * float(expected.abs().max() + 1e-12))


@pytest.mark.parametrize("name", every_architecture())
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 13, 9)])
def test_the_smallest_images_have_a_map_too(name: str, shape: tuple[int, int, int]) -> None:
    found = heat(built(name, shape), torch.randn(shape, generator=torch.Generator().manual_seed(0)), 0)
    assert found.shape == shape[1:]
    assert float(found.min()) >= 0
    assert float(found.max()) == pytest.approx(1) or float(found.max()) == 0


class Bright(nn.Module):
    """Class 1 is brightness, class 0 darkness: what speaks for them is known."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, 1, bias=False)
        with torch.no_grad():
            self.convolution.weight.copy_(torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images).mean(dim=(2, 3))


def test_it_finds_the_only_bright_corner() -> None:
    image = torch.zeros(1, 8, 8)
    image[:, 5:, :2] = 3
    assert torch.equal(gradcam(Bright(), image, 1), 3 / 64 * (image[0] > 0))
    assert not gradcam(Bright(), image, 0).any(), "nothing in it speaks for darkness"
    assert float(gradcam(Bright(), -image, 0).max()) > 0


def test_of_an_ensemble_it_is_the_mean_of_its_members() -> None:
    members = [built("cnn"), built("lenet5")]
    image = torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(3))
    expected = 0.7 * heat(members[0], image, 2) + 0.3 * heat(members[1], image, 2)
    assert torch.allclose(heat(Ensemble(members, [0.7, 0.3]), image, 2), expected, atol=1e-5)


def test_a_model_without_feature_maps_is_refused() -> None:
    with pytest.raises(NoFeatureMap):
        gradcam(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), torch.zeros(1, 8, 8), 0)


def test_nothing_of_the_model_stays_changed() -> None:
    model, image = built("resnet18"), torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = model(image[None])
        gradcam(model, image, 0)
        assert torch.equal(model(image[None]), before)
    assert not any(module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.training
