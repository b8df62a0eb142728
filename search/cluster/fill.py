"""What a cluster file for AWS cannot know by itself: the image of a region, and a firewall for one's own address.

Ray would choose an image of 2023 (`DEFAULT_AMI`) and make a firewall that lets in SSH from the whole world
(`_create_default_ssh_inbound_rules`, both in `ray/autoscaler/_private/aws/config.py`).
"""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Any

from search.cluster.errors import ClusterError
from search.cluster.places import value_at
from search.plan.document import Node, read_document
from search.plan.mistake import Mistake, PlanError
from search.runs.layout import write_text

IMAGE = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
"""Where AWS publishes its newest Deep Learning Base image: Ubuntu 24.04 with the NVIDIA driver."""

ADDRESS = "https://checkip.amazonaws.com"
"""Answers with the address from which it is asked."""

SSH = 22


@dataclass(frozen=True)
class Filled:
    """What was written into a cluster file, and who may come in by SSH."""

    image: str
    group: str
    network: str


def fill(path: Path, network: str = "", *, image: str = IMAGE) -> Filled:
    """Find the image, make or mend the firewall, write both into the file in place of what stood there.

    To do it again is harmless: after a move to another region, or when one's own address has changed.

    Args:
        path: a cluster file for AWS whose head has an `ImageId` and one of `SecurityGroupIds`, say placeholders.
        network: who may come in by SSH, as `203.0.113.7/32`; one's own address where it is empty.
        image: the public parameter of AWS that holds the image's id.

    Raises:
        PlanError: the file is none for AWS, or the network is none or the whole world.
        ClusterError: the region has no default VPC, which the firewall would be for.
        OSError: one's own address could not be found out.
        botocore.exceptions.ClientError: AWS refused, say for want of rights.
    """
    # Late: boto3 is an extra, and takes half a second.
    import boto3  # noqa: PLC0415

    document, mistakes = read_document(path)
    if mistakes:
        raise PlanError(mistakes)
    region, old = _wanted(document)
    allowed = _network(network or own_address())
    session = boto3.session.Session(region_name=region)
    found = session.client("ssm").get_parameter(Name=image)["Parameter"]["Value"]
    group = _firewall(session.client("ec2"), f"winnow-{value_at(document, 'cluster_name')}", str(allowed))
    text = path.read_text(encoding="utf-8")
    for before, after in zip(old, (found, group), strict=True):
        text = text.replace(before, after)
    write_text(path, text)
    return Filled(found, group, str(allowed))


def own_address() -> str:
    """Return this machine's public address as a network of one, as AWS sees it.

    Raises:
        OSError: there is no way there.
    """
    with urllib.request.urlopen(ADDRESS, timeout=10) as answer:
        return f"{answer.read().decode().strip()}/32"


def _wanted(document: Node) -> tuple[str, tuple[str, str]]:
    """Return the region, and what stands for the image and for the firewall now."""
    region = value_at(document, "provider", "region")
    head = ("available_node_types", value_at(document, "head_node_type"), "node_config")
    image, group = value_at(document, *head, "ImageId"), value_at(document, *head, "SecurityGroupIds", 0)
    texts = (region, image, group)
    if value_at(document, "provider", "type") != "aws" or not all(isinstance(each, str) for each in texts):
        found = "no region, ImageId and SecurityGroupIds of a head on AWS"
        raise PlanError([document.mistake("", found, "them, say as ami-EDIT and [sg-EDIT]")])
    return region, (image, group)


def _network(text: str) -> IPv4Network:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        network = None
    if not isinstance(network, IPv4Network) or network.prefixlen < 8:
        expected = "a network of your own, as 203.0.113.7/32"
        raise PlanError([Mistake(file="--from", found=repr(text), expected=expected)])
    return network


def _firewall(ec2: Any, name: str, network: str) -> str:
    """Return the id of the group of this name in the region's own network, with our rules and no others."""
    networks = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not networks:
        raise ClusterError(
            f"{ec2.meta.region_name}: a default VPC is expected, which the firewall is for, but the region has none: "
            "call `aws ec2 create-default-vpc`, or write SubnetIds and SecurityGroupIds of your own into the file"
        )
    vpc = networks[0]["VpcId"]
    wanted = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]
    groups = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"]
    if groups:
        group = groups[0]["GroupId"]
    else:
        about = "Machines of Winnow: SSH from its owner, everything among themselves"
        group = ec2.create_security_group(GroupName=name, Description=about, VpcId=vpc)["GroupId"]
    if groups and groups[0]["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=groups[0]["IpPermissions"])
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules(group, network))
    return str(group)


def rules(group: str, network: str) -> list[dict[str, Any]]:
    """Return who may come in: SSH from a network, and everything from the group itself."""
    return [
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
        {"IpProtocol": "tcp", "FromPort": SSH, "ToPort": SSH, "IpRanges": [{"CidrIp": network}]},
    ]
