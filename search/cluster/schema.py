"""Ray's own schema of a cluster file, which ships with Ray (`ray/autoscaler/ray-schema.json`); every mistake, not one.

Only that file is read: Ray is not imported, which would take a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError  # type: ignore[import-untyped]

from search.cluster.places import mistake_at
from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown

WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}

LOCAL_KEYS = ("min_workers",)
"""Taken out of a file with provider `local` before Ray looks at its schema (`prepare_local`)."""

OBSOLETE = {
    "head_node": "available_node_types and head_node_type",
    "worker_nodes": "available_node_types",
    "initial_workers": "min_workers",
    "target_utilization_fraction": "upscaling_speed",
    "autoscaling_mode": "upscaling_speed",
}
"""What older releases of Ray took, and what took its place."""


def schema_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield what Ray's schema does not allow."""
    plain = document.plain()
    if not isinstance(plain, dict):
        yield document.mistake("", shown(plain), "a mapping with cluster_name and provider")
        return
    local = isinstance(plain.get("provider"), dict) and plain["provider"].get("type") == "local"
    checked = {key: value for key, value in plain.items() if not (local and key in LOCAL_KEYS)}
    for error in Draft7Validator(ray_schema()).iter_errors(checked):
        yield from _mistakes(document, error)


@cache
def ray_schema() -> dict[str, Any]:
    """Return the schema of the Ray that is installed."""
    spec = find_spec("ray")
    assert spec is not None, "Ray is a dependency of Winnow"
    assert spec.submodule_search_locations, "Ray is a package"
    path = Path(spec.submodule_search_locations[0]) / "autoscaler/ray-schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _mistakes(document: Node, error: ValidationError) -> Iterator[Mistake]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for key in error.instance.keys() - known.keys():
            yield unknown_key(document, (*path, key), known)
    elif error.validator == "required":
        for key in sorted(set(error.validator_value) - error.instance.keys()):
            yield mistake_at(document, (*path, key), "nothing", f"the key {key}")
    elif error.validator == "type":
        yield mistake_at(document, path, shown(error.instance), WORDS[error.validator_value])
    elif error.validator == "minimum":
        yield mistake_at(document, path, shown(error.instance), f"{error.validator_value} or more")
    else:
        yield mistake_at(document, path, shown(error.instance), error.message)


def unknown_key(document: Node, path: tuple[str | int, ...], known: Any) -> Mistake:
    """Return the mistake of a key that is none of the known ones."""
    key = str(path[-1])
    hint = f"{OBSOLETE[key]} took its place" if key in OBSOLETE else nearest(key, known)
    return mistake_at(document, path, "an unknown key", "one of " + ", ".join(sorted(known)), hint)
