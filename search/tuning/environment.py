"""What a result depends on beside its configuration: versions and machine."""

from __future__ import annotations

import platform
import socket

import torch

import search


def environment(device: str) -> dict[str, str]:
    """Return what a result depends on beside its configuration.

    Args:
        device: the name of what it is trained on.
    """
    return {
        "winnow": search.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "system": platform.platform(),
        "host": socket.gethostname(),
        "device": device,
    }
