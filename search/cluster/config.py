"""What of a cluster file of Ray's (`cluster.yaml`) a laptop needs: its name, its provider, how one logs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.cluster.errors import ClusterError
from search.plan.cluster_yaml import load_cluster, section


@dataclass(frozen=True)
class ClusterFile:
    """A cluster file: where it is, the cluster's name, and its sections `provider` and `auth`, as written."""

    path: Path
    name: str
    provider: Mapping[str, Any]
    auth: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Whose machines these are: `aws`, `gcp`, …, or `local` for one's own."""
        return str(self.provider["type"])


def read_cluster(path: Path) -> ClusterFile:
    """Read a cluster file.

    Args:
        path: of the file.

    Raises:
        ClusterError: there is none, it is no YAML, or it lacks what a cluster file must have.
    """
    try:
        document = load_cluster(path)
    except OSError as error:
        raise ClusterError(f"{path}: a cluster file is expected, but {error.strerror or error}") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ClusterError(f"{path}: a cluster file in YAML is expected, but: {reason}") from error
    provider, auth = section(document, "provider"), section(document, "auth")
    missing = [
        key
        for key, found in (
            ("cluster_name", document.get("cluster_name")),
            ("provider.type", provider.get("type")),
            ("auth.ssh_user", auth.get("ssh_user")),
        )
        if not found
    ]
    if missing:
        raise ClusterError(
            f"{path}: a cluster file of Ray's is expected, but it lacks {', '.join(missing)}; "
            "docs/clusters.md shows whole ones"
        )
    return ClusterFile(path, str(document["cluster_name"]), provider, auth)
