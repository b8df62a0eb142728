"""The server of `python -m dashboard`: Streamlit's application in uvicorn.

Not by Streamlit's own ``App.run``: that looks at its settings' files five times a second, from four threads, which
took 0.005 CPU s per second for changes that we let weaken nothing.
"""

from __future__ import annotations

import socket
from contextlib import suppress

import uvicorn
from streamlit import config

from dashboard.access import Access
from dashboard.settings import settings

LARGEST = 4 << 20
"""Bytes of one message from a browser; ours are choices of a visitor."""


def serve(listening: socket.socket, access: Access) -> bool:
    """Serve until interrupted; return whether it could begin.

    Args:
        listening: bound, to the address of ``access``.
        access: who may open the dashboard.
    """
    for name, value in settings(access, port=listening.getsockname()[1]).items():
        config.set_option(name, value)
    # It reads the settings as it is imported.
    from dashboard.app import app  # noqa: PLC0415

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            lifespan="on",  # what fails in it ends the server, and says so
            ws_max_size=LARGEST,
            # It took a tenth of what an open page costs, to save bytes on a loopback.
            ws_per_message_deflate=False,
        )
    )
    # Ctrl+C is how a server is meant to end; a failed start ends in an exit of uvicorn's own.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run(sockets=[listening])
    return server.started
