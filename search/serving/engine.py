"""The model of a bundle, the quickest verified way here: ONNX Runtime, or torch on a GPU and without ONNX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax

from search.training.data.source import Images
from search.winner.bundle import Bundle, read_checksums, refuse_changed
from search.winner.classifier import load
from search.winner.description import Description
from search.winner.formats.onnx_session import onnx_session
from search.winner.formats.pixels import model_input

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Engine:
    """``name`` says what computes; ``probabilities`` maps images (N, H, W, C) uint8 to (N, classes)."""

    name: str
    probabilities: Callable[[Images], Probabilities]


def engine_of(bundle: Bundle, *, threads: int, temperature: float = 1.0, device: str = "cpu") -> Engine:
    """Return a bundle's model, ready to compute.

    On a CPU it is ONNX Runtime where the bundle has model.onnx: at 32 images of a ResNet-18 it took 0.4 to 0.8 of
    torch's time (2 cores, AMD EPYC 9004).

    Args:
        bundle: whose files are those that were exported.
        threads: of one call, from 1.
        temperature: by which the logits are divided before they become probabilities, above 0.
        device: ``cpu``, or a GPU as torch calls it.

    Raises:
        BundleError: a file is missing, damaged or changed.
        PlanError: a plugin of it cannot be loaded.
        SettingsError: the configuration is none that this version knows.
    """
    if device == "cpu" and takes_onnx(bundle):
        return _onnx(bundle, threads, temperature)
    return _torch(bundle, threads, temperature, device)


def takes_onnx(bundle: Bundle) -> bool:
    """Return whether a bundle can be computed by ONNX Runtime on this machine."""
    return bundle.onnx.name in read_checksums(bundle) and find_spec("onnxruntime") is not None


def _onnx(bundle: Bundle, threads: int, temperature: float) -> Engine:
    refuse_changed(bundle, bundle.config, bundle.onnx)
    description = Description.read(bundle.config)
    session = onnx_session(bundle.onnx, threads=threads)

    def probabilities(images: Images) -> Probabilities:
        logits = session(model_input(images, description)).astype(np.float64)
        found: Probabilities = softmax(logits / temperature, axis=1).astype(np.float32)
        return found

    return Engine("ONNX Runtime", probabilities)


def _torch(bundle: Bundle, threads: int, temperature: float, device: str) -> Engine:
    torch.set_num_threads(threads)
    # `serve` has asked whether plugins may be run.
    classifier = load(bundle.folder, temperature=temperature, plugins=True).to(device)

    @torch.inference_mode()
    def probabilities(images: Images) -> Probabilities:
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2)  # (N, H, W, C) -> (N, C, H, W)
        found: Probabilities = (
            classifier.probabilities(classifier(classifier.normalize(pixels))).cpu().numpy()
        )
        return found

    return Engine(f"torch on {device}", probabilities)
