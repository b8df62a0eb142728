"""Whether this machine was told that it will soon be gone: a spot instance that its cloud takes back.

Two minutes before, AWS says so at an address that only the instance itself sees (Amazon EC2 user guide, "Spot Instance
interruption notices"; tokens: "Use the Instance Metadata Service", version 2). Elsewhere nobody answers there.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import threading
import urllib.error
import urllib.request

METADATA = "http://169.254.169.254"
"""Where an instance of AWS asks about itself."""

VARIABLE = "WINNOW_METADATA_URL"
"""The environment variable that names another address, say of a test."""

EVERY = 5.0
"""Seconds between two questions, as AWS recommends; of the two minutes that remain, at most so much is lost."""

SOON = 60.0
"""Seconds: an epoch that ends sooner, by its own pace, is let end, a longer one is cut. So the other minute of the two
is left for an epoch that slows down at its end, for the checkpoint and its way to the run's folder."""

ANSWER = 1.0
"""Seconds that an answer may take: it comes from the same machine."""

TOKEN_SECONDS = 21_600
"""How long a token is good, the longest that AWS gives."""

TRIES = 5
"""Questions for the first token until it is believed that nobody answers: a machine that has just begun is slow."""

NO_ANSWER = (OSError, ValueError, LookupError, TypeError, http.client.HTTPException)
"""What becomes of a question that nobody answers, or with something else than AWS would say."""

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Never through a proxy: the address means this machine."""


class Notice:
    """What this machine was told, asked for in a thread that ends where nobody answers.

    ``reason`` says why the machine will be gone; empty while it stays.

    Args:
        url: of the metadata; None: that of AWS, or of the environment.
        every: seconds between two questions.
    """

    def __init__(self, url: str | None = None, *, every: float = EVERY) -> None:
        self.reason = ""
        self._url = url or os.environ.get(VARIABLE, METADATA)
        self._every = every
        self._token = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="notice", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()
        self._thread.join(2 * ANSWER)

    def _watch(self) -> None:
        if not self._greeted():
            return  # this is no instance of AWS
        while not self.reason:
            # Somebody answered once: a silence now is a passing one.
            with contextlib.suppress(*NO_ANSWER):
                self.reason = self._ask()
            if self._ended.wait(self._every):
                return

    def _greeted(self) -> bool:
        """Get the first token; tell whether there was one."""
        for _ in range(TRIES):
            with contextlib.suppress(*NO_ANSWER):
                self._renew()
                return True
            if self._ended.wait(self._every):
                return False
        return False

    def _renew(self) -> None:
        header = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
        request = urllib.request.Request(f"{self._url}/latest/api/token", method="PUT", headers=header)
        with DIRECT.open(request, timeout=ANSWER) as answer:
            self._token = answer.read(1000).decode("ascii")

    def _ask(self) -> str:
        header = {"X-aws-ec2-metadata-token": self._token}
        request = urllib.request.Request(f"{self._url}/latest/meta-data/spot/instance-action", headers=header)
        try:
            with DIRECT.open(request, timeout=ANSWER) as answer:
                return _sentence(answer.read(1000).decode("utf-8"))
        except urllib.error.HTTPError as error:
            if error.code == 401:  # the token is too old
                self._renew()
            return ""  # 404: nothing is planned


def _sentence(text: str) -> str:
    """Return what a notice says: ``{"action": "terminate", "time": "2026-11-22T08:22:00Z"}``."""
    said = json.loads(text)
    return f"the cloud takes this machine back ({said['action']}) at {said['time']}"
