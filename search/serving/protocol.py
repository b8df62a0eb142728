"""HTTP on a socket: uvicorn's fast parser, with an end to patience and to memory before a request is complete.

uvicorn 0.54 waits for ever for the first line and the headers of a request, and takes any number of them.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE = 10.0
"""Seconds for a request's first line and headers; also from connecting to the first byte."""

LONGEST = 2**16
"""Bytes of them: as h11, uvicorn's other parser, allows."""

CONNECTIONS = 800
"""At once: below the 1,024 files that a process may have open on most systems."""


class Protocol(HttpToolsProtocol):
    """Closes a connection whose headers come too slowly or are too long; nothing is said to such a client."""

    _alarm: asyncio.TimerHandle | None = None
    _seen = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the headers of a first request."""
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; count what belongs to headers."""
        super().data_received(data)
        self._seen += len(data)
        if self._alarm is not None and self._seen > LONGEST:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin to wait for the headers of a further request."""
        super().on_message_begin()
        self._stop()
        self._wait()

    def on_headers_complete(self) -> None:
        """Wait no more: what follows is the body, which has its own limits."""
        self._stop()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._seen = 0
        self._alarm = self.loop.call_later(PATIENCE, self.transport.abort)

    def _stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
