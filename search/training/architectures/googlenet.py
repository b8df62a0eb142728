"""GoogLeNet (Szegedy et al. 2015, "Going deeper with convolutions"), torchvision's own model class."""

from __future__ import annotations

from torch import nn

from search.training.architectures.head import Dropout
from search.training.architectures.published import with_auxiliary
from search.training.architectures.registry import architectures
from search.training.architectures.stem import Stem, fit_first_convolution, takes_small_stem
from search.training.auxiliary import Weight


@architectures.register("googlenet", weights="GoogLeNet_Weights")
def googlenet(
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    auxiliary: Weight = 0.0,
    dropout: Dropout = 0.2,
) -> nn.Module:
    """Build GoogLeNet, with the batch norm that torchvision gave it, and with two auxiliary classifiers where asked.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is 7×7 with stride 2 and two max poolings, sides of 15 pixels and more; ``small``
            begins with 3×3 of stride 1 and leaves both poolings out; ``auto`` takes the small one below 96.
        auxiliary: weight in training of each auxiliary classifier's loss, 0.3 in the paper; 0: there are none.
        dropout: share of features dropped before the last layer; 0.2 is torchvision's, 0.4 the paper's.

    Returns:
        A module from (N, C, H, W) to logits (N, classes), in training mode `WithAuxiliary` where there are any.

    Raises:
        SettingsError: images that it cannot take.
    """
    small = takes_small_stem("googlenet", shape, stem, published=15)
    model = with_auxiliary("googlenet", classes, auxiliary, init_weights=True, dropout=dropout)
    fit_first_convolution(model, shape[0], kernel_size=3 if small else None)
    if small:
        model.maxpool1 = model.maxpool2 = nn.Identity()
    return model
