"""A Ray that runs already, found without importing Ray: that takes a second, and `--help` should not pay for it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from search.runs.errors import PlaceError
from search.runs.trusted import read_trusted

CURRENT = Path("/tmp/ray/ray_current_cluster")
"""Where `ray start` leaves the address of the Ray that it started on this machine (Ray 2.60). Everybody may write
there: one that is neither this user's nor root's is not joined, since a Ray runs code here as it likes."""

PORT = 6379
"""Of a Ray's head, unless its `--port` says another."""

ANSWER = 3.0
"""Seconds in which an address must answer; Ray itself would try for a minute."""

SETTINGS = b"\x04"
"""The kind of the first frame that each side of HTTP/2 sends, its fourth byte (RFC 9113, section 3.4 and 6.5)."""

GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00" + SETTINGS + b"\x00" * 5
"""A client's first words (RFC 9113, section 3.4), with empty settings."""

ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(:(?P<port>[0-9]{1,5}))?")


def address_of(
    given: str | None, *, environment: Mapping[str, str] = os.environ, current: Path = CURRENT
) -> str | None:
    """Return the address of the Ray that a search joins; None: there is none, it starts its own.

    Args:
        given: on the command line; ``auto`` is whichever runs on this machine. None: the variable RAY_ADDRESS (a Ray
            job has it; ``local``, as for Ray itself: none), else what `ray start` runs on this machine.
        environment: where RAY_ADDRESS may be.
        current: where `ray start` leaves its address.

    Raises:
        PlaceError: the address is none, or nothing answers there.
    """
    asked = given or environment.get("RAY_ADDRESS", "")
    if asked == "local":
        return None
    if asked and asked != "auto" and (given or "://" not in asked):
        return _answering(asked, "--address" if given else "RAY_ADDRESS")
    found = _read(current)
    if found and _answers(found):
        return found
    if asked == "auto":
        raise PlaceError(
            "--address auto: no Ray of `ray start` runs on this machine for this user: start one, or give "
            "its address"
        )
    return None


def _answering(asked: str, name: str) -> str:
    """Return an address with its port, once it has answered."""
    match = ADDRESS.fullmatch(asked)
    port = int(match["port"] or PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise PlaceError(
            f"{name}: HOST:PORT of a Ray's head such as 10.0.0.1:{PORT} or auto is expected, but got {asked!r}; a "
            "cluster that is not this machine's is reached by --cluster"
        )
    address = f"{match['host']}:{port}"
    if not _answers(address):
        raise PlaceError(
            f"{name}: no Ray answers at {address}: is Ray's head up (`ray status`), and is that its --port?"
        )
    return address


def _read(path: Path) -> str:
    try:
        found = read_trusted(path).strip()
    except (OSError, ValueError):
        return ""
    return found if ADDRESS.fullmatch(found) else ""


def _answers(address: str) -> bool:
    """Tell whether a server of gRPC listens there, as Ray's head does: it greets by the settings of HTTP/2."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER) as connection:
            connection.sendall(GREETING)
            return connection.recv(4)[3:] == SETTINGS
    except (OSError, ValueError):
        return False
