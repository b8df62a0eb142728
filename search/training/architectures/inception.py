"""Inception v3 (Szegedy et al. 2016, "Rethinking the Inception architecture"), torchvision's own model class."""

from __future__ import annotations

from torch import nn

from search.training.architectures.head import Dropout
from search.training.architectures.published import with_auxiliary
from search.training.architectures.registry import architectures
from search.training.architectures.stem import (
    Stem,
    fit_first_convolution,
    keep_resolution,
    takes_small_stem,
)
from search.training.auxiliary import Weight


@architectures.register("inception_v3", weights="Inception_V3_Weights")
def inception_v3(
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    auxiliary: Weight = 0.0,
    dropout: Dropout = 0.5,
) -> nn.Module:
    """Build Inception v3, with the auxiliary classifier where asked.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is the published one, for 299 pixels, sides of 75 and more; ``small`` keeps the
            resolution up to the first Inception block: stride 1, padding 1, no pooling, the same weights;
            ``auto`` takes the small one below 96.
        auxiliary: weight in training of the auxiliary classifier's loss, 0.4 in the training of its authors
            (tensorflow/models, research/inception); 0: there is none.
        dropout: share of features dropped before the last layer; 0.5 is torchvision's, 0.2 the paper's.

    Returns:
        A module from (N, C, H, W) to logits (N, classes), in training mode `WithAuxiliary` where there is one.

    Raises:
        SettingsError: images that it cannot take.
    """
    small = takes_small_stem("inception_v3", shape, stem, published=75)
    model = with_auxiliary("inception_v3", classes, auxiliary, init_weights=True, dropout=dropout)
    if small:
        keep_resolution(model, 1)
        for name in ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_4a_3x3"):
            convolution = model.get_submodule(name).conv
            convolution.padding = (1, 1)  # type: ignore[union-attr]
        model.maxpool1 = model.maxpool2 = nn.Identity()
    fit_first_convolution(model, shape[0])
    return model
