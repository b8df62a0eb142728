"""Storage that is gone for a while (a network file system, a database): told from what waiting does not mend."""

from __future__ import annotations

import errno
import os

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from search.runs.causes import causes

AWAY = frozenset(
    {
        *(
            errno.EIO,
            errno.EREMOTEIO,
            errno.ESTALE,
            errno.ENOTCONN,
            errno.ENODEV,
        ),  # a disk or a mount that is gone
        *(
            errno.ETIMEDOUT,
            errno.EHOSTDOWN,
            errno.EHOSTUNREACH,
            errno.ENETDOWN,
            errno.ENETUNREACH,
        ),  # its server
        *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE),
    }
)
"""What a file system or a socket says while its server is gone; a full disk and a lack of rights are not among it."""

NUMBERS = {os.strerror(number): number for number in AWAY}
"""The same by their words, in which a worker says them."""

FULL = ("disk is full", "No space left on device")
"""What SQLite and PostgreSQL say of a full disk, which is no outage."""


def is_away(error: BaseException, *, missing: bool = False) -> bool:
    """Tell whether an error says that a storage is out of reach for now.

    Args:
        error: with those behind it: Optuna hides a database's error behind its own.
        missing: whether the run's folder is not there: a share that was unmounted shows so.
    """
    return any(_away(each, missing=missing) for each in causes(error))


def reason(error: BaseException) -> str:
    """Return the first line of what says that a storage is out of reach."""
    found = next((each for each in causes(error) if _away(each, missing=True)), error)
    if isinstance(found, DBAPIError) and found.orig is not None:
        found = found.orig
    said = found.strerror if isinstance(found, OSError) and found.strerror else str(found)
    return next(iter(said.strip().splitlines()), type(found).__name__)


def _away(error: BaseException, *, missing: bool) -> bool:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return missing
    if isinstance(error, OSError):
        return error.errno in AWAY
    if isinstance(error, DBAPIError):
        full = any(words in str(error.orig) for words in FULL)
        return not full and isinstance(error, OperationalError | InterfaceError)
    return False
