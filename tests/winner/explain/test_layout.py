"""Grad-CAM of maps with their channels last: as of the same network with its channels first, and on the patch that
decides.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.ops.misc import Permute

from search.winner.explain.gradcam import gradcam, heat


class Patches(nn.Module):
    """Patches of 4×4 pixels, two layers for each of them by itself, and the mean over all."""

    def __init__(self, width: int, *, last: bool, turn: bool = True) -> None:
        super().__init__()
        self.last, self.embed = last, nn.Conv2d(1, width, 4, 4)
        self.turn = Permute([0, 2, 3, 1]) if turn else None
        made = nn.Linear if last else lambda a, b: nn.Conv2d(a, b, 1)
        self.mix = nn.Sequential(made(width, 16), nn.GELU(), made(16, width), nn.GELU())
        self.head = nn.Linear(width, 2)

    def forward(self, images: Tensor) -> Tensor:
        x = self.embed(images)
        if self.last:
            x = self.turn(x) if self.turn else x.permute(0, 2, 3, 1)
        x = x + self.mix(x)
        logits: Tensor = self.head(x.mean(dim=(1, 2) if self.last else (2, 3)))
        return logits


def twins(width: int, *, turn: bool) -> tuple[Patches, Patches]:
    """Return the same network with channels last and first."""
    torch.manual_seed(0)
    last, first = Patches(width, last=True, turn=turn).eval(), Patches(width, last=False).eval()
    weights = {k: v for k, v in last.state_dict().items() if not k.startswith("turn")}
    first.load_state_dict(
        {k: v[:, :, None, None] if k.startswith("mix") and v.ndim == 2 else v for k, v in weights.items()}
    )
    return last, first


@pytest.mark.parametrize("turn", [True, False], ids=["by a module", "by a method"])
@pytest.mark.parametrize(("width", "size"), [(8, (32, 24)), (5, (16, 16)), (4, (16, 16)), (6, (24, 32))])
def test_it_is_that_of_the_same_network_with_channels_first(
    width: int, size: tuple[int, int], turn: bool
) -> None:
    """Also where the sizes cannot tell: 4 channels of 4×4 patches."""
    last, first = twins(width, turn=turn)
    image = torch.randn(1, *size, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(last(image[None]), first(image[None]))
    expected = gradcam(first, image, 1)
    assert expected.any()
    assert expected.shape == (size[0] // 4, size[1] // 4)
    torch.testing.assert_close(gradcam(last, image, 1), expected)


@pytest.mark.parametrize("place", [(0, 0), (1, 5), (6, 2), (7, 7)])
def test_the_heat_lies_on_the_only_patch_that_decides(place: tuple[int, int]) -> None:
    """A network that looks for bright patches; the others are black."""
    model = Patches(8, last=True).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.embed.weight[:] = 1 / 16
        model.mix[0].weight[:] = torch.eye(16, 8)
        model.mix[2].weight[:] = torch.eye(8, 16)
        model.head.weight[1] = 1.0
    image = torch.zeros(1, 32, 32)
    row, column = place
    image[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 1.0
    found = gradcam(model, image, 1)
    assert found.nonzero().tolist() == [[row, column]]
    assert int(heat(model, image, 1).argmax()) in image.flatten().nonzero().flatten().tolist()


def by_hand(kept: Tensor, score: Tensor) -> Tensor:
    """Return equations 1 and 2 of the paper for a map (1, h, w, K), channel by channel."""
    (gradient,) = torch.autograd.grad(score, kept)
    shares = [float(gradient[0, :, :, channel].mean()) for channel in range(kept.shape[3])]
    total = sum(share * kept[0, :, :, channel] for channel, share in enumerate(shares))
    assert isinstance(total, Tensor)
    return total.detach().clamp(min=0)


def of_layer(model: nn.Module, layer: str, image: Tensor, target: int) -> Tensor:
    kept: list[Tensor] = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, output: kept.append(output))
    score = model(image[None])[0, target]
    hook.remove()
    return by_hand(kept[0], score)


def test_of_torchvisions_swin_it_is_the_formula_at_its_last_map() -> None:
    """With as many channels as patches in a row at its end."""
    torch.manual_seed(0)
    model = SwinTransformer([4, 4], 4, [2, 2], [1, 2], [2, 2], num_classes=3).eval()
    image = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = of_layer(model, "norm", image, 2)
    assert expected.shape == (8, 8)
    assert expected.any()
    torch.testing.assert_close(gradcam(model, image, 2), expected)


@pytest.mark.parametrize(("side", "layer"), [(64, "norm"), (32, "layers.0")])
def test_of_timms_swin_it_is_the_formula_at_its_last_map_of_a_fair_side(side: int, layer: str) -> None:
    """Of 32×32 pixels the last map is 2×2, and what its patches pay attention to is 4×4, but no map."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    settings = {"embed_dim": 8, "depths": (1, 2), "num_heads": (1, 4), "window_size": 4, "patch_size": 8}
    model = timm.create_model("swin_tiny_patch4_window7_224", img_size=side, num_classes=3, **settings).eval()
    image = torch.randn(3, side, side, generator=torch.Generator().manual_seed(1))
    expected = of_layer(model, layer, image, 1)
    assert expected.shape == (4, 4)
    assert expected.any()
    torch.testing.assert_close(gradcam(model, image, 1), expected)
