"""The time that a request may take: whoever sends too slowly hears so, and so does who waits for a busy server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from search.serving.limits import Limits
from search.serving.refused import Refused


@asynccontextmanager
async def in_time(deadline: float, limits: Limits, *, arriving: bool = False) -> AsyncIterator[None]:
    """Cancel what is inside when its time is over.

    Args:
        deadline: on the clock of the running loop, in seconds.
        limits: that say how long a request may take.
        arriving: whether the client is who makes us wait.

    Raises:
        Refused: the time is over.
    """
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError:
        if arriving:
            raise Refused(408, f"The request took more than {limits.seconds:g} s to arrive.") from None
        raise Refused(
            429,
            f"The answer took more than {limits.seconds:g} s: the server is busy, or the images are very large. "
            "Send fewer at once, or try again later.",
        ) from None
