"""The feature maps of a model: what its last convolutional layers have found in an image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.training.data.image_file import Picture
from search.winner.classifier import Classifier
from search.winner.ensemble.module import Ensemble
from search.winner.explain.feature_map import watching


def feature_maps(
    classifier: Classifier, image: Picture | Tensor, *, most: int = 16
) -> npt.NDArray[np.float32]:
    """Return the channels of the last feature map that react most to an image, the strongest first.

    It is the map by which Grad-CAM explains the likeliest class; of an ensemble that of its first member.

    Args:
        classifier: of `search.load`.
        image: whatever `Classifier.preprocess` takes, or what it has returned.
        most: channels.

    Returns:
        (k, h, w) float32, k at most ``most``, by the mean of their magnitude.

    Raises:
        UnreadableImage: the image cannot be decoded.
        NoFeatureMap: the model has none.
    """
    seen = image if isinstance(image, Tensor) else classifier.preprocess(image)
    inner = classifier.model
    model = inner.members[0] if isinstance(inner, Ensemble) else inner
    with torch.enable_grad(), watching(model) as maps:
        score = model(seen[None].to(classifier.shift.device).detach().requires_grad_())[0].max()
        found = maps.found(score).map[0].detach()
    order = found.abs().mean(dim=(1, 2)).argsort(descending=True, stable=True)[:most]
    strongest: npt.NDArray[np.float32] = found[order].float().cpu().numpy()
    return strongest
