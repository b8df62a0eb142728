"""A replica: one process of Ray Serve that holds the model."""

from __future__ import annotations

import asyncio
import gc
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from ray.serve._private import replica as serve_replica

from search.serving.engine import Probabilities, engine_of
from search.training.data.source import Images
from search.winner.bundle import Bundle
from search.winner.classifier import Classifier, load
from search.winner.explain.feature_map import NoFeatureMap
from search.winner.explain.picture import explanation_picture


@dataclass(frozen=True)
class Computed:
    """A batch's probabilities (N, classes), and the seconds that the model took."""

    probabilities: Probabilities
    seconds: float


@dataclass(frozen=True)
class Explained:
    """A picture as a PNG file, or why there is none."""

    png: bytes = b""
    reason: str = ""


class Replica:
    """Computes batches, one after the other, and explanations.

    Args:
        folder: of the bundle.
        threads: of the model.
        temperature: of the probabilities.
    """

    def __init__(self, folder: str, threads: int, temperature: float) -> None:
        close_the_second_door()
        torch.set_num_threads(threads)
        self._folder = Path(folder)
        self._temperature = temperature
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._engine = engine_of(
            Bundle(self._folder), threads=threads, temperature=temperature, device=device
        )
        self._device = device
        # One: a second batch beside the first would only take its cores.
        self._thread = ThreadPoolExecutor(1)
        self._aside = ThreadPoolExecutor(1)  # explanations take long, and predictions go on meanwhile
        self._classifier: Classifier | None = None
        gc.freeze()  # a look through all of torch for garbage takes as long as many batches

    async def classify(self, images: Images) -> Computed:
        """Return the probabilities of images (N, H, W, C)."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._classify, images)

    async def explain(self, image: Images, target: int, method: str) -> Explained:
        """Return a picture of what in an image (H, W, C) speaks for a class, by its place."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._aside, self._explain, image, target, method)

    async def engine(self) -> str:
        """Return what computes."""
        return self._engine.name

    def _classify(self, images: Images) -> Computed:
        began = time.perf_counter()
        return Computed(self._engine.probabilities(images), time.perf_counter() - began)

    def _explain(self, image: Images, target: int, method: str) -> Explained:
        if self._classifier is None:
            # Only here: gradients need torch's model, which a server that only predicts never loads.
            self._classifier = load(
                self._folder,
                temperature=self._temperature,
                plugins=True,  # `serve` has asked whether it may
            ).to(self._device)
        try:
            picture = explanation_picture(self._classifier, image, target, method)
        except NoFeatureMap as error:
            return Explained(reason=str(error))
        file = io.BytesIO()
        picture.save(file, "PNG")
        return Explained(file.getvalue())


def close_the_second_door() -> None:
    """Keep this process from listening on all addresses of the machine.

    Every replica of Ray Serve 2.60 opens a gRPC port there, on which whoever reaches it may send pickled objects, and
    so code. We reach replicas through Ray itself, which asks for its token (`local_ray`).
    """
    assert hasattr(serve_replica, "add_port_to_grpc_server"), (
        "Ray Serve opens its port in another way than 2.60"
    )
    serve_replica.add_port_to_grpc_server = lambda _server, _address: 0
