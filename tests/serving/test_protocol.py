from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from search.serving import protocol

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def connection(messages: bytes = b"", app: Any = None) -> Iterator[socket.socket]:
    """Yield a connection to a server with this protocol, of an application or of one that says `in`."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            app or PlainTextResponse("in"), http=protocol.Protocol, lifespan="off", log_config=None, ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=30) as client:
                client.sendall(messages)
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", GET, GET + b"\r\n" + GET])
def test_who_does_not_end_his_headers_is_left(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    with connection(begun) as client:
        assert ended(client)


def test_endless_headers_are_cut_off() -> None:
    with connection(GET) as client:
        with pytest.raises(OSError):  # noqa: PT011 (a broken pipe, or a reset connection)
            send_headers(client, 10_000)
        assert ended(client)


def test_requests_one_after_the_other_are_answered_on_one_connection() -> None:
    with connection() as client:
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            assert answer(client).startswith(b"HTTP/1.1 200")


def send_headers(client: socket.socket, count: int) -> None:
    for _ in range(count):
        client.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def ended(client: socket.socket) -> bool:
    """Return whether the server ends a connection; whatever it has answered before is read."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def answer(client: socket.socket) -> bytes:
    """Return what the server answers to `GET`, up to its last word; its parts may arrive one by one."""
    read = b""
    while not read.endswith(b"in"):
        part = client.recv(65536)
        assert part, f"the connection ended after {read!r}"
        read += part
    return read


def test_too_many_connections_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CONNECTIONS", 2)
    with connection() as first:
        address: Any = first.getpeername()
        with socket.create_connection(address, timeout=30) as second:
            second.sendall(GET + b"\r\n")
            assert answer(second).startswith(b"HTTP/1.1 200")
            with socket.create_connection(address, timeout=30) as third:
                assert ended(third)
            first.sendall(GET + b"\r\n")
            assert answer(first).startswith(b"HTTP/1.1 200")
