"""What the server does with a request: read it, decode its images, have them classified or explained."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.requests import Request

from search.plan.mistake import did_you_mean
from search.serving.batcher import Batcher, Probabilities
from search.serving.body import read_body
from search.serving.deadline import in_time
from search.serving.limits import Limits, Room
from search.serving.metrics import Metrics
from search.serving.refused import Refused
from search.serving.upload import Upload, uploads
from search.training.data.image_file import UnreadableImage, read_pixels
from search.training.data.source import Images
from search.tuning.resources import this_machine
from search.winner.description import Description

if TYPE_CHECKING:  # Ray Serve takes seconds to load, and only who makes the replicas needs it
    from search.serving.backend import Backend

EXPLANATIONS = 4
"""That wait or are drawn at once: integrated gradients take 50 passes and back."""


@dataclass(frozen=True)
class Batching:
    """How images are gathered: ``largest`` of a batch, ``wait`` seconds for more, ``at_once`` batches under way."""

    largest: int = 32
    wait: float = 0.005
    at_once: int = 2


Named = tuple[str, Images]


class Service:
    """Answers requests with one model.

    Args:
        description: of the model.
        backend: its replicas.
        limits: on requests.
        batching: of their images.
        metrics: are told each batch.
    """

    def __init__(
        self,
        description: Description,
        backend: Backend,
        limits: Limits,
        batching: Batching,
        metrics: Metrics,
    ) -> None:
        self.description, self.limits, self.metrics = description, limits, metrics
        self._backend = backend
        self._room = Room(limits)
        self._explaining = 0
        self._batcher = Batcher(
            self._classify,
            largest=batching.largest,
            wait=batching.wait,
            at_once=batching.at_once,
            most_waiting=limits.waiting,
        )
        self._decoders = ThreadPoolExecutor(this_machine().cpus, "decoder")
        metrics.waiting.set_function(lambda: len(self._batcher))
        metrics.current.set_function(lambda: self._room.requests)

    async def run(self) -> None:
        """Send batches to the replicas, until cancelled."""
        try:
            await self._batcher.run()
        finally:
            self._decoders.shutdown(wait=False, cancel_futures=True)

    async def predict(self, request: Request, top: int) -> dict[str, Any]:
        """Return what `search.serving.schema.Predictions` describes.

        Args:
            request: of which nothing was read yet.
            top: classes of an image, at most.

        Raises:
            Refused: it cannot be answered.
        """
        async with self._asked(request) as (sent, deadline), in_time(deadline, self.limits):
            images = await self._decoded(sent)
            rows = await self._classified(images)
        results = [
            {"image": name, "predictions": self._likeliest(row, top)}
            for (name, _), row in zip(images, rows, strict=True)
        ]
        return {"results": results}

    async def explain(self, request: Request, method: str, label: str | None) -> dict[str, Any]:
        """Return what `search.serving.schema.Explanation` describes.

        Args:
            request: of which nothing was read yet.
            method: one of `search.winner.explanations.METHODS`.
            label: the class to explain; None: the likeliest.

        Raises:
            Refused: it cannot be answered.
        """
        target = None if label is None else self._place_of(label)
        async with self._asked(request) as (sent, deadline), in_time(deadline, self.limits):
            if len(sent) > 1:
                raise Refused(422, f"One image is expected, but got {len(sent)}.")
            ((name, image),) = await self._decoded(sent)
            row = await self._batcher(image)
            chosen = int(row.argmax()) if target is None else target
            with self._one_explanation():
                drawn = await self._backend.explain(image, chosen, method)
        if drawn.reason:
            raise Refused(422, f"There is no explanation by {method}: {drawn.reason}.")
        return {
            "image": name,
            "label": self.description.classes[chosen],
            "probability": float(row[chosen]),
            "method": method,
            "picture": base64.b64encode(drawn.png).decode("ascii"),
        }

    async def engine(self) -> str:
        """Return what computes.

        Raises:
            Refused: no replica answers.
        """
        return await self._backend.engine()

    @asynccontextmanager
    async def _asked(self, request: Request) -> AsyncIterator[tuple[list[Upload], float]]:
        """Read a request; yield its images and when it must be answered, and hold its place meanwhile."""
        deadline = asyncio.get_running_loop().time() + self.limits.seconds
        with self._room.place() as place:
            async with in_time(deadline, self.limits, arriving=True):
                body = await read_body(request, self.limits, place)
                sent = uploads(body, request.headers.get("content-type", ""), self.limits)
            yield sent, deadline

    async def _classify(self, images: Images) -> Probabilities:
        found = await self._backend.classify(images)
        self.metrics.computed(len(images), found.seconds)
        return found.probabilities

    async def _decoded(self, sent: Sequence[Upload]) -> list[Named]:
        loop = asyncio.get_running_loop()
        found = [loop.run_in_executor(self._decoders, self._decode, upload) for upload in sent]
        try:
            return list(zip((one.name for one in sent), await asyncio.gather(*found), strict=True))
        finally:
            for one in found:
                one.cancel()

    async def _classified(self, images: Sequence[Named]) -> list[Probabilities]:
        found = [asyncio.ensure_future(self._batcher(image)) for _, image in images]
        try:
            return await asyncio.gather(*found)
        finally:  # where one of them was refused, the others would still be computed, for nobody
            for one in found:
                one.cancel()

    def _decode(self, upload: Upload) -> Images:
        channels, height, width = self.description.shape
        try:
            return read_pixels(upload.data, height, width, channels, most_pixels=self.limits.pixels)
        except UnreadableImage as error:
            raise Refused(422, f"{upload.name}: {error}") from error

    def _likeliest(self, row: Probabilities, top: int) -> list[dict[str, Any]]:
        order = np.argsort(-row, kind="stable")[:top]  # of equal ones the first class
        return [
            {"label": self.description.classes[place], "probability": float(row[place])} for place in order
        ]

    def _place_of(self, label: str) -> int:
        classes = self.description.classes
        if label not in classes:
            raise Refused(422, f"No class is called {label[:80]!r}{did_you_mean(label[:80], classes)}")
        return classes.index(label)

    @contextmanager
    def _one_explanation(self) -> Iterator[None]:
        if self._explaining >= EXPLANATIONS:
            raise Refused(
                429, f"The server is busy: {EXPLANATIONS} explanations wait. Try again in a second."
            )
        self._explaining += 1
        try:
            yield
        finally:
            self._explaining -= 1
