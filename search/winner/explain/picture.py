"""An explanation as a picture: the heat map over the image, or the feature maps as a contact sheet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from search.training.data.source import Images
from search.winner.classifier import Classifier
from search.winner.explain.features import feature_maps
from search.winner.explain.heat import explain
from search.winner.pictures.canvas import colored
from search.winner.pictures.heat import heat_picture
from search.winner.pictures.sheet import Tile, contact_sheet

TITLES = {
    "gradcam": "Grad-CAM: what speaks for {label}",
    "integrated_gradients": "Integrated gradients: for {label} and against it",
    "occlusion": "Occlusion: for {label} and against it",
}


def explanation_picture(classifier: Classifier, pixels: Images, target: int, method: str) -> Image.Image:
    """Draw why a model gives an image a class.

    Args:
        classifier: of `search.load`.
        pixels: (H, W, C) uint8, of `Classifier.pixels`.
        target: the class, its place in `Classifier.classes`.
        method: one of `search.winner.explanations.METHODS`.

    Raises:
        ValueError: no method has that name, or the model has no feature map.
    """
    image = classifier.normalize(torch.from_numpy(pixels.copy()).permute(2, 0, 1))  # (H, W, C) -> (C, H, W)
    if method == "features":
        return features_picture(feature_maps(classifier, image))
    heat = explain(classifier, image, target, method)
    title = TITLES[method].format(label=classifier.classes[target])
    coarse = method == "gradcam"
    return heat_picture(pixels, heat, title=title, signed=not coarse, smooth=coarse)


def features_picture(maps: npt.NDArray[np.float32]) -> Image.Image:
    """Draw feature maps (k, h, w), each on a scale of its own from its least to its greatest value."""
    low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    shares = (maps - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
    tiles = [Tile(colored(one, signed=False)) for one in shares]
    return contact_sheet(tiles, title=f"The {len(tiles)} strongest feature maps", side=96, columns=8)
