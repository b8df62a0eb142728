"""Stands for EC2's instance metadata service (IMDSv2) on a machine: it says when a spot machine is taken back.

`python -m tests.cluster.notice_server FILE`: the notice stands in the file; while there is none, there is no file.
Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ADDRESS = "169.254.169.254"
ACTION = "/latest/meta-data/spot/instance-action"
TOKEN = "a-session"


class Metadata(BaseHTTPRequestHandler):
    """Answers by session only, as with `HttpTokens: required`."""

    notice: Path

    def do_PUT(self) -> None:
        """Begin a session."""
        lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self._answer(200 if lifetime and self.path == "/latest/api/token" else 400, TOKEN)

    def do_GET(self) -> None:
        """Tell the notice."""
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        elif self.path == ACTION and self.notice.exists():
            self._answer(200, self.notice.read_text(encoding="utf-8"))
        else:
            self._answer(404, "")

    def _answer(self, code: int, text: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    Metadata.notice = Path(sys.argv[1])
    ThreadingHTTPServer((ADDRESS, 80), Metadata).serve_forever()
