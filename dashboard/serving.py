"""What happens when the server begins and when it ends, and what makes `streamlit run` as safe as our own command."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from streamlit import config
from streamlit.starlette import App

from dashboard.access import Access, access_of
from dashboard.arguments import parser
from dashboard.jobs import end_all
from dashboard.scratch import SCRATCH
from dashboard.settings import CHOSEN, settings
from search.access import AccessError


def access() -> Access:
    """Return who may open the dashboard, as the command line of this process says.

    Raises:
        AccessError: it asks for something that is not safe or not there.
    """
    return access_of(parser().parse_args(sys.argv[1:]))


def take_over() -> None:
    """Set what `streamlit run` may have been told otherwise, by flags, variables or files.

    Raises:
        SystemExit: it listens elsewhere than the arguments behind ``--`` say; nothing was served.
    """
    try:
        wanted = access()
    except AccessError as error:
        raise SystemExit(str(error)) from error
    found = config.get_option("server.address")
    if found != wanted.address:
        raise SystemExit(
            f"streamlit run would listen on {found or 'every address'}, but {wanted.address} is expected. Beyond this "
            "machine: python -m dashboard --host ADDRESS"
        )
    for name, value in settings(wanted, port=0).items():
        if name not in CHOSEN:
            config.set_option(name, value)


@asynccontextmanager
async def serving(app: App) -> AsyncGenerator[None, None]:
    """Say where the dashboard is once it listens; end at its end what it has begun and nobody else waits for."""
    link = access().link(config.get_option("server.port"))
    print(f"\n  Winnow's dashboard is here. Ctrl+C ends it.\n\n  URL: {link}\n", flush=True)  # noqa: T201  for the user
    # A token stays away from the command line of a browser, which everyone on this machine can read.
    if not parser().parse_args(sys.argv[1:]).no_browser and "token=" not in link and _has_display():
        webbrowser.open(link)
    try:
        yield
    finally:
        end_all()
        SCRATCH.end()


def _has_display() -> bool:
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
