"""What one request, and all of them together, may take of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from search.serving.refused import Refused

MOST_PIXELS = 25_000_000
"""Of one image, as its header claims: 24 megapixels of a camera pass. Decoding one takes up to 400 MB (RGBA, and a copy
of it on white), and each core decodes one at a time."""


@dataclass(frozen=True)
class Limits:
    """What a client may ask for.

    ``bytes`` of a request's body, ``images`` in it, ``pixels`` of each image, ``seconds`` from the request's first line
    to the answer. Of all requests together: ``held`` bytes of bodies, ``requests`` at once, ``waiting`` images that are
    decoded and not yet classified.
    """

    bytes: int = 10_000_000
    images: int = 32
    pixels: int = MOST_PIXELS
    seconds: float = 30.0
    held: int = 128_000_000
    requests: int = 512
    waiting: int = 4096


class Room:
    """What is left of the limits on all requests together.

    Args:
        limits: of the server.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0
        self.requests = 0

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Give a request its place while this is entered.

        Raises:
            Refused: there are too many of them.
        """
        if self.requests >= self._limits.requests:
            raise Refused(
                429,
                f"The server is busy: it answers {self.requests} requests already. Try again in a second.",
            )
        self.requests += 1
        place = Place(self)
        try:
            yield place
        finally:
            self.requests -= 1
            self._held -= place.bytes

    def take(self, size: int) -> None:
        """Hold so many bytes more.

        Raises:
            Refused: there is no room for them.
        """
        # A server whose --max-bytes is above all that it may hold still takes one such request.
        if self._held and self._held + size > max(self._limits.held, self._limits.bytes):
            raise Refused(429, "The server is busy: it holds too many large requests. Try again in a second.")
        self._held += size


class Place:
    """What one request holds: ``bytes`` of its body."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.bytes = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more.

        Raises:
            Refused: the server has no room for them.
        """
        self._room.take(size)
        self.bytes += size
