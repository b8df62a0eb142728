"""Ray on this machine: started silently, and gone without a trace, also when its driver was killed.

Ray's services die with the process that started them (`PR_SET_PDEATHSIG`) and its workers with the services. Two
agents do not (Ray 2.60: they still try for a minute to reach the dead services), and the folder stays. So each Ray
lives in a folder whose owner holds a lock that the kernel frees; the next start ends and removes what has no owner.

Its services listen on every address of the machine, whatever they are told (Ray 2.60), and run code for whoever knows
their token: a random one, in the environment of this process and its children alone.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import ray
from ray._private.authentication import authentication_token_setup

from search.tuning.owned_folder import owned_folder, sweep
from search.tuning.resources import Allocation

OBJECT_STORE = 80 * 2**20
"""Bytes of Ray's object store: only configurations and reports travel through it (its least is 75 MiB)."""

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the workers write their own event files
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # nothing is ever restored from Ray's snapshots
    "TUNE_WARN_THRESHOLD_S": "60",
}


@contextlib.contextmanager
def local_ray(allocation: Allocation) -> Iterator[Path]:
    """Start Ray for this process, silent and without a dashboard, and leave nothing behind.

    Yields:
        A temporary folder on this machine, gone afterwards.
    """
    os.environ.update(QUIET)
    _ask_for_a_token()
    sweep()
    with owned_folder() as folder:
        try:
            with sigterm_kept():
                ray.init(
                    num_cpus=math.ceil(allocation.cpus * allocation.workers),
                    num_gpus=allocation.whole_gpus,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    object_store_memory=OBJECT_STORE,
                    _temp_dir=str(folder),
                )
            silence()
            yield folder
        finally:
            ray.shutdown()


def _ask_for_a_token() -> None:
    """Let Ray serve nobody who does not know a random token (https://docs.ray.io/en/latest/ray-security/token-auth.html).

    Without one in the environment Ray 2.60 makes one itself and keeps it in a file that all users of the machine may
    read.
    """
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # The variable alone is not seen by a Ray that is imported already, and whoever set it to `disabled` meant another.
    authentication_token_setup._enable_token_auth()
    # It may have read another one for an earlier Ray, which its services would not know.
    ray._raylet.AuthenticationTokenLoader.instance().reset_cache()


def silence() -> None:
    """Keep Ray off the terminal: the death of a worker, which the record names, takes it a page on each stream."""
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    # The one switch of what Ray prints, not logs, on standard output, where JSON lines must stay alone (2.60).
    ray._private.worker._worker_logs_enabled = False


@contextlib.contextmanager
def sigterm_kept() -> Iterator[None]:
    """Keep what SIGTERM does: Ray's start puts a handler there that aborts the process (2.60)."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread() and before is not None:
        signal.signal(signal.SIGTERM, before)
