"""Who may open the dashboard: the address that it listens on, the names that it answers to, the password.

On this machine alone nobody is asked. Beyond it a password is: one that was given, else a token, made at random once
in a process and printed once in the address.
"""

from __future__ import annotations

import argparse
import functools
import ipaddress
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from search.access import LONGEST, SHORTEST, AccessError, first_line, host_name, resolved, same

LOOPBACK = "127.0.0.1"
HERE = (LOOPBACK, "localhost")
"""What a browser on this machine calls us; any other Host is a page elsewhere that had its name point here."""

VARIABLE = "WINNOW_DASHBOARD_PASSWORD"


@dataclass(frozen=True)
class Access:
    """Who may open the dashboard.

    ``address`` is the IP address that is listened on, ``hosts`` are the names and addresses that a request may be for,
    in lower case. ``secret`` is what a visitor must know; empty: nobody is asked.
    """

    address: str
    hosts: tuple[str, ...]
    secret: str = field(default="", repr=False)
    kind: Literal["open", "token", "password"] = "open"

    def knows(self, word: str) -> bool:
        """Tell whether a visitor's word is the secret, in a time that says nothing about it."""
        return bool(self.secret) and same(word, self.secret)

    def allows(self, host: str) -> bool:
        """Tell whether a request's Host header names this dashboard, whatever its port."""
        return host_name(host) in self.hosts

    def link(self, port: int) -> str:
        """Return the address to open in a browser; with the token where there is one."""
        host = self.hosts[0]
        link = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        return f"{link}/?token={self.secret}" if self.kind == "token" else link


def access_of(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Access:
    """Return who may open the dashboard that a command line asks for.

    Args:
        arguments: of `dashboard.arguments.parser`: host, allow_host, password_file.
        environment: may hold the password.

    Raises:
        AccessError: the host is no address of a machine, or the password cannot be read or is too short.
    """
    address = resolved(arguments.host)
    local = ipaddress.ip_address(address).is_loopback
    hosts = [
        arguments.host,
        *(names_of(address) if not local else ()),
        *(HERE if local else ()),
        *arguments.allow_host,
    ]
    password = _password(arguments.password_file, environment)
    if address == LOOPBACK:  # "localhost" is printed as the address that it is
        hosts.insert(0, address)
    known = tuple(dict.fromkeys(host.lower().rstrip(".") for host in hosts if host not in ("0.0.0.0", "::")))
    if password:
        return Access(address, known, password, "password")
    return Access(address, known) if local else Access(address, known, own_token(), "token")


@functools.cache
def own_token() -> str:
    """Return this process's token: 256 random bits."""
    return secrets.token_urlsafe(32)


def names_of(address: str) -> Iterator[str]:
    """Yield what this machine is called where it listens on an address: its names, and its addresses for a wildcard."""
    yield socket.gethostname()
    yield socket.getfqdn()
    if ipaddress.ip_address(address).is_unspecified:
        yield from HERE
        with suppress(OSError):
            for *_, place in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
                yield str(place[0])
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as routed:
            routed.connect(("192.0.2.1", 9))  # sends nothing: a datagram socket only looks up the route
            yield str(routed.getsockname()[0])


def _password(file: Path | None, environment: Mapping[str, str]) -> str:
    if file is None:
        where, text = f"${VARIABLE}", environment.get(VARIABLE, "")
        if not text:
            return ""
    else:
        where, text = f"--password-file {file}", first_line("--password-file", file)
    if not SHORTEST <= len(text) <= LONGEST:
        raise AccessError(
            f"{where}: a password of {SHORTEST} to {LONGEST} characters is expected, but got {len(text)}"
        )
    return text
