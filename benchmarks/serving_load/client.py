"""Clients that each wait for an answer before they ask again, in one process that takes as little as it can.

    python -m benchmarks.serving_load.client URL IMAGE --clients 32 --seconds 5

Prints one JSON object: requests per second, and the latencies in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

BOUNDARY = b"winnow"


class Client(asyncio.Protocol):
    """Sends one request again and again over one connection, and keeps how long each answer took.

    Args:
        request: its bytes.
        until: no request is begun after it, on the clock of `time.perf_counter`.
    """

    def __init__(self, request: bytes, until: float) -> None:
        self.latencies: list[float] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request, self._until = request, until
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own has not that base class
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, also where the server has ended it."""
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the server has closed a connection"))

    def data_received(self, data: bytes) -> None:
        """Look whether the answer is whole, and send the next request."""
        self._seen += data
        head, complete, body = self._seen.partition(b"\r\n\r\n")
        if not complete or len(body) < length_of(head):
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.ended.set_exception(ConnectionError(self._seen[:500].decode()))
            return
        self._seen = b""
        now = time.perf_counter()
        self.latencies.append(now - self._began)
        if now < self._until:
            self._ask()
        else:
            self.ended.set_result(None)
            self._transport.close()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request)


def length_of(head: bytes) -> int:
    """Return how long the body of an answer is."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"no content-length in {head!r}")


def request_of(host: str, path: str, image: bytes) -> bytes:
    """Return a POST request with one file."""
    part = b'Content-Disposition: form-data; name="images"; filename="image.png"\r\nContent-Type: image/png\r\n\r\n'
    body = b"--" + BOUNDARY + b"\r\n" + part + image + b"\r\n--" + BOUNDARY + b"--\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def load(url: str, image: bytes, clients: int, seconds: float) -> dict[str, float]:
    """Ask for so many seconds with so many clients; return requests per second, p50 and p99 of the latency."""
    place = urlsplit(url)
    request = request_of(place.netloc, "/predict?top=1", image)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    address = place.hostname or "", place.port or 80
    made = [
        (await loop.create_connection(lambda: Client(request, began + seconds), *address))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(one.ended for one in made))
    taken = time.perf_counter() - began
    latencies = [latency for one in made for latency in one.latencies]
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else latencies * 99
    return {"rate": len(latencies) / taken, "p50": statistics.median(latencies), "p99": cuts[98]}


def main() -> None:
    """Parse, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("image", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    work = load(arguments.url, arguments.image.read_bytes(), arguments.clients, arguments.seconds)
    print(json.dumps(uvloop.run(work)))


if __name__ == "__main__":
    main()
