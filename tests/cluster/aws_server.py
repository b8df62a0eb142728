"""Stands for AWS on a host of its own: moto's server; it writes where each machine stands into a shared file.

`python -m tests.cluster.aws_server FILE`: the file maps each machine's address to its state, as EC2 names it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
PORT = 5000


def states() -> dict[str, str]:
    """Return the state of the newest machine at each address."""
    machines = ec2_backends[DEFAULT_ACCOUNT_ID][REGION].all_instances()
    return {machine.private_ip: machine.state for machine in machines}


def main(path: Path) -> None:
    """Serve until killed."""
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=PORT, verbose=False)
    server.start()
    written = None
    while True:
        if (found := states()) != written:
            part = path.with_suffix(".part")
            part.write_text(json.dumps(found), encoding="utf-8")
            part.rename(path)
            written = found
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
