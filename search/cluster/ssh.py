"""How one logs in to the head of a cluster: the command lines of OpenSSH and rsync.

The options are Ray's own (`ray/autoscaler/_private/command_runner.py: SSHOptions`): the address of a head is given to
another machine tomorrow, so its host key is not remembered. Nothing asks for a password: what cannot log in by key,
cannot log in.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 10.0
"""Seconds to wait for a connection."""


@dataclass(frozen=True)
class Login:
    """Who logs in where: ``key`` is the file of a private key (None: what `ssh` finds), ``proxy`` a ProxyCommand."""

    host: str
    user: str
    key: Path | None = None
    proxy: str | None = None

    @property
    def place(self) -> str:
        """`user@host`."""
        return f"{self.user}@{self.host}"


def login_of(host: str, auth: Mapping[str, Any]) -> Login:
    """Return how to log in.

    Args:
        host: address of the head.
        auth: that section of the cluster file.
    """
    key, proxy = auth.get("ssh_private_key"), auth.get("ssh_proxy_command")
    return Login(
        host,
        str(auth["ssh_user"]),
        Path(key).expanduser() if key else None,
        str(proxy) if proxy else None,
    )


def ssh_words(login: Login, *, control: Path | None = None, patience: float = PATIENCE) -> list[str]:
    """Return the beginning of a command line, without the host.

    Args:
        login: who and where.
        control: the socket of a connection that is shared.
        patience: seconds to wait for a connection.
    """
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": os.devnull,
        "LogLevel": "ERROR",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
        "ConnectTimeout": f"{patience:.0f}",
        **({"IdentitiesOnly": "yes"} if login.key else {}),
        **({"ProxyCommand": login.proxy} if login.proxy else {}),
        **({"ControlPath": str(control)} if control else {}),
    }
    key = ["-i", str(login.key)] if login.key else []
    return ["ssh", *key, *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def rsync_words(login: Login, *, control: Path | None = None) -> list[str]:
    """Return the beginning of a command line of rsync that keeps modes, times and links, over such a connection."""
    return ["rsync", "--archive", "--rsh", shlex.join(ssh_words(login, control=control))]


def why(stderr: str) -> str:
    """Return what `ssh` or `rsync` complained of, in a line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[0] if lines else "it does not answer"
