"""What a cluster file of Ray's (`cluster.yaml`) says, as it is written; `search.cluster.validate` judges it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

DEFAULT = Path("cluster.yaml")
"""The file that a bare command looks for, in the working directory: what `ray up cluster.yaml` was given."""


def load_cluster(path: Path) -> Mapping[str, Any]:
    """Return what a cluster file says; nothing where it says something else than keys and values.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no YAML; the message says where.
    """
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(str(error)) from error
    return document if isinstance(document, dict) else {}


def section(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a section of a cluster file; empty where it has none of that name."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def node_types(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of each node type, by its name."""
    return section(document, "available_node_types")
