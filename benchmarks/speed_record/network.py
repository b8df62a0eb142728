"""The network of the CIFAR-10 speed record.

github.com/KellerJordan/cifar10-airbench, airbench94_muon.py, MIT licence, Copyright (c) 2024 Keller Jordan.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = (64, 256, 256)


class Network(nn.Module):
    """A fixed whitening of 2×2 patches, three blocks of two convolutions, and a linear layer.

    Args:
        classes: number of logits.
        widths: channels of the blocks.
    """

    def __init__(self, classes: int, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.whitening = nn.Conv2d(3, 24, 2)
        self.whitening.weight.requires_grad_(False)
        inputs = (24, *widths[:-1])
        self.blocks = nn.Sequential(
            nn.GELU(), *(_block(*channels) for channels in zip(inputs, widths, strict=True)), nn.MaxPool2d(3)
        )
        self.head = nn.Linear(widths[-1], classes, bias=False)

    @torch.no_grad()
    def reset(self) -> None:
        """Draw the weights anew: convolutions begin as the identity, as far as they have inputs."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
                module.reset_parameters()
            if isinstance(module, nn.Conv2d) and module is not self.whitening:
                nn.init.dirac_(module.weight[: module.in_channels])
        self.head.weight /= self.head.weight.std()
        self.bias.requires_grad_(True)

    @property
    def bias(self) -> nn.Parameter:
        """That of the first layer, which learns at the beginning only."""
        bias = self.whitening.bias
        assert bias is not None
        return bias

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, classes) of images (N, 3, 32, 32)."""
        maps: Tensor = self.blocks(self.whitening(images))
        logits: Tensor = self.head(maps.flatten(1))
        return logits / self.head.in_features

    @torch.no_grad()
    def whiten(self, images: Tensor, *, floor: float = 5e-4) -> None:
        """Let the first layer decorrelate the patches of these images: eigenvectors by the root of their values.

        Args:
            images: (N, 3, H, W), normalised.
            floor: added to the eigenvalues.
        """
        patches = images.float().unfold(2, 2, 1).unfold(3, 2, 1)  # (N, 3, H-1, W-1, 2, 2)
        rows = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
        values, vectors = torch.linalg.eigh(rows.T @ rows / len(rows))
        filters = (vectors / (values + floor).sqrt()).T.reshape(12, 3, 2, 2)
        self.whitening.weight.copy_(torch.cat([filters, -filters]))


def _block(channels: int, out: int) -> nn.Sequential:
    first, second = (nn.Conv2d(given, out, 3, padding=1, bias=False) for given in (channels, out))
    return nn.Sequential(first, nn.MaxPool2d(2), _norm(out), nn.GELU(), second, _norm(out), nn.GELU())


def _norm(channels: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
    norm.weight.requires_grad_(False)
    return norm
