"""The body of a request, read no further than it may be long."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from search.serving.limits import Limits, Place
from search.serving.refused import Refused


async def read_body(request: Request, limits: Limits, place: Place) -> bytes:
    """Return a request's body.

    Args:
        request: of which nothing was read yet.
        limits: on its bytes; one that says that it is longer is refused before it is read.
        place: in which the bytes are counted as they come.

    Raises:
        Refused: it is too long, the server has no room for it, or the client has gone.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limits.bytes:
        raise too_long(limits, f"says that it has {int(declared):,}")
    chunks: list[bytes] = []
    try:
        async for chunk in request.stream():
            place.take(len(chunk))
            if place.bytes > limits.bytes:
                raise too_long(limits, "has more")
            chunks.append(chunk)
    except ClientDisconnect:
        raise Refused(400, "The connection ended before the request did.") from None
    return b"".join(chunks)


def too_long(limits: Limits, found: str) -> Refused:
    """Return what a client hears whose request is too long."""
    return Refused(413, f"A request of at most {limits.bytes:,} bytes is expected, but this one {found}.")
