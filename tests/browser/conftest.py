"""A real browser (Debian's Chromium by Playwright) in front of a real dashboard, and a real search beneath it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright import sync_api

sync_api.expect.set_options(timeout=120_000)  # milliseconds, as for everything else here: machines are busy


@pytest.fixture
def page(chromium: sync_api.Browser) -> Iterator[sync_api.Page]:
    """Give an empty page; whatever it asks of another host, or says of an error, fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(120_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(f"error in the page: {error}"))
    opened.on("request", lambda request: wrong.extend(_elsewhere(request.url)))
    yield opened
    context.close()
    assert wrong == []


def _elsewhere(url: str) -> list[str]:
    here = re.match(r"(https?|wss?)://127\.0\.0\.1:\d+/|(data|blob|about):", url)
    return [] if here else [f"a request to another host: {url}"]


@contextmanager
def serving(runs: Path) -> Iterator[str]:
    """Serve a folder of runs; give the address. The server must end by itself when told to."""
    command = [sys.executable, "-m", "dashboard", "--port", "0", "--no-browser", "--runs-dir", str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            assert server.stdout is not None
            yield next(
                found[0] for line in server.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.communicate(timeout=30)
            finally:
                server.kill()


@contextmanager
def searching(runs: Path, name: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """Run a real search in the background, with one worker; it is stopped, with all its processes, at the end."""
    command = [
        sys.executable,
        "-m",
        "search.run",
        "--space",
        "digits.yaml",
        "--runs-dir",
        str(runs),
        "--name",
        name,
    ]
    with subprocess.Popen(
        [*command, "--concurrency", "1", "--local", "--json", *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as search:
        try:
            yield search
        finally:
            search.send_signal(signal.SIGINT)
            try:
                search.wait(90)
            finally:
                search.kill()


def drawn(page: sync_api.Page) -> None:
    """Wait until the page is drawn; an exception of ours on it fails the test."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    sync_api.expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)
    sync_api.expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def answers(root: Path) -> list[dict[str, object]]:
    """Return what the driver of a run has answered."""
    return [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (root / "requests" / "answered").glob("*.json")
    ]
