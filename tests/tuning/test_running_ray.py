"""The Ray that a search joins is found at once, and a wrong address is one sentence within seconds."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.runs.errors import PlaceError
from search.tuning.running_ray import GREETING, address_of

NOWHERE = Path("/nonexistent")


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """Listen, and give each caller the same answer to his greeting."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                with caller:
                    if caller.recv(len(GREETING)):
                        caller.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


SETTINGS = bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])


def test_an_address_that_answers_is_taken_wherever_it_is_given(tmp_path: Path) -> None:
    with server(SETTINGS) as address:
        current = tmp_path / "ray_current_cluster"
        current.write_text(address)
        assert address_of(address, environment={}, current=NOWHERE) == address
        assert address_of(None, environment={"RAY_ADDRESS": address}, current=NOWHERE) == address
        assert address_of(None, environment={}, current=current) == address
        assert address_of("auto", environment={}, current=current) == address
        assert address_of("auto", environment={"RAY_ADDRESS": "9.9.9.9:1"}, current=current) == address


def test_what_ray_start_left_behind_counts_for_nothing_once_that_ray_is_gone(tmp_path: Path) -> None:
    with server(SETTINGS) as address:
        current = tmp_path / "ray_current_cluster"
        current.write_text(address)
    assert address_of(None, environment={}, current=current) is None


def test_a_ray_that_another_user_may_have_put_there_is_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(SETTINGS) as address:
        current, link = tmp_path / "ray_current_cluster", tmp_path / "link"
        current.write_text(address)
        link.symlink_to(current)
        assert address_of(None, environment={}, current=current) == address
        assert address_of(None, environment={}, current=link) is None
        monkeypatch.setattr(os, "getuid", lambda: 4711)
        if current.stat().st_uid == 0:  # root's own are always believed
            os.chown(current, 4712, -1)
        assert address_of(None, environment={}, current=current) is None


def test_an_address_for_rays_other_tools_is_no_place_for_a_search() -> None:
    assert address_of(None, environment={"RAY_ADDRESS": "http://127.0.0.1:8265"}, current=NOWHERE) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ray://head:10001", r"HOST:PORT of a Ray's head .* but got 'ray://head:10001'"),
        ("head:99999", "but got 'head:99999'"),
        ("a b", "but got 'a b'"),
        ("auto", "no Ray of `ray start` runs on this machine"),
        ("127.0.0.1:1", "no Ray answers at 127.0.0.1:1"),
    ],
)
def test_a_wrong_address_is_one_sentence(given: str, said: str) -> None:
    with pytest.raises(PlaceError, match=said):
        address_of(given, environment={}, current=NOWHERE)


def test_a_server_that_is_no_ray_is_told_from_one() -> None:
    with (
        server(b"HTTP/1.0 400 Bad request\r\n\r\n") as address,
        pytest.raises(PlaceError, match=f"no Ray answers at {address}"),
    ):
        address_of(address, environment={}, current=NOWHERE)
