"""What Ray remembers on this machine of the clusters that were launched from it; nobody is asked.

Ray 2.60 writes two things: with the provider `local`, the state of every machine, below Ray's temporary folder
(`ray/autoscaler/_private/local/config.py: get_state_path`); with any provider, the cluster file as it was completed
(with the key that Ray has made), below the system's (`ray/autoscaler/_private/commands.py: _bootstrap_config`).
Nothing is written when an AWS cluster goes down, so what is remembered must be asked for. Everybody may write to these
folders: only files of this user or of root count, and of the completed file's `auth` only the key that Ray has made.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search.cluster.config import ClusterFile
from search.runs.trusted import read_trusted


def remembered(file: ClusterFile) -> Mapping[str, Any] | None:
    """Return the cluster file as Ray completed it at its last launch from here; None: it is not up.

    Args:
        file: of the cluster.
    """
    if file.kind == "local":
        return _own_machines(file)
    return _completed(file)


def ray_folder() -> Path:
    """Return Ray's temporary folder on this machine, as Ray finds it."""
    return Path(os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or "/tmp") / "ray"


def _own_machines(file: ClusterFile) -> Mapping[str, Any] | None:
    """Return the file itself where the head of such a cluster is said to run."""
    state = _document(ray_folder() / f"cluster-{file.name}.state")
    head = state.get(str(file.provider.get("head_ip")))
    running = isinstance(head, dict) and head.get("state") == "running"
    return {"provider": file.provider, "auth": file.auth} if running else None


def _completed(file: ClusterFile) -> Mapping[str, Any] | None:
    """Return the newest completed file of this name, provider and region."""
    caches = Path(tempfile.gettempdir()).glob("ray-config-*")
    for cache in sorted(caches, key=_age, reverse=True):
        found = _document(cache).get("config")
        if isinstance(found, dict) and _same(found, file):
            return {"provider": found["provider"], "auth": _key_of(found.get("auth"))}
    return None


def _key_of(auth: Any) -> Mapping[str, Any]:
    """Return the key that Ray has made, of all that stands in a completed file about logging in."""
    key = auth.get("ssh_private_key") if isinstance(auth, dict) else None
    return {"ssh_private_key": key} if isinstance(key, str) else {}


def _same(found: Mapping[str, Any], file: ClusterFile) -> bool:
    provider = found.get("provider")
    if not isinstance(provider, dict):
        return False
    keys = ("type", "region", "project_id", "resource_group")
    same = all(provider.get(key) == file.provider.get(key) for key in keys)
    return same and found.get("cluster_name") == file.name


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone between the listing and now
        return 0.0


def _document(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(read_trusted(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
