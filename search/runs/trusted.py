"""Reads what others leave in a folder that everybody may write to, such as /tmp: only this user's and root's."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_trusted(path: Path) -> str:
    """Return the text of a plain file of this user or of root.

    The file is opened first and then asked whose it is, so nobody can exchange it in between.

    Args:
        path: of the file.

    Raises:
        OSError: there is none, or it is a link, no plain file, or somebody else's.
        UnicodeDecodeError: it is no text.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in (os.getuid(), 0):
            raise PermissionError(f"{path}: a plain file of this user or of root is expected")
        return file.read()
