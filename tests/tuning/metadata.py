"""What an instance of AWS answers about itself, as a real server: tokens, and a notice once a test gives it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Metadata(ThreadingHTTPServer):
    """A server on a free port of this machine; ``action`` is what it says of the spot instance, None: nothing.

    So many first questions as ``deaf`` says get no token.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.action: dict[str, str] | None = None
        self.deaf = 0
        self.tokens = 0
        self.asked = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Metadata

    def do_PUT(self) -> None:
        if self.server.deaf:
            self.server.deaf -= 1
            self._answer(503, "")
            return
        right = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.server.tokens += 1
        self._answer(200 if right else 400, f"token-{self.server.tokens}")

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.headers["X-aws-ec2-metadata-token"] != f"token-{self.server.tokens}":
            self._answer(401, "")
        elif self.path != "/latest/meta-data/spot/instance-action" or self.server.action is None:
            self._answer(404, "")
        else:
            self._answer(200, json.dumps(self.server.action))

    def _answer(self, code: int, text: str) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def metadata() -> Iterator[Metadata]:
    """Run a server."""
    server = Metadata()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
