"""What a model file takes, made of decoded images with NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from search.winner.description import Description


def model_input(images: npt.NDArray[np.uint8], description: Description) -> npt.NDArray[Any]:
    """Return images as the files of a bundle take them.

    Args:
        images: (N, H, W, C), decoded, of the bundle's shape.
        description: of the bundle.

    Returns:
        (N, C, H, W): float32 and normalized; uint8 as they are where the files normalize them themselves.
    """
    rows = np.ascontiguousarray(images.transpose(0, 3, 1, 2))  # (N, H, W, C) -> (N, C, H, W)
    if description.preprocess == "inside":
        return rows
    mean = np.array(description.mean).reshape(1, -1, 1, 1)
    std = np.array(description.std).reshape(1, -1, 1, 1)
    # One multiplication and one addition, their factors computed in float64: as in training.
    scale, shift = (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32)
    normalized: npt.NDArray[np.float32] = rows.astype(np.float32) * scale + shift
    return normalized
