"""A heat map over an image, by whichever method: one function for the command line, the dashboard and the server."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.plan.mistake import did_you_mean
from search.training.data.image_file import Picture
from search.winner.classifier import Classifier
from search.winner.explain.gradcam import heat as gradcam_heat

Heat = npt.NDArray[np.float32]


def explain(
    classifier: Classifier, image: Picture | Tensor, target: int | None = None, method: str = "gradcam"
) -> Heat:
    """Return which parts of an image speak for a class.

    Args:
        classifier: of `search.load`.
        image: whatever `Classifier.preprocess` takes, or what it has returned.
        target: the class, its place in `Classifier.classes`; None: the one that the model predicts.
        method: one of `HEAT_METHODS`: ``gradcam``, ``integrated_gradients``, ``occlusion``.

    Returns:
        (H, W) float32 in the size that the model sees. Of ``gradcam`` from 0 to 1; of the others from -1 to 1, below 0
        where a part speaks against the class. The greatest magnitude is 1, unless all is 0.

    Raises:
        UnreadableImage: the image cannot be decoded.
        ValueError: no method has that name, the class is not there, or the model has no feature map.
    """
    if method not in HEAT_METHODS:
        raise ValueError(f"no heat map is called {method!r}{did_you_mean(method, HEAT_METHODS)}")
    if target is not None and not 0 <= target < len(classifier.classes):
        raise ValueError(f"`0 <= target < {len(classifier.classes)}` must hold, but got target={target}")
    seen = image if isinstance(image, Tensor) else classifier.preprocess(image)
    seen = seen.to(classifier.shift.device)
    found = HEAT_METHODS[method](classifier, seen, predicted(classifier, seen) if target is None else target)
    heat: Heat = found.cpu().numpy()
    return heat


def predicted(classifier: Classifier, image: Tensor) -> int:
    """Return the likeliest class of a normalized image (C, H, W)."""
    with torch.inference_mode():
        return int(classifier(image[None])[0].argmax())


def _gradcam(classifier: Classifier, image: Tensor, target: int) -> Tensor:
    return gradcam_heat(classifier.model, image, target)


def _integrated_gradients(classifier: Classifier, image: Tensor, target: int) -> Tensor:
    # Late: captum takes 2 s to import here, and Grad-CAM needs none of it.
    from search.winner.explain.attributions import integrated_gradients  # noqa: PLC0415

    black = classifier.shift.expand_as(image)  # what the model sees where a pixel is 0
    return _signed(integrated_gradients(classifier.model, image, black, target))


def _occlusion(classifier: Classifier, image: Tensor, target: int) -> Tensor:
    from search.winner.explain.attributions import occlusion  # noqa: PLC0415 (likewise)

    return _signed(occlusion(classifier.model, image, target))


def _signed(found: Tensor) -> Tensor:
    """Return a map whose greatest magnitude is 1."""
    return found / found.abs().max().clamp(min=torch.finfo(torch.float32).tiny)


HEAT_METHODS = MappingProxyType[str, Callable[[Classifier, Tensor, int], Tensor]](
    {"gradcam": _gradcam, "integrated_gradients": _integrated_gradients, "occlusion": _occlusion}
)
"""By name: from a classifier, a normalized image (C, H, W) and a class to a map (H, W)."""
