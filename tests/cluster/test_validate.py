"""A cluster file's mistakes are all found before anything is launched; where Ray looks, Ray agrees."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from search.cluster.validate import check_cluster
from search.plan.mistake import PlanError
from tests.cluster.hosts import REPOSITORY

AWS = REPOSITORY / "cluster.yaml"
ON_PREMISE = REPOSITORY / "docs/clusters/on-premise.yaml"
FILLED = (("ami-EDIT", "ami-0123456789abcdef0"), ("sg-EDIT", "sg-0123456789abcdef0"))


def filled() -> str:
    text = AWS.read_text(encoding="utf-8")
    for before, after in FILLED:
        text = text.replace(before, after)
    return text


def mistakes(text: str, folder: Path) -> list[str]:
    path = folder / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        check_cluster(path)
    except PlanError as error:
        return [str(mistake).replace(str(path), "cluster.yaml") for mistake in error.mistakes]
    return []


def only(text: str, before: str, after: str) -> str:
    """Change one place of a file."""
    assert text.count(before) >= 1, before
    return text.replace(before, after, 1)


def ray_says(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.autoscaler._private.util import (  # noqa: PLC0415 (slow: only this oracle needs it)
            prepare_config,
            validate_config,
        )

        loaded: dict[str, Any] = YAML(typ="safe").load(text)
        validate_config(prepare_config(loaded))


def test_the_file_for_aws_says_only_that_it_must_be_filled_in(tmp_path: Path) -> None:
    found = mistakes(AWS.read_text(encoding="utf-8"), tmp_path)
    assert [re.findall(r"found '([^']*)'", each) for each in found] == [["ami-EDIT"], ["sg-EDIT"]]
    assert all("python -m search.check" in each and "--fill" in each for each in found)


@pytest.mark.parametrize(
    "text", [filled(), ON_PREMISE.read_text(encoding="utf-8")], ids=["aws", "on-premise"]
)
def test_the_files_that_we_ship_are_right_for_us_and_for_ray(text: str, tmp_path: Path) -> None:
    assert mistakes(text, tmp_path) == []
    ray_says(text)


# What is changed, and what is said about it; `True` where Ray itself would have refused.
AWS_MISTAKES: dict[str, tuple[str, str, str, bool]] = {
    "a misspelt key": (
        "idle_timeout_minutes: 5",
        "idle_timeout_minute: 5",
        r"^cluster.yaml:\d+: idle_timeout_minute: found an unknown key, .* did you mean 'idle_timeout_minutes'\?",
        True,
    ),
    "a misspelt key of a node type": (
        "min_workers: 0",
        "min_worker: 0",
        r"available_node_types.l4.min_worker: found an unknown key.*'min_workers'\?",
        True,
    ),
    "a number that is text": (
        "max_workers: 8 ",
        "max_workers: many ",
        r"max_workers: found 'many', expected a whole number",
        True,
    ),
    "a head that is no node type": (
        "head_node_type: head",
        "head_node_type: heed",
        r"head_node_type: found 'heed', expected one of .*did you mean 'head'\?",
        True,
    ),
    "more asked for than allowed": (
        "max_workers: 8 ",
        "max_workers: -1 ",
        r"max_workers: found -1, expected 0 or more",
        True,
    ),
    "a minimum above its maximum": (
        "min_workers: 0",
        "min_workers: 9",
        r"l4.min_workers: found 9, expected at most max_workers, 4",
        True,  # by the sum of all kinds; a minimum above its own maximum alone is not seen
    ),
    "a misspelt key of the provider": (
        "cache_stopped_nodes",
        "cache_stoped_nodes",
        r"provider.cache_stoped_nodes: found an unknown key.*'cache_stopped_nodes'\?",
        False,
    ),
    "no such region": (
        "region: us-east-1",
        "region: us-est-1",
        r"provider.region: found 'us-est-1', expected .*did you mean 'us-[a-z]+-1'\?",
        False,
    ),
    "a zone of another region": (
        "region: us-east-1",
        "availability_zone: us-west-2a\n  region: us-east-1",
        r"provider.availability_zone: found 'us-west-2a', expected zones of us-east-1",
        False,
    ),
    "no such instance type": (
        "g6.2xlarge",
        "g6.2xlage",
        r"l4.node_config.InstanceType: found 'g6.2xlage', expected a known InstanceType: did you mean 'g6.2xlarge'\?",
        False,
    ),
    "a misspelt key of a machine": (
        "InstanceMarketOptions: {MarketType: spot}",
        "InstanceMarketOption: {MarketType: spot}",
        r"l4.node_config.InstanceMarketOption: found an unknown key.*'InstanceMarketOptions'\?",
        False,
    ),
    "a misspelt key deep in a machine": (
        "VolumeSize: 100",
        "VolumSize: 100",
        r"Ebs.VolumSize: found an unknown key.*'VolumeSize'\?",
        False,
    ),
    "a misspelt word of EC2": (
        "MarketType: spot",
        "MarketType: spott",
        r"MarketType: found 'spott', expected one of .*did you mean 'spot'\?",
        False,
    ),
    "a size that is text": (
        "VolumeSize: 100",
        "VolumeSize: 100 GB",
        r"VolumeSize: found '100 GB', expected a whole number",
        False,
    ),
    "a firewall that Ray makes": (
        "SecurityGroupIds: &firewall [sg-0123456789abcdef0]",
        "UserData: &firewall [x]",
        r"head.node_config.SecurityGroupIds: found nothing, expected .*whole world",
        False,
    ),
    "rules to which Ray adds the whole world": (
        "  cache_stopped_nodes",
        "  security_group: {GroupName: mine, IpPermissions: []}\n  cache_stopped_nodes",
        r"provider.security_group: found a group for Ray to make, expected .*whole world",
        False,
    ),
    "a dashboard for the world": (
        "--dashboard-host=127.0.0.1",
        "--dashboard-host=0.0.0.0",
        r"head_start_ray_commands.1: found --dashboard-host=0.0.0.0, expected .*no password",
        False,
    ),
    "a head that runs trials": (
        "resources: {CPU: 0, GPU: 0}",
        "resources: {CPU: 2, GPU: 0}",
        r"available_node_types.head.resources.CPU: found CPU: 2, expected CPU: 0",
        False,
    ),
    "a head that is taken back": (
        "InstanceType: m7i.large ",
        "InstanceMarketOptions: {MarketType: spot}\n      InstanceType: m7i.large ",
        r"head.node_config.InstanceMarketOptions: found a spot machine",
        False,
    ),
    "an image that is too old": (
        "ami-0123456789abcdef0",
        "latest_dlami",
        r"head.node_config.ImageId: found 'latest_dlami', expected .*too old",
        False,
    ),
    "a head that cannot install boto3": (
        "head_setup_commands: []",
        "worker_setup_commands: []",
        r"head_setup_commands: found nothing, expected .*Ubuntu",
        False,
    ),
    "a head that starts no workers": (
        "--autoscaling-config=~/ray_bootstrap_config.yaml",
        "",
        r"head_start_ray_commands.1: found `ray start` without it, expected --autoscaling-config",
        False,
    ),
    "a worker that never joins": (
        "--address=$RAY_HEAD_IP:6379",
        "",
        r"worker_start_ray_commands.1: found `ray start` without it, expected --address",
        False,
    ),
}


@pytest.mark.parametrize("kind", AWS_MISTAKES)
def test_each_mistake_of_a_file_for_aws_is_found_alone_and_ray_agrees(kind: str, tmp_path: Path) -> None:
    before, after, said, ray_sees = AWS_MISTAKES[kind]
    text = only(filled(), before, after)
    found = mistakes(text, tmp_path)
    assert any(re.search(said, each) for each in found), found
    if ray_sees:
        with pytest.raises(Exception, match=r"."):
            ray_says(text)
    else:
        ray_says(text)


ON_PREMISE_MISTAKES: dict[str, tuple[str, str, str]] = {
    "version 2": (
        "    export RAY_enable_autoscaler_v2=0;\n",
        "",
        r"head_start_ray_commands.1: found `ray start` alone, expected `export RAY_enable_autoscaler_v2=0`",
    ),
    "a machine twice": ("192.168.1.12", "192.168.1.11", r"worker_ips.1: found 192.168.1.11 a second time"),
    "too many": (
        "max_workers: 2",
        "max_workers: 3",
        r"max_workers: found 3, expected at most 2, the number of",
    ),
    "too many at the least": (
        "min_workers: 2",
        "min_workers: 3",
        r"min_workers: found 3, expected at most (max_workers, )?2",
    ),
    "another head": (
        "--node-ip-address=192.168.1.10",
        "--node-ip-address=10.0.0.1",
        r"found --node-ip-address=10.0.0.1, expected head_ip, 192.168.1.10",
    ),
    "no head": (
        "  head_ip: 192.168.1.10",
        "  heed_ip: 192.168.1.10",
        r"provider.heed_ip: found an unknown key",
    ),
    "no user": ("  ssh_user: ubuntu", "", r"auth.ssh_user: found nothing"),
}


@pytest.mark.parametrize("kind", ON_PREMISE_MISTAKES)
def test_each_mistake_of_a_file_for_ones_own_machines_is_found(kind: str, tmp_path: Path) -> None:
    before, after, said = ON_PREMISE_MISTAKES[kind]
    found = mistakes(only(ON_PREMISE.read_text(encoding="utf-8"), before, after), tmp_path)
    assert any(re.search(said, each) for each in found), found


def _mounted(secret: str) -> Callable[[str], str]:
    return lambda text: text.replace("head_setup_commands: []", f"head_setup_commands:\n  - {secret}")


SECRETS: dict[str, Callable[[str], str]] = {
    "an access key": _mounted("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"),
    "a secret key": _mounted("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG"),
    "a password of a database": _mounted("echo postgresql://me:hunter2@db/optuna"),
    "a token": _mounted("git clone https://ghp_0123456789abcdefghij0123456789abcdef@github.com/a/b"),
    "credentials of the provider": lambda text: text.replace(
        "  cache_stopped_nodes", "  aws_credentials: {aws_secret_access_key: abc}\n  cache_stopped_nodes"
    ),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_and_not_repeated(kind: str, tmp_path: Path) -> None:
    text = SECRETS[kind](filled())
    found = mistakes(text, tmp_path)
    assert any("expected none in this file" in each for each in found), found
    assert not any(
        secret in each for each in found for secret in ("AKIA", "wJalr", "hunter2", "ghp_", "abc}")
    )


def test_what_a_variable_holds_is_no_secret(tmp_path: Path) -> None:
    assert mistakes(_mounted("export TOKEN=$TOKEN PASSWORD=${PASSWORD}")(filled()), tmp_path) == []


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = filled()
    text = only(text, "region: us-east-1", "region: us-est-1")
    text = only(text, "g6.2xlarge", "g6.2xlage")
    text = only(text, "=127.0.0.1", "=0.0.0.0")
    found = mistakes(text, tmp_path)
    lines = [int(each.split(":")[1]) for each in found]
    assert lines == sorted(lines)
    assert len(found) == 3


def test_what_is_no_mapping_is_said_so(tmp_path: Path) -> None:
    assert mistakes("- a\n", tmp_path) == [
        "cluster.yaml:1: found a list, expected a mapping with cluster_name and provider"
    ]
    assert any(
        "cluster_name: found nothing" in each for each in mistakes("provider: {type: aws}\n", tmp_path)
    )
