"""Grad-CAM (Selvaraju et al. 2017, "Visual explanations from deep networks via gradient-based localization")."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from search.winner.ensemble.module import Ensemble
from search.winner.explain.feature_map import Found, watching


def gradcam(model: nn.Module, image: Tensor, target: int) -> Tensor:
    """Return where a model's score of a class comes from, in the resolution of its last feature map.

    The channels of the map are added with the mean of their gradient as weight, and what is below 0 is cut off
    (equations 1 and 2). Of a vision transformer the map is made of its patches' tokens.

    Args:
        model: from normalized images (N, C, H, W) to logits (N, classes), in evaluation mode.
        image: (C, H, W), normalized.
        target: the class.

    Returns:
        (h, w) float32, 0 or more, on the device of the image.

    Raises:
        NoFeatureMap: the model is none with feature maps.
    """
    return _weighed(_found(model, image, target))


def heat(model: nn.Module, image: Tensor, target: int) -> Tensor:
    """Return `gradcam` in the image's own resolution, its greatest value 1; all 0 where nothing speaks for the class.

    Of an ensemble it is the mean of its members' maps by their shares, since each has a last feature map of its own.

    Returns:
        (H, W) float32, 0 to 1.
    """
    if isinstance(model, Ensemble):
        shares = model.log_shares.exp()
        return sum_of(
            [share * heat(one, image, target) for one, share in zip(model.members, shares, strict=True)]
        )
    _, height, width = image.shape
    found = _found(model, image, target)
    size = tuple(round(side / share) for side, share in zip((height, width), found.shown, strict=True))
    large = nn.functional.interpolate(
        _weighed(found)[None, None], size, mode="bilinear", align_corners=False
    )[0, 0, :height, :width]
    return large / large.max().clamp(min=torch.finfo(torch.float32).tiny)


def sum_of(maps: list[Tensor]) -> Tensor:
    """Return the sum of maps (H, W)."""
    return torch.stack(maps).sum(dim=0)


def _found(model: nn.Module, image: Tensor, target: int) -> Found:
    with torch.enable_grad(), watching(model) as seen:
        return seen.found(model(image[None].detach().requires_grad_())[0, target])


def _weighed(found: Found) -> Tensor:
    weights = found.gradient.mean(dim=(2, 3), keepdim=True)  # (1, K, h, w) -> (1, K, 1, 1)
    return (weights * found.map).sum(dim=1)[0].relu().detach().float()
