"""What every server of ours asks of who wants in: its address and port, Host headers, secrets."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import socket
from pathlib import Path
from urllib.parse import urlsplit

SHORTEST, LONGEST = 8, 1024
"""Characters of a secret; 8 is the least of NIST SP 800-63B, section 5.1.1.1."""


class AccessError(ValueError):
    """The command line asks for something that is not safe or not there; the message says what."""


def port(text: str) -> int:
    """Read the port of a command line.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port from 0 to 65535 is expected, but got {text!r}")
    return int(text)


def resolved(host: str) -> str:
    """Return the IP address of a host.

    Raises:
        AccessError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AccessError(
            f"--host {host}: an address of this machine is expected, such as 0.0.0.0"
        ) from error
    return str(found[0][4][0])


def listen(address: str, port: int, *, waiting: int = 128) -> socket.socket:
    """Take a port.

    Args:
        address: an IP address of this machine.
        port: 0 takes any that is free.
        waiting: how many may wait to be let in.

    Raises:
        AccessError: another process has it, or the address is another machine's.
    """
    taken = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if taken.family == socket.AF_INET6:  # `::` is every address, also of IPv4
        taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        taken.bind((address, port))
        taken.listen(waiting)  # of two that bind one port with SO_REUSEADDR the second fails only here
    except OSError as error:
        taken.close()
        free = "--port 0 takes any that is free"
        raise AccessError(f"--port {port}: {address} does not give it ({error.strerror}); {free}") from error
    return taken


def host_name(header: str) -> str:
    """Return the name in a Host header without its port, in lower case; empty where it is none."""
    if header.startswith("["):
        name, bracket, rest = header[1:].partition("]")
        return name.lower() if bracket and (not rest or rest.startswith(":")) else ""
    return header.partition(":")[0].lower().rstrip(".")


def origin_place(header: str) -> str:
    """Return host and port in an Origin header, in lower case; empty where it is none."""
    try:
        return urlsplit(header).netloc.lower()
    except ValueError:
        return ""


def same(word: str, secret: str) -> bool:
    """Tell whether a word is the secret, in a time that says nothing about it."""
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (word, secret))
    return hmac.compare_digest(*digests)


def first_line(option: str, file: Path) -> str:
    """Return the first line of a file that an option names, without its end.

    Raises:
        AccessError: it cannot be read.
    """
    try:
        with file.expanduser().open(encoding="utf-8") as stream:
            return stream.readline(LONGEST + 2).rstrip("\r\n")
    except (OSError, ValueError, RuntimeError) as error:  # the last two: no text in UTF-8, no such home
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AccessError(f"{option} {file}: {reason}") from error
