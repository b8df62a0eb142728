"""Which pixels a score is made of, by captum: integrated gradients and occlusion (https://captum.ai)."""

from __future__ import annotations

import warnings

import torch
from captum.attr import IntegratedGradients, Occlusion
from torch import Tensor, nn

PASSES_AT_ONCE = 2**18
"""Pixels of the images that go through the model at once: 334 of 28×28, 5 of 224×224."""


def integrated_gradients(
    model: nn.Module, image: Tensor, black: Tensor, target: int, *, steps: int = 50
) -> Tensor:
    """Return what each pixel adds to the score of a class on the way from a black image to this one.

    Sundararajan et al. 2017, "Axiomatic attribution for deep networks": the attributions add up to the difference of
    the scores. A black image is their baseline for image networks; so pixels that are black themselves get nothing.

    Args:
        model: from normalized images (N, C, H, W) to logits (N, classes), in evaluation mode.
        image: (C, H, W), normalized.
        black: the same size, what the model sees of a black image.
        target: the class.
        steps: of the integral; the authors take 20 to 300, captum 50.

    Returns:
        (H, W) float32, in units of the logit, summed over the channels.
    """
    with torch.enable_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="captum")
        found: Tensor = IntegratedGradients(model).attribute(
            image[None].detach().requires_grad_(),
            black[None],
            target=target,
            n_steps=steps,
            internal_batch_size=_at_once(image),
        )
    return found[0].sum(dim=0).detach().float()


def occlusion(model: nn.Module, image: Tensor, target: int, *, parts: int = 7) -> Tensor:
    """Return by how much the score of a class falls when a square of the image is covered.

    Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2. The square has a side
    of 1/`parts` of the image's shorter one and moves by half of it; it has the mean colour of the training images. A
    pixel gets the mean over the squares that cover it.

    Args:
        model: from normalized images (N, C, H, W) to logits (N, classes), in evaluation mode.
        image: (C, H, W), normalized.
        target: the class.
        parts: squares along the shorter side, side by side.

    Returns:
        (H, W) float32, in units of the logit; above 0 where the covered part speaks for the class.
    """
    channels, height, width = image.shape
    side = max(2, min(height, width) // parts)
    with torch.inference_mode():
        found: Tensor = Occlusion(model).attribute(
            image[None],
            (channels, side, side),
            strides=(channels, max(1, side // 2), max(1, side // 2)),
            baselines=0,
            target=target,
            perturbations_per_eval=_at_once(image),
        )
    # Every channel of a pixel got the same: the whole square was covered at once.
    return found[0].mean(dim=0).float()


def _at_once(image: Tensor) -> int:
    return max(1, PASSES_AT_ONCE // (image.shape[1] * image.shape[2]))
