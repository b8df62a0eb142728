"""The vocabulary of EC2 as boto3 describes it: regions, and what a machine's configuration may say.

boto3 is an extra (`winnow-search[cluster]`); its description of EC2 takes half a second to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from search.cluster.places import Path, mistake_at, value_at
from search.cluster.schema import WORDS
from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown

RAYS_OWN = ("SubnetIds",)
"""A key of `node_config` that Ray itself takes: it chooses one of them for each machine."""

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


@cache
def _session() -> Any:
    # Late: botocore takes a third of a second, and who has no cluster on AWS need not have it.
    from botocore.session import get_session  # type: ignore[import-untyped] # noqa: PLC0415

    return get_session()


@cache
def regions() -> tuple[str, ...]:
    """Return the names of all regions, those of China and of the US government among them."""
    session = _session()
    partitions = session.get_available_partitions()
    return tuple(name for each in partitions for name in session.get_available_regions("ec2", each))


@cache
def run_instances() -> Any:
    """Return the shape of what RunInstances takes, which is what Ray makes of a `node_config`."""
    return _session().get_service_model("ec2").operation_model("RunInstances").input_shape


def shape_mistakes(document: Node, path: Path, shape: Any) -> Iterator[Mistake]:
    """Yield what a piece of a document says and a shape of the API does not know.

    Args:
        document: the cluster file.
        path: where the piece stands.
        shape: botocore's description of it.
    """
    value = value_at(document, *path)
    if shape.type_name == "structure" and isinstance(value, dict):
        yield from _structure(document, path, shape)
    elif shape.type_name == "list" and isinstance(value, list):
        for position in range(len(value)):
            yield from shape_mistakes(document, (*path, position), shape.member)
    elif shape.type_name in SCALARS:
        yield from _scalar(document, path, shape, value)
    elif shape.type_name in ("structure", "list"):
        word = WORDS["object" if shape.type_name == "structure" else "array"]
        yield mistake_at(document, path, shown(value), word)


def _structure(document: Node, path: Path, shape: Any) -> Iterator[Mistake]:
    own = RAYS_OWN if shape is run_instances() else ()
    for key in value_at(document, *path):
        if key in shape.members:
            yield from shape_mistakes(document, (*path, key), shape.members[key])
        elif key not in own:
            expected = _one_of(shape.members, "one that EC2's RunInstances knows")
            yield mistake_at(document, (*path, key), "an unknown key", expected, nearest(key, shape.members))


def _scalar(document: Node, path: Path, shape: Any, value: object) -> Iterator[Mistake]:
    types = SCALARS[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        word = {str: "text", bool: "true or false", int: "a whole number"}[types[0]]
        yield mistake_at(document, path, shown(value), word)
    elif (allowed := getattr(shape, "enum", None)) and value not in allowed:
        expected = _one_of(allowed, f"a known {shape.name}")
        yield mistake_at(document, path, shown(value), expected, nearest(value, allowed))


def _one_of(words: Iterable[str], many: str) -> str:
    """Return the list of words, or, where it is long, what stands for it."""
    listed = list(words)
    return f"one of {', '.join(listed)}" if len(listed) <= 12 else many
