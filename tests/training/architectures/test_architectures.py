"""What single architectures are beside the contract of all: closed forms, published maps, stems, settings."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from search.training.architectures import architectures


def build(name: str, shape: tuple[int, int, int], classes: int = 5, **settings: object) -> nn.Module:
    torch.manual_seed(0)
    return architectures[name].build(shape, classes, **settings)


def batch(shape: tuple[int, int, int], count: int = 2) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def test_lenet5_has_the_published_number_of_parameters() -> None:
    for side in (32, 28):  # padded to 32, as LeCun did
        assert sum(p.numel() for p in build("lenet5", (1, side, side), 10).parameters()) == 61_706


@pytest.mark.parametrize("side", [32, 28])
def test_lenet5_maps_have_the_published_sizes(side: int) -> None:
    sizes = []
    model = build("lenet5", (1, side, side), 10)
    for module in model.children():
        if isinstance(module, nn.Conv2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d):
            module.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[1:])))
    model(batch((1, side, side)))
    assert sizes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]


@pytest.mark.parametrize(("stem", "side", "small"), [("auto", 32, True), ("auto", 95, True), ("auto", 96, False),
                                                     ("small", 224, True), ("imagenet", 32, False)])  # fmt: skip
def test_stem_is_chosen_by_size_or_by_name(stem: str, side: int, small: bool) -> None:
    with torch.device("meta"):
        model = build("resnet18", (3, side, side), stem=stem)
    assert model.conv1.stride == ((1, 1) if small else (2, 2))
    assert isinstance(model.maxpool, nn.Identity) is small


@pytest.mark.parametrize("batch_norm", [True, False])
def test_cnn_has_the_parameters_of_the_closed_form(batch_norm: bool) -> None:
    model = build(
        "cnn", (3, 32, 32), 10, layers=3, width=16, kernel_size=5, dense_units=64, batch_norm=batch_norm
    )
    widths = [3, 16, 32, 64]
    extra = 2 if batch_norm else 1  # scale and shift, or a bias
    convolutions = sum(25 * a * b + extra * b for a, b in pairwise(widths))
    assert sum(p.numel() for p in model.parameters()) == convolutions + 64 * 64 + 64 + 64 * 10 + 10


@pytest.mark.parametrize("kernel_size", range(1, 12))
@pytest.mark.parametrize("layers", [1, 8])
def test_cnn_of_any_depth_and_kernel_takes_the_smallest_images(kernel_size: int, layers: int) -> None:
    with torch.device("meta"):
        model = build("cnn", (1, 8, 8), layers=layers, kernel_size=kernel_size, width=4, block_dropout=0.1)
        assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 5)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"])
def test_cnn_activations_are_those_of_torch(activation: str) -> None:
    model = build("cnn", (1, 8, 8), layers=1, activation=activation)
    inputs = torch.linspace(-3, 3, 50)
    reference = getattr(nn.functional, activation, None) or getattr(torch, activation)
    assert torch.equal(model[0][2](inputs.clone()), reference(inputs))  # type: ignore[index]


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg11", "fast_resnet"])
@pytest.mark.parametrize("activation", ["gelu", "sigmoid"])
def test_the_activation_stands_everywhere(name: str, activation: str) -> None:
    with torch.device("meta"):
        published, chosen = (build(name, (3, 32, 32), **kw) for kw in ({}, {"activation": activation}))  # type: ignore[arg-type]
    kinds = (nn.Tanh, nn.ReLU, nn.GELU, nn.Sigmoid)
    before = [n for n, module in published.named_modules() if isinstance(module, kinds)]
    after = {n: type(module) for n, module in chosen.named_modules() if isinstance(module, kinds)}
    assert before
    assert after == dict.fromkeys(before, {"gelu": nn.GELU, "sigmoid": nn.Sigmoid}[activation])


@pytest.mark.parametrize("width", [4, 64])
def test_fast_resnet_has_the_parameters_of_the_closed_form(width: int) -> None:
    with torch.device("meta"):
        model = build("fast_resnet", (3, 32, 32), 10, width=width)
    convolutions = [(3, 1), (1, 2), (2, 2), (2, 2), (2, 4), (4, 8), (8, 8), (8, 8)]
    ins = [3, *(a * width for a, _ in convolutions[1:])]
    outs = [b * width for _, b in convolutions]
    expected = sum(9 * a * b + 2 * b for a, b in zip(ins, outs, strict=True)) + 80 * width
    assert sum(p.numel() for p in model.parameters()) == expected
    assert width != 64 or expected == 6_573_120  # Page's


def test_fast_resnet_scales_its_logits() -> None:
    images = batch((1, 8, 8))
    plain, scaled = (build("fast_resnet", (1, 8, 8), width=4, logit_scale=s).eval() for s in (1.0, 0.125))
    with torch.inference_mode():
        assert torch.equal(plain(images) * 0.125, scaled(images))


@pytest.mark.parametrize(("depth", "factor", "millions"), [(28, 10, 36.5), (40, 4, 8.9), (16, 8, 11.0), (22, 8, 17.2),
                                                           (40, 1, 0.6)])  # fmt: skip
def test_wide_resnets_have_the_parameters_of_the_paper(depth: int, factor: int, millions: float) -> None:
    with torch.device("meta"):  # Zagoruyko and Komodakis 2016, table 4
        model = build("wide_resnet28_10", (3, 32, 32), 10, depth=depth, widen_factor=factor)
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 1) == millions
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert (
        len(convolutions) == depth - 3
    )  # the last layer is counted, and the two shortcuts that change the width


def test_wide_resnets_drop_within_their_blocks() -> None:
    model = build("wide_resnet28_10", (1, 8, 8), depth=10, widen_factor=1, residual_dropout=0.5).train()
    with torch.inference_mode():
        assert not torch.equal(model(batch((1, 8, 8))), model(batch((1, 8, 8))))


@pytest.mark.parametrize(("name", "setting", "values", "layer"), [
    ("densenet121", "growth_rate", (12, 24), "features.denseblock1.denselayer1.conv2"),
    ("mobilenet_v2", "width_multiplier", (0.5, 2.0), "features.0.0"),
    ("vgg11", "dense_units", (64, 128), "classifier.0"),
    ("alexnet", "dense_units", (64, 128), "classifier.4"),
])  # fmt: skip
def test_a_width_is_that_of_the_layers(
    name: str, setting: str, values: tuple[float, float], layer: str
) -> None:
    with torch.device("meta"):
        models = [build(name, (3, 32, 32), **{setting: value}) for value in values]
    narrow, wide = (model.get_parameter(f"{layer}.weight").shape[0] for model in models)
    assert wide / narrow == values[1] / values[0]


def test_small_forms_of_mobile_networks_divide_the_resolution_by_8() -> None:
    for name in ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0"):
        for stem, side in (("small", 8), ("imagenet", 2)):
            with torch.device("meta"):
                model = build(name, (3, 64, 64), stem=stem).eval()
                maps = model.get_submodule("features")(torch.zeros(1, 3, 64, 64))
            assert maps.shape[2:] == (side, side)


@pytest.mark.parametrize(("side", "patch"), [(8, 2), (28, 4), (32, 4), (64, 8), (96, 16), (224, 16)])
def test_vit_patches_follow_the_size(side: int, patch: int) -> None:
    with torch.device("meta"):
        model = build("vit_tiny", (1, side, side))
    assert model.conv_proj.kernel_size == (patch, patch)
    assert model.get_parameter("encoder.pos_embedding").shape[1] == (side // patch) ** 2 + 1


def test_vit_fills_up_with_zeros() -> None:
    tall = build("vit_tiny", (1, 9, 13), patch_size=4).eval()
    nn.init.normal_(tall.get_parameter("heads.head.weight"))
    images = batch((1, 9, 13))
    square = torch.zeros(2, 1, 16, 16)
    square[:, :, :9, :13] = images
    with torch.inference_mode():
        assert torch.equal(tall(images), tall(square))


def test_resnet_checkpoints_of_before_are_read() -> None:
    first, second = build("resnet18", (1, 8, 8)), architectures["resnet18"].build((1, 8, 8), 5)
    old = {
        name.replace("fc.weight", "fc.1.weight").replace("fc.bias", "fc.1.bias"): tensor
        for name, tensor in first.state_dict().items()
    }
    assert "fc.1.weight" in old
    second.load_state_dict(old)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
