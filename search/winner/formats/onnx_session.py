"""An ONNX file as a session of ONNX Runtime on the CPU; needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from search.winner.bundle import BundleError
from search.winner.formats.registry import Session


def onnx_session(path: Path, *, threads: int | None = None) -> Session:
    """Return a function from images (N, C, H, W) to logits (N, classes) in float32.

    Args:
        path: of the file.
        threads: of one call, from 1; None: all cores.

    Raises:
        BundleError: the file is missing or damaged.
    """
    import onnxruntime  # noqa: PLC0415 (a package that not every format needs)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3  # what it warns of are choices of the exporter
    try:
        opened = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own errors have no class in common
        reason = " ".join(str(error).split())
        raise BundleError(f"{path} cannot be opened by ONNX Runtime: {reason}") from error
    name = opened.get_inputs()[0].name

    def run(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        logits: npt.NDArray[np.float32] = opened.run(None, {name: images})[0]
        return logits

    return run
