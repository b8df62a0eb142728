"""What a laptop asks a cloud for, against moto's server: where the head of a cluster is, and a run in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from search import fetch
from search.cluster.config import ClusterFile
from search.cluster.head import address_of_head
from search.runs.layout import RunLayout
from search.runs.lease import origin_of
from search.training.bucket import Bucket
from tests.buckets import Buckets, buckets

PROVIDER = {"type": "aws", "region": "us-east-1"}
FILE = ClusterFile(Path("cluster.yaml"), "winnow", PROVIDER, {"ssh_user": "ubuntu"})


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    with buckets(monkeypatch) as server:
        yield server


def launch(cluster: str, kind: str) -> dict[str, str]:
    """Launch an instance with the tags that Ray gives it (`ray/autoscaler/tags.py`); return what is known of it."""
    ec2 = boto3.client("ec2", region_name="us-east-1")
    tags = {"ray-cluster-name": cluster, "ray-node-type": kind}
    (made,) = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        ],
    )["Instances"]
    (group,) = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"]
    found: dict[str, str] = group["Instances"][0]
    return found


def test_the_head_is_the_running_instance_that_ray_has_tagged_as_this_cluster_s(cloud: Buckets) -> None:
    for cluster, kind in (("winnow", "worker"), ("another", "head")):
        launch(cluster, kind)
    assert address_of_head(FILE, {"provider": PROVIDER}, patience=30) is None
    head = launch("winnow", "head")
    assert address_of_head(FILE, {"provider": PROVIDER}, patience=30) == head["PublicIpAddress"]
    inside = {"provider": {**PROVIDER, "use_internal_ips": True}}
    assert address_of_head(FILE, inside, patience=30) == head["PrivateIpAddress"]
    boto3.client("ec2", region_name="us-east-1").terminate_instances(InstanceIds=[head["InstanceId"]])
    assert address_of_head(FILE, {"provider": PROVIDER}, patience=30) is None


def test_a_provider_that_does_not_answer_is_left_alone(cloud: Buckets) -> None:
    launch("winnow", "head")
    cloud.away()
    try:
        # boto3 itself would wait until the test's own time limit.
        assert address_of_head(FILE, {"provider": PROVIDER}, patience=0.5) is None
    finally:
        cloud.back()


def test_a_run_in_a_bucket_comes_home_without_a_cluster_and_without_its_weights(
    cloud: Buckets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "s3://runs/team/digits"
    files = {
        "plan.yaml": b"name: digits\n",
        "study.journal": b"one\n",
        "trials/0/1/checkpoint-00001.pt": b"w",
    }
    for name, content in files.items():
        Bucket(address).write(name, content)
    folder = tmp_path / "digits"
    words = [address, "--runs-dir", str(tmp_path)]
    assert fetch.main(words) == 0
    assert (folder / "study.journal").read_bytes() == b"one\n"
    assert not list(folder.rglob("*.pt"))
    Bucket(address).write("study.journal", b"one\ntwo\n")
    assert fetch.main([*words, "--weights"]) == 0
    assert (folder / "study.journal").read_bytes() == b"one\ntwo\n"
    assert (folder / "trials/0/1/checkpoint-00001.pt").is_file()
    origin = origin_of(RunLayout(folder))
    assert origin is not None
    assert origin.known_as == (address,)
    capsys.readouterr()


def test_a_run_of_this_machine_is_never_taken_for_the_copy_of_one_in_a_bucket(
    cloud: Buckets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Bucket("s3://runs/digits").write("plan.yaml", b"name: digits\n")
    ours = tmp_path / "digits"
    ours.mkdir()
    (ours / "study.journal").write_text("ours", encoding="utf-8")
    assert fetch.main(["s3://runs/digits", "--runs-dir", str(tmp_path)]) == 2
    assert "another run of that name is here already" in capsys.readouterr().err
    assert (ours / "study.journal").read_text(encoding="utf-8") == "ours"
    assert fetch.main(["s3://runs/absent", "--runs-dir", str(tmp_path)]) == 2
    assert "s3://runs/absent: there is no run" in capsys.readouterr().err
