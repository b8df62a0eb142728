"""The whole server: a socket, the gate, the interface, the replicas; from its start to its end."""

from __future__ import annotations

import asyncio
import base64
import gc
import logging
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvicorn

from search.serving.about import about
from search.serving.access import Access
from search.serving.app import application
from search.serving.backend import Backend
from search.serving.embedded import replicas_of
from search.serving.gate import Gate
from search.serving.limits import Limits
from search.serving.metrics import Metrics
from search.serving.protocol import Protocol
from search.serving.schema import PIXEL
from search.serving.service import Batching, Service
from search.training.data.image_file import read_pixels
from search.winner.bundle import Bundle
from search.winner.description import Description

GRACE = 5
"""Seconds that requests under way get at the end."""


@dataclass(frozen=True)
class Settings:
    """What a server is to be: see `search.serve` for each."""

    bundle: Path
    access: Access
    replicas: int = 1
    batching: Batching = field(default_factory=Batching)
    limits: Limits = field(default_factory=Limits)
    temperature: float = 1.0


@dataclass(frozen=True)
class Serving:
    """A server that listens: the engine that computes, and how to reach it."""

    url: str
    engine: str


def serve(settings: Settings, listening: socket.socket, tell: Callable[[Serving], None]) -> None:
    """Serve until SIGINT or SIGTERM; nothing is left behind.

    Args:
        settings: of the server.
        listening: bound, to the address of the access.
        tell: is told once the model answers.

    Raises:
        BundleError: the bundle is none, or damaged.
        PlanError, SettingsError: its model cannot be built here.
    """
    bundle = Bundle(settings.bundle.resolve())
    description = Description.read(bundle.config)
    with _signals(), _quiet(), replicas_of(bundle.folder, settings.replicas, settings.temperature) as handle:
        backend, metrics = Backend(handle), Metrics()
        batching = settings.batching
        service = Service(description, backend, settings.limits, batching, metrics)
        engine = asyncio.run(_first(backend, description))
        model = about(bundle, engine, settings.limits, settings.temperature)
        app = application(service, model, protected=bool(settings.access.token))
        # What is there now stays: to look through it for garbage took 250 ms, in which 32 clients waited.
        gc.freeze()
        listening.listen(1024)
        tell(Serving(_url(listening), engine))
        _run(Gate(app, settings.access, metrics), listening)


async def _first(backend: Backend, description: Description) -> str:
    """Have an image decoded and classified, so that no client waits for what is loaded late; return what computes."""
    channels, height, width = description.shape
    image = read_pixels(base64.b64decode(PIXEL), height, width, channels)
    await backend.classify(image[None])  # (H, W, C) -> (1, H, W, C)
    return await backend.engine()


def _run(app: Gate, listening: socket.socket) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="error",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
    )
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM end the server as Ctrl+C does; else it would end this process, and leave Ray behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the terminal what is a client's doing: remarks on odd images and odd forms."""
    for name in ("PIL", "python_multipart"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield
