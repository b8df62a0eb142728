"""A cluster file is filled in so that only its owner's address gets in; AWS is moto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from ruamel.yaml import YAML

from search import check
from search.cluster.errors import ClusterError
from search.cluster.fill import fill
from search.cluster.validate import check_cluster
from search.plan.mistake import PlanError
from tests.cluster.cloud import IMAGE
from tests.cluster.hosts import REPOSITORY

MINE = "203.0.113.7/32"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yaml"
    path.write_text((REPOSITORY / "cluster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def group_of(path: Path) -> str:
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    groups = {
        group
        for kind in loaded["available_node_types"].values()
        for group in kind["node_config"]["SecurityGroupIds"]
    }
    assert len(groups) == 1
    return str(groups.pop())


def let_in(group: str, region: str = "us-east-1") -> set[tuple[object, ...]]:
    """Return who may come in, as EC2 has it: protocol, ports, networks, groups."""
    client = boto3.client("ec2", region_name=region)
    found = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return {
        (
            rule["IpProtocol"],
            rule.get("FromPort"),
            rule.get("ToPort"),
            *(each["CidrIp"] for each in rule["IpRanges"]),
            *(each["GroupId"] for each in rule["UserIdGroupPairs"]),
        )
        for rule in found["IpPermissions"]
    }


def test_a_filled_file_has_no_mistakes_and_lets_in_its_owner_and_itself_alone(cluster: Path) -> None:
    filled = fill(cluster, MINE, image=IMAGE)
    config = check_cluster(cluster)
    assert filled.group == group_of(cluster)
    assert let_in(filled.group) == {("tcp", 22, 22, MINE), ("-1", None, None, filled.group)} or let_in(
        filled.group
    ) == {("tcp", 22, 22, MINE), ("-1", -1, -1, filled.group)}
    images = boto3.client("ssm", region_name="us-east-1").get_parameter(Name=IMAGE)["Parameter"]["Value"]
    assert {kind["node_config"]["ImageId"] for kind in config["available_node_types"].values()} == {images}


def test_another_address_takes_the_place_of_the_one_before(cluster: Path) -> None:
    before = fill(cluster, MINE, image=IMAGE)
    after = fill(cluster, "198.51.100.0/24", image=IMAGE)
    assert before.group == after.group == group_of(cluster)
    assert [rule[3] for rule in let_in(after.group) if rule[0] == "tcp"] == ["198.51.100.0/24"]


def test_after_a_move_to_another_region_image_and_firewall_are_those_of_the_new_one(cluster: Path) -> None:
    before = fill(cluster, MINE, image=IMAGE)
    text = cluster.read_text(encoding="utf-8")
    cluster.write_text(text.replace("region: us-east-1", "region: eu-west-1"), encoding="utf-8")
    after = fill(cluster, MINE, image=IMAGE)
    assert after.group == group_of(cluster) != before.group
    assert let_in(after.group, "eu-west-1")
    text = cluster.read_text(encoding="utf-8")
    assert before.image not in text or before.image == after.image


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "everybody"])
def test_the_whole_world_is_refused_and_the_file_stays(cluster: Path, network: str) -> None:
    before = cluster.read_text(encoding="utf-8")
    with pytest.raises(PlanError, match=r"--from: found .*, expected a network of your own"):
        fill(cluster, network, image=IMAGE)
    assert cluster.read_text(encoding="utf-8") == before


def test_a_file_for_other_machines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        (REPOSITORY / "docs/clusters/on-premise.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    with pytest.raises(PlanError, match="on AWS"):
        fill(path, MINE)


def test_the_verb_says_all_mistakes_and_that_there_are_none(
    cluster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([str(cluster)]) == 2
    assert capsys.readouterr().err.count("EDIT") == 2
    fill(cluster, MINE, image=IMAGE)
    assert check.main([str(cluster)]) == 0
    assert "no mistakes" in capsys.readouterr().out


def test_what_aws_refuses_is_one_sentence(cluster: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([str(cluster), "--fill", "--from", MINE]) == 2  # moto has no Deep Learning images
    said = capsys.readouterr().err
    assert "AWS says: " in said
    assert said.count("\n") == 1


def test_a_region_without_a_default_network_is_told_what_to_do(cluster: Path) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        for subnet in ec2.describe_subnets()["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])
    before = cluster.read_text(encoding="utf-8")
    with pytest.raises(
        ClusterError, match=r"^us-east-1: a default VPC is expected.*aws ec2 create-default-vpc"
    ):
        fill(cluster, MINE, image=IMAGE)
    assert cluster.read_text(encoding="utf-8") == before
