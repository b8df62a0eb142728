"""Before everything that the server answers: is the request for us, from no foreign page, with the token?"""

from __future__ import annotations

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.access import host_name, origin_place
from search.serving.access import Access
from search.serving.metrics import Metrics
from search.serving.refused import Answer, refusal

OPEN = ("/health",)
"""Paths that need no token: whoever watches a server asks there, and learns nothing but that it runs."""

SECURITY = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
"""Of every answer. Source: OWASP REST Security Cheat Sheet."""


class Gate:
    """ASGI middleware that lets in who may come in, and counts all who asked.

    Args:
        app: what is behind it.
        access: says who may.
        metrics: are told each request's path, status and time.
    """

    def __init__(self, app: ASGIApp, access: Access, metrics: Metrics) -> None:
        self._app = app
        self._access = access
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers[name] = value
            await send(message)

        try:
            answer = refused(scope, self._access) or self._app
            await answer(scope, receive, watched)
        finally:
            self._metrics.answered(scope["path"], status, time.perf_counter() - began)


def refused(scope: Scope, access: Access) -> Answer | None:
    """Return the answer to a request that may not come in; None for all others."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not access.allows(host):
        known = ", ".join(access.hosts)
        return refusal(
            400, f"The request is for {host_name(host)[:80]!r}, but this server answers to {known}."
        )
    origin = headers.get("origin")
    if origin is not None and origin_place(origin) != host.lower():
        return refusal(403, "The request comes from a page of another site; such requests are refused.")
    if access.token and scope["path"] not in OPEN and not access.knows(headers.get("authorization", "")):
        return refusal(401, "The token is expected in the header `Authorization: Bearer TOKEN`.")
    return None
