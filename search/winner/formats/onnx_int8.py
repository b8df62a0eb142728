"""ONNX in 8-bit integers: a quarter of the size, and faster where the processor multiplies bytes.

Static quantization (Jacob et al. 2018, arXiv:1712.05877) by ONNX Runtime: the ranges of the activations are those
that training images produce, the weights have a scale for each output channel
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from search.winner.bundle import Bundle
from search.winner.description import Description
from search.winner.formats.onnx import PACKAGES, Onnx
from search.winner.formats.onnx_session import onnx_session
from search.winner.formats.pixels import model_input
from search.winner.formats.registry import Format, Session, formats

if TYPE_CHECKING:  # torch is behind it
    from search.winner.candidate import Trained

CALIBRATION = 500
"""Training images at the most, evenly spread: ONNX Runtime's examples take a few hundred."""

AT_ONCE = 2**18
"""Pixels of a calibration batch: 64 images of 64×64. All activations of a batch are in memory."""


@formats.register("onnx_int8")
class OnnxInt8(Format):
    """ONNX in 8-bit integers: a quarter of the size; its loss of accuracy is measured."""

    files = ("model-int8.onnx",)
    packages = PACKAGES
    # Eight bits are steps of 1/255 of each layer's range, and they add up: 0.01 to 0.1 on the trials of this
    # project. What counts is the accuracy; this refuses a file that is plainly broken.
    tolerance = 0.5
    same_class = False

    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Quantize model.onnx, which is made first where the bundle has none."""
        with tempfile.TemporaryDirectory(prefix="winnow-int8-") as folder:
            prepared = Path(folder) / "prepared.onnx"
            source = bundle if bundle.onnx.is_file() else _beside(trained, bundle, Path(folder))
            _quantize(source.onnx, prepared, bundle.onnx_int8, _Images(trained, bundle))

    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Open the file with ONNX Runtime."""
        return onnx_session(bundle.onnx_int8, threads=threads)


class _Images:
    """Calibration images, batch by batch, as ONNX Runtime asks for them."""

    def __init__(self, trained: Trained, bundle: Bundle) -> None:
        train = trained.data.train
        spread = np.linspace(0, len(train) - 1, min(CALIBRATION, len(train))).round().astype(np.int64)
        _, height, width = trained.data.shape
        step = max(1, AT_ONCE // (height * width))
        self._batches = iter([spread[start : start + step] for start in range(0, len(spread), step)])
        self._train, self._description = train, Description.read(bundle.config)

    def get_next(self) -> dict[str, npt.NDArray[Any]] | None:
        """Return the next batch by the name of the input; None at the end."""
        rows = next(self._batches, None)
        if rows is None:
            return None
        return {"images": model_input(self._train.images[self._train.indices[rows]], self._description)}


def _beside(trained: Trained, bundle: Bundle, folder: Path) -> Bundle:
    """Write model.onnx into another folder, for a bundle that is to have none."""
    for path in (bundle.config, bundle.weights):
        (folder / path.name).write_bytes(path.read_bytes())
    other = Bundle(folder)
    Onnx().write(trained, other)
    return other


def _quantize(source: Path, prepared: Path, place: Path, images: _Images) -> None:
    from onnxruntime.quantization import (  # noqa: PLC0415 (takes a second)
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import (  # noqa: PLC0415 (likewise)
        quant_pre_process,
    )

    from search.winner.formats.graph import quiet  # noqa: PLC0415 (torch is behind it)

    with quiet():
        # Joins batch norm with the convolution before it, so that both have one range.
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            place,
            images,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
