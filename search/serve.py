"""`python -m search.serve`: answer to images over HTTP with an exported model."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from search.access import AccessError, listen, port
from search.console import print_json
from search.on_disk import folder_here
from search.plan.duration import parse_duration
from search.serving.access import Access, access_of
from search.training.errors import TrainingError
from search.verb import DONE, UserError, Verb, add_json, add_plugins, add_temperature, main_of, positive
from search.winner.bundle import Bundle, BundleError
from search.winner.description import Description
from search.winner.trust import refuse_untrusted

if TYPE_CHECKING:  # torch is behind it: seconds that --help should not take
    from search.serving.server import Serving

EXAMPLE = """\
example:
  python -m search.serve runs/digits/winner/trial-7
  curl -F images=@seven.png http://127.0.0.1:8000/predict
  python -m search.serve model --host 0.0.0.0 --replicas 4 --token-file ~/.winnow-token

Beyond this machine a token is asked for: that of --token-file or of the variable WINNOW_SERVE_TOKEN, else one that is
made and printed once. What is sent is not encrypted; put a server that speaks HTTPS before it. Ctrl+C ends it.
"""

EXTRA = ("fastapi", "python_multipart", "prometheus_client", "uvicorn", "httptools")
"""What the extra `serve` brings."""

UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.serve",
        allow_abbrev=False,  # `--token WORD` must not pass for `--token-file`
        description="Serve an exported model: /predict, /explain, /model, /health, /metrics, /openapi.json.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "bundle", type=folder_here, metavar="BUNDLE", help="the folder that search.export wrote"
    )
    made.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (127.0.0.1)")
    made.add_argument("--port", type=port, default=8000, metavar="N", help="to listen on; 0: any (8000)")
    made.add_argument(
        "--replicas", type=positive, default=1, metavar="N", help="processes that share the cores (1)"
    )
    made.add_argument(
        "--max-batch", type=positive, default=32, metavar="N", help="images that go through together (32)"
    )
    made.add_argument(
        "--batch-wait", type=wait, default=0.005, metavar="T", help="that a batch waits for more (5ms)"
    )
    made.add_argument(
        "--token-file", type=Path, metavar="FILE", help="its first line is the token that is asked for"
    )
    made.add_argument("--max-bytes", type=size, default=10_000_000, metavar="N", help="of a request (10MB)")
    made.add_argument(
        "--max-pixels", type=positive, default=25_000_000, metavar="N", help="of an image (25000000)"
    )
    made.add_argument("--max-images", type=positive, default=32, metavar="N", help="of a request (32)")
    made.add_argument("--timeout", type=duration, default=30.0, metavar="T", help="of a request (30s)")
    add_temperature(made)
    add_plugins(made)
    add_json(made)
    return made


def size(text: str) -> int:
    """Read a number of bytes, such as `10MB`."""
    match = re.fullmatch(r"([0-9]{1,12}) ?(|B|kB|MB|GB)", text)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"bytes such as 500kB or 10MB are expected, but got {text!r}")
    return int(match[1]) * UNITS[match[2]]


def wait(text: str) -> float:
    """Read a short time in seconds: `5ms`, `0`, or as `duration`."""
    if text == "0":
        return 0.0
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)ms", text)
    seconds = float(match[1]) / 1000 if match else duration(text)
    if seconds > 1:
        raise argparse.ArgumentTypeError(f"a time of at most 1 s, such as 5ms, is expected, but got {text!r}")
    return seconds


def duration(text: str) -> float:
    """Read a time in seconds, such as `30s`."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if lacking := [name for name in EXTRA if find_spec(name) is None]:
        raise UserError(
            f"{lacking[0]} is not installed; pip install 'winnow-search[serve]' brings what serving needs"
        )
    try:
        access = access_of(arguments.host, arguments.token_file, os.environ)
        config = Bundle(arguments.bundle).config
        for member in Description.read(config).members:
            refuse_untrusted(member.config, config, plugins=arguments.plugins)
        with listen(access.address, arguments.port, waiting=1) as listening:
            _serve(arguments, access, listening)
    except (AccessError, BundleError) as error:
        raise UserError(str(error)) from error
    return DONE


def _serve(arguments: argparse.Namespace, access: Access, listening: socket.socket) -> None:
    _tell_start(arguments)
    # Ray looks at it when it is imported: its node, and so all of its ports, are on loopback.
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    # Late: torch and Ray are behind them.
    from search.serving.limits import Limits  # noqa: PLC0415
    from search.serving.server import Settings, serve  # noqa: PLC0415
    from search.serving.service import Batching  # noqa: PLC0415

    settings = Settings(
        arguments.bundle,
        access,
        arguments.replicas,
        Batching(arguments.max_batch, arguments.batch_wait, 2 * arguments.replicas),
        Limits(
            bytes=arguments.max_bytes,
            images=arguments.max_images,
            pixels=arguments.max_pixels,
            seconds=arguments.timeout,
        ),
        arguments.temperature,
    )
    try:
        serve(settings, listening, lambda found: _tell(found, access, arguments))
    except TrainingError as error:
        raise UserError(str(error)) from error


def _tell_start(arguments: argparse.Namespace) -> None:
    if arguments.json:
        print_json(event="progress", text="starting the model's processes", done=0, total=1)
    else:
        print("Starting the model's processes …", flush=True)


def _tell(found: Serving, access: Access, arguments: argparse.Namespace) -> None:
    if arguments.json:
        made = {"token": access.token} if access.made else {}
        print_json(event="serving", url=found.url, engine=found.engine, replicas=arguments.replicas, **made)
        return
    token = f"  token:  {access.token}\n" if access.made else ""
    header = " -H 'Authorization: Bearer TOKEN'" if access.token else ""
    print(
        f"\n  {arguments.bundle} is served by {found.engine}. Ctrl+C ends it.\n\n"
        f"  URL:    {found.url}\n{token}"
        f"  try:    curl{header} -F images=@IMAGE {found.url}/predict\n",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, serve, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
