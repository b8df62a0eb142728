"""Wide ResNets (Zagoruyko and Komodakis 2016): those for 224 pixels are torchvision's, the one for CIFAR is here."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import Tensor, nn

from search.plan.registry import Doc, Range
from search.training.architectures.head import Dropout, DropoutLinear
from search.training.architectures.registry import architectures, check_shape
from search.training.architectures.resnet import register_residual

WEIGHTS = {
    "wide_resnet50_2": "Wide_ResNet50_2_Weights",
    "wide_resnet101_2": "Wide_ResNet101_2_Weights",
}


@architectures.register("wide_resnet28_10")
def wide_resnet28_10(
    shape: tuple[int, int, int],
    classes: int,
    *,
    depth: Annotated[
        Literal[10, 16, 22, 28, 34, 40], Doc("convolutions, those of shortcuts not counted")
    ] = 28,
    widen_factor: Annotated[int, Range(1, 16, "times the width of the thin network: 16, 32, 64")] = 10,
    residual_dropout: Annotated[
        float, Range(0, 0.95, "share of activations dropped between a block's two convolutions")
    ] = 0.0,
    dropout: Dropout = 0.0,
) -> nn.Module:
    """Build the wide ResNet of the CIFAR experiments, WRN-28-10 or of another depth and width.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        depth: convolutions, 6 n + 4 with n blocks in each of the three stages; the shortcuts' are not counted.
        widen_factor: the stages are 16, 32 and 64 times that wide.
        residual_dropout: within the blocks (section 2.4); 0.3 in the paper's runs with dropout.
        dropout: share of features dropped before the last layer; the paper has none.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    check_shape("wide_resnet28_10", shape)
    widths = [16, *(16 * widen_factor * 2**stage for stage in range(3))]
    stages = [
        _stage(widths[stage], widths[stage + 1], (depth - 4) // 6, 1 if stage == 0 else 2, residual_dropout)
        for stage in range(3)
    ]
    model = nn.Sequential(
        nn.Conv2d(shape[0], widths[0], 3, padding=1, bias=False),
        *stages,
        nn.BatchNorm2d(widths[3]),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        DropoutLinear(nn.Linear(widths[3], classes), dropout),
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


def _stage(channels: int, out: int, blocks: int, stride: int, dropout: float) -> nn.Sequential:
    first = WideBlock(channels, out, stride, dropout)
    return nn.Sequential(first, *(WideBlock(out, out, 1, dropout) for _ in range(blocks - 1)))


class WideBlock(nn.Module):
    """A block with norm and ReLU before each convolution (He et al. 2016b), dropout between the two.

    Args:
        channels: of the input.
        out: of the output.
        stride: of the first convolution.
        dropout: share of activations dropped.
    """

    def __init__(self, channels: int, out: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.branch = nn.Sequential(
            nn.Conv2d(channels, out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
        )
        same = channels == out and stride == 1
        self.shortcut = None if same else nn.Conv2d(channels, out, 1, stride, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return the maps (N, out, H / stride, W / stride)."""
        activated = self.before(images)
        # Where the width changes, the shortcut begins behind norm and ReLU, as in the authors' code.
        kept = images if self.shortcut is None else self.shortcut(activated)
        branch: Tensor = self.branch(activated)
        return branch + kept


for _name, _weights in WEIGHTS.items():
    register_residual(
        _name, f"{_name} (Zagoruyko and Komodakis 2016)", weights=_weights, family="wide_resnet"
    )
