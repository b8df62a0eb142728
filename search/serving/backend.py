"""The replicas as the rest of the server knows them: calls that are answered, or refused in one sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from search.serving.refused import Refused
from search.serving.replica import Computed, Explained
from search.training.data.source import Images

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds within which a replica says that it is there."""


class Backend:
    """Replicas of one model.

    Args:
        handle: to them.
    """

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle = handle

    async def classify(self, images: Images) -> Computed:
        """Return the probabilities of images (N, H, W, C).

        Raises:
            Refused: no replica answers.
        """
        return await _answered(self._handle.classify.remote(images))

    async def explain(self, image: Images, target: int, method: str) -> Explained:
        """Return a picture of what in an image (H, W, C) speaks for a class, by its place.

        Raises:
            Refused: no replica answers.
        """
        return await _answered(self._handle.explain.remote(image, target, method))

    async def engine(self) -> str:
        """Return what computes.

        Raises:
            Refused: no replica answers.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                name: str = await _answered(self._handle.engine.remote())
        except TimeoutError:
            raise Refused(503, f"The model's process has not answered for {PATIENCE:g} s.") from None
        return name


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except (RayError, RayServeException) as error:
        if isinstance(error, RayTaskError):  # ours to mend: the operator's log has where
            logging.getLogger("winnow.serving").error("a replica failed", exc_info=error)
        raise Refused(503, "The model's process has failed; it is started again.") from error
