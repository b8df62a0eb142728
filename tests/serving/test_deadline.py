from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx
from fastapi import FastAPI

from search.serving.app import application
from search.serving.limits import Limits
from search.serving.metrics import Metrics
from search.serving.schema import Model
from search.serving.service import Batching, Service
from search.winner.bundle import Bundle
from search.winner.description import Description
from tests.hostile_images import encoded, noise
from tests.serving.test_protocol import connection


class Hung:
    """A backend whose replica never answers."""

    async def classify(self, images: object) -> None:
        await asyncio.Event().wait()


def hurried(bundle: Path) -> FastAPI:
    """Return the interface to a server that gives a request a fifth of a second and whose model hangs."""
    service = Service(
        Description.read(Bundle(bundle).config), cast(Any, Hung()), Limits(seconds=0.2), Batching(), Metrics()
    )
    return application(service, Model.model_construct(), protected=False)


def test_who_sends_slowly_is_told_so_and_left(bundle: Path) -> None:
    begun = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with connection(begun + b"Content-Length: 100\r\n\r\n{", hurried(bundle)) as client:
        answer = b""
        while received := client.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"took more than 0.2 s to arrive" in answer


def test_whose_answer_takes_too_long_is_told_to_come_again(bundle: Path) -> None:
    async def ask() -> httpx.Response:
        app = hurried(bundle)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            return await client.post("/predict", files={"images": encoded(noise("RGB"), "PNG")})

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "took more than 0.2 s" in answer.json()["error"]
