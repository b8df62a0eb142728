"""What Ray misses in a cluster file for AWS: regions, instance types, words of the EC2 API, an open firewall.

The words come with boto3: its description of EC2's RunInstances, to which Ray hands each `node_config` over.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from search.cluster.ec2_words import regions, run_instances, shape_mistakes
from search.cluster.places import mapping_at, mistake_at, texts, value_at
from search.cluster.schema import unknown_key
from search.plan.command import command
from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown

KEYS = (
    "type",
    "region",
    "availability_zone",
    "cache_stopped_nodes",
    "use_internal_ips",
    "use_external_head_ip",
    "security_group",
    "key_pair",
    "aws_credentials",
    "cloudwatch",
    "disable_node_updaters",
    "disable_launch_config_check",
)
"""Of the provider (`ray/autoscaler/_private/aws`); Ray takes any other silently."""

PLACEHOLDER = "EDIT"


def aws_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield the mistakes of a file for AWS; nothing where it is for something else."""
    provider = mapping_at(document, "provider")
    if provider.get("type") != "aws":
        return
    if find_spec("botocore") is None:
        expected = "boto3 on this machine: pip install 'winnow-search[cluster]'"
        yield mistake_at(document, ("provider", "type"), "'aws' without boto3", expected)
        return
    yield from (unknown_key(document, ("provider", key), KEYS) for key in provider.keys() - set(KEYS))
    yield from _placeholders(document)
    yield from _region(document, provider)
    yield from _firewall(document)
    yield from _head(document)
    yield from _boto3(document)
    for kind in mapping_at(document, "available_node_types"):
        path = ("available_node_types", kind, "node_config")
        yield from shape_mistakes(document, path, run_instances())
        yield from _image(document, path)


def _boto3(document: Node) -> Iterator[Mistake]:
    if value_at(document, "head_setup_commands") is None:
        expected = "a list, say []: in its place Ray runs `pip install boto3`, which Ubuntu 24.04 refuses"
        yield mistake_at(document, ("head_setup_commands",), "nothing", expected)


def _fill(document: Node) -> str:
    return f"`{command('check', document.place.file, '--fill')}` writes it"


def _placeholders(document: Node) -> Iterator[Mistake]:
    """Each once, however often an alias repeats it."""
    first = {text: path for path, text in reversed(list(texts(document.plain()))) if PLACEHOLDER in text}
    for text, path in first.items():
        yield mistake_at(document, path, repr(text), "your own", _fill(document))


def _region(document: Node, provider: dict[str, Any]) -> Iterator[Mistake]:
    region, zones = (provider.get(key) for key in ("region", "availability_zone"))
    if region not in regions():
        expected, hint = "a region of AWS that boto3 knows", nearest(region, regions())
        yield mistake_at(document, ("provider", "region"), shown(region), expected, hint)
    for zone in zones.split(",") if isinstance(zones, str) else ():
        if not zone.strip().startswith(str(region)):
            yield mistake_at(document, ("provider", "availability_zone"), repr(zone), f"zones of {region}")


def _firewall(document: Node) -> Iterator[Mistake]:
    """Ray adds 0.0.0.0/0 on port 22 to each group that it makes, beside what `IpPermissions` say."""
    expected = (
        "SecurityGroupIds in each node_config: to a group of its own Ray lets in SSH from the whole world"
    )
    if "security_group" in mapping_at(document, "provider"):
        yield mistake_at(
            document, ("provider", "security_group"), "a group for Ray to make", expected, _fill(document)
        )
    for kind in mapping_at(document, "available_node_types"):
        path = ("available_node_types", kind, "node_config")
        config = mapping_at(document, *path)
        if not {"SecurityGroupIds", "NetworkInterfaces", "LaunchTemplate"} & config.keys():
            yield mistake_at(document, (*path, "SecurityGroupIds"), "nothing", expected, _fill(document))


def _head(document: Node) -> Iterator[Mistake]:
    head = value_at(document, "head_node_type")
    if not isinstance(head, str):
        return
    path = ("available_node_types", head)
    resources = mapping_at(document, *path, "resources")
    for resource in ("CPU", "GPU"):
        if resources.get(resource) != 0:
            found = f"no {resource}" if resource not in resources else f"{resource}: {resources[resource]}"
            expected = f"{resource}: 0, so that the head runs no trials and stays able to answer"
            yield mistake_at(document, (*path, "resources", resource), found, expected)
    if value_at(document, *path, "node_config", "InstanceMarketOptions", "MarketType") == "spot":
        expected = "an on-demand head: with it every search on it would be taken back"
        yield mistake_at(
            document, (*path, "node_config", "InstanceMarketOptions"), "a spot machine", expected
        )


def _image(document: Node, path: tuple[str, ...]) -> Iterator[Mistake]:
    """Ray's own choice of 2023, Ubuntu 18.04 with CUDA 11.2, is too old for this torch and these GPUs."""
    image = value_at(document, *path, "ImageId")
    if image is None or str(image).lower() == "latest_dlami":
        found = "nothing" if image is None else repr(image)
        expected = "an image's id: what Ray would take is Ubuntu 18.04, too old for torch"
        yield mistake_at(document, (*path, "ImageId"), found, expected, _fill(document))
