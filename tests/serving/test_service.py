"""What a request makes the model compute, also where it is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np

from search.serving.app import application
from search.serving.limits import Limits
from search.serving.metrics import Metrics
from search.serving.schema import Model
from search.serving.service import Batching, Service
from search.training.data.source import Images
from search.winner.bundle import Bundle
from search.winner.description import Description
from tests.hostile_images import encoded, noise

PNG = encoded(noise("RGB"), "PNG")


class Busy:
    """A backend that answers when its gate is opened, and keeps the sizes of its batches."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.called, self.gate = asyncio.Event(), asyncio.Event()

    async def classify(self, images: Images) -> SimpleNamespace:
        self.sizes.append(len(images))
        self.called.set()
        await self.gate.wait()
        return SimpleNamespace(probabilities=np.full((len(images), 5), 0.2, np.float32), seconds=0.0)


def test_of_a_request_that_is_refused_no_image_is_computed(bundle: Path) -> None:
    async def go() -> tuple[list[int], list[int]]:
        busy = Busy()
        described = Description.read(Bundle(bundle).config)
        service = Service(
            described, cast(Any, busy), Limits(waiting=2), Batching(largest=8, at_once=1), Metrics()
        )
        app = application(service, Model.model_construct(), protected=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
        ):

            async def ask(images: int) -> int:
                sent = [("images", (f"{place}.png", PNG)) for place in range(images)]
                return (await client.post("/predict", files=sent)).status_code

            first = asyncio.create_task(ask(1))
            await busy.called.wait()
            refused = await ask(4)  # two of them wait already when the third is refused
            busy.gate.set()
            return [await first, refused, await ask(1)], busy.sizes

    assert asyncio.run(go()) == ([200, 429, 200], [1, 1])
