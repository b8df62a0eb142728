"""Before everything that the server answers, WebSockets and static files included: may this visitor come in?

Four questions, in this order. Is the request for us? A page anywhere can have its own name point to 127.0.0.1 (DNS
rebinding) and would then read the dashboard as its own; Streamlit 1.67 checks the Host of WebSockets only. Does it
come from a page of ours? Streamlit lets every page of this machine open its WebSocket, whatever its port. Does the
visitor know the secret, where there is one? And every answer carries the headers that keep a browser from guessing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import Access
from dashboard.attempts import Attempts
from dashboard.headers import SECURITY
from dashboard.login import LOGIN, again_page, form_of, login_page, next_of
from search.access import host_name, origin_place

SAFE = ("GET", "HEAD", "OPTIONS")


class Gate:
    """ASGI middleware that lets in who may come in.

    Args:
        app: what is behind it.
        access: says who may; asked once, when the server begins.
        attempts: counts wrong passwords; None: with its own defaults.
    """

    def __init__(self, app: ASGIApp, access: Callable[[], Access], attempts: Attempts | None = None) -> None:
        self._app = app
        self._access = access()
        self._attempts = attempts or Attempts()
        # One ticket for all visitors who know the secret; it ends with this process. Cookies do not tell ports
        # apart, so that the name is this server's own.
        self._ticket = secrets.token_urlsafe(32)
        self._cookie = f"winnow-{secrets.token_hex(4)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = _foreign(scope, self._access) or await self._stranger(scope, receive)
        if refused is None:
            await self._app(scope, receive, _secured(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, _secured(send))

    async def _stranger(self, scope: Scope, receive: Receive) -> Response | None:
        """Return what a visitor gets who has not said the secret yet; None for all others."""
        connection = HTTPConnection(scope)
        ticket = connection.cookies.get(self._cookie, "")
        if not self._access.secret or secrets.compare_digest(ticket.encode(), self._ticket.encode()):
            return None
        if scope["type"] == "websocket":
            return Response(status_code=403)
        if scope["path"] == LOGIN and scope["method"] == "POST":
            form = await form_of(receive)
            return await self._entered(scope, form.get("password", ""), next_of(form.get("next", "/")))
        token = connection.query_params.get("token")
        if token is not None and scope["method"] == "GET":
            return await self._entered(scope, token, _address(scope, without="token"))
        return self._asked(connection, scope)

    async def _entered(self, scope: Scope, word: str, address: str) -> Response:
        client = scope["client"][0] if scope.get("client") else ""
        if not self._attempts.may_try(client):
            said = "Too many attempts: wait a minute."
            return HTMLResponse(login_page(address, said), 429, {"Retry-After": "60"})
        if not self._access.knows(word):
            await self._attempts.failed(client)
            return HTMLResponse(login_page(address, "That is not it."), 401)
        answer = RedirectResponse(address, 303)
        answer.set_cookie(
            self._cookie, self._ticket, httponly=True, samesite="strict", secure=scope["scheme"] == "https"
        )
        return answer

    def _asked(self, connection: HTTPConnection, scope: Scope) -> Response:
        if scope["method"] != "GET" or "text/html" not in connection.headers.get("accept", ""):
            return PlainTextResponse("The dashboard asks for its password: open it in a browser.", 401)
        address = _address(scope)
        if connection.headers.get("sec-fetch-site") == "cross-site":
            # A link in a mail: the browser keeps a strict cookie back, until a page of ours asks for the same.
            return HTMLResponse(again_page(address), 401)
        return HTMLResponse(login_page(address), 401)


def _foreign(scope: Scope, access: Access) -> Response | None:
    """Return the answer to a request that is for another host, or that another site's page sends."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not access.allows(host):
        known = ", ".join(access.hosts)
        said = f"This dashboard answers to {known}; --allow-host NAME lets it answer to {host_name(host)[:80]!r}, too."
        return PlainTextResponse(said, 400)
    origin = headers.get("origin")
    own = origin is None or origin_place(origin) == host.lower()
    if not own and (scope["type"] == "websocket" or scope["method"] not in SAFE):
        return PlainTextResponse("A page of another site asks for this; that is refused.", 403)
    return None


def _address(scope: Scope, without: str = "") -> str:
    """Return path and query of a request, without one name of the query."""
    kept = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1"), True) if pair[0] != without]
    path = "/" + quote(scope["path"].lstrip("/\\"))
    return f"{path}?{urlencode(kept)}" if kept else path


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers[name] = value
        await send(message)

    return secured
