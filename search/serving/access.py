"""Who may ask: on this machine anybody, for one of its own names; beyond it who knows the token."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from search.access import LONGEST, SHORTEST, AccessError, first_line, host_name, resolved, same

VARIABLE = "WINNOW_SERVE_TOKEN"

HERE = ("127.0.0.1", "localhost", "::1")
"""What a client on this machine calls it. Another name in the Host header is that of a page elsewhere, which had its
name point here (DNS rebinding)."""


@dataclass(frozen=True)
class Access:
    """Who may ask.

    ``address`` is the IP address that is listened on. ``hosts`` are the names that a request may be for, in lower case;
    none: any, since whoever knows the token may come in by any name. ``token`` is what a request must bring; empty:
    nothing. ``made`` says that it was made here, so that it must be told.
    """

    address: str
    hosts: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    made: bool = False

    def allows(self, host: str) -> bool:
        """Tell whether a request's Host header names this server, whatever its port."""
        return not self.hosts or host_name(host) in self.hosts

    def knows(self, authorization: str) -> bool:
        """Tell whether an Authorization header brings the token, in a time that says nothing about it."""
        scheme, _, word = authorization.partition(" ")
        return same(word.strip(), self.token) and scheme.lower() == "bearer"


def access_of(host: str, token_file: Path | None, environment: Mapping[str, str]) -> Access:
    """Return who may ask the server that a command line wants.

    Args:
        host: a name or an address of this machine.
        token_file: its first line is the token.
        environment: may hold the token, as `VARIABLE`.

    Raises:
        AccessError: the host is no address of a machine, or the token cannot be read or is no token.
    """
    address = resolved(host)
    token = _given(token_file, environment)
    if ipaddress.ip_address(address).is_loopback:
        return Access(address, tuple(dict.fromkeys((*HERE, address, host.lower()))), token)
    return Access(address, (), token or secrets.token_urlsafe(32), made=not token)


def _given(token_file: Path | None, environment: Mapping[str, str]) -> str:
    if token_file is None:
        where, token = f"${VARIABLE}", environment.get(VARIABLE, "")
        if not token:
            return ""
    else:
        where, token = f"--token-file {token_file}", first_line("--token-file", token_file).strip()
    if (
        not SHORTEST <= len(token) <= LONGEST
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise AccessError(
            f"{where}: {SHORTEST} to {LONGEST} letters, digits and signs without a space are expected, "
            f"but got {len(token)} characters"
        )
    return token
