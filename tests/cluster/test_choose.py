"""A bare command goes to the cluster of `./cluster.yaml` only where Ray remembers it, and it answers.

What Ray remembers is written by Ray's own code here, not by an imitation of it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.cluster import choose as choosing
from search.cluster.choose import HERE, choose
from search.cluster.errors import ClusterError
from search.cluster.ssh import Login

NAME = "test_choose"

LOCAL = f"""\
cluster_name: {NAME}
provider: {{type: local, head_ip: HEAD, worker_ips: []}}
auth: {{ssh_user: me, ssh_private_key: ~/.ssh/mine}}
"""

AWS = f"""\
cluster_name: {NAME}
provider: {{type: aws, region: eu-west-1, use_internal_ips: false}}
auth: {{ssh_user: ubuntu}}
"""

REMEMBER = """
import json, sys
from ray.autoscaler._private.local.config import get_lock_path, get_state_path
from ray.autoscaler._private.local.node_provider import ClusterState
provider = {"type": "local", "head_ip": sys.argv[2], "worker_ips": []}
state = ClusterState(get_lock_path(sys.argv[1]), get_state_path(sys.argv[1]), provider)
head = state.get()[sys.argv[2]]
state.put(sys.argv[2], {**head, "state": sys.argv[3]})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, and nothing remembered."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something that takes connections where a head would."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(choosing, "SSH_PORT", port)
        yield


def write(text: str, head: str = "127.0.0.1") -> None:
    Path("cluster.yaml").write_text(text.replace("HEAD", head), encoding="utf-8")


def remember(state: str, head: str = "127.0.0.1") -> None:
    """Let Ray note what `ray up` and `ray down` note."""
    subprocess.run([sys.executable, "-c", REMEMBER, NAME, head, state], check=True, capture_output=True)


def test_without_a_cluster_file_a_command_runs_here(folder: Path) -> None:
    assert choose(None, look=True) == HERE


@pytest.mark.parametrize("text", [LOCAL, AWS])
def test_a_cluster_that_was_never_launched_is_not_asked_for(folder: Path, text: str, listening: None) -> None:
    write(text)
    assert choose(None, look=True) == HERE


def test_the_look_loads_neither_ray_nor_boto3(folder: Path) -> None:
    write(AWS)
    probe = (
        "import sys; from search.cluster.choose import choose; choose(None, look=True); "
        "print([name for name in ('ray', 'torch', 'boto3') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_a_cluster_that_ray_has_launched_and_that_answers_is_where_a_command_runs(
    folder: Path, listening: None
) -> None:
    write(LOCAL)
    remember("running")
    found = choose(None, look=True).cluster
    assert found is not None
    assert found.login.place == "me@127.0.0.1"
    assert found.login.key == Path("~/.ssh/mine").expanduser()
    assert choose(None, look=False) == HERE


def test_a_cluster_that_was_taken_down_is_not_up(folder: Path, listening: None) -> None:
    write(LOCAL)
    remember("running")
    remember("terminated")
    assert choose(None, look=True) == HERE


def test_a_cluster_that_does_not_answer_is_told_of_and_the_command_runs_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(LOCAL)
    remember("running")
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(choosing, "SSH_PORT", closed.getsockname()[1])
        found = choose(None, look=True)
    assert found.cluster is None
    assert found.why_not == f"the cluster {NAME} of cluster.yaml does not answer at 127.0.0.1"


def test_the_key_that_ray_has_made_on_aws_is_used_where_the_head_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, listening: None
) -> None:
    write(AWS)
    completed = {
        "cluster_name": NAME,
        "provider": {"type": "aws", "region": "eu-west-1"},
        "auth": {"ssh_user": "else", "ssh_private_key": "/keys/made.pem", "ssh_proxy_command": "touch /x"},
    }
    other = {**completed, "cluster_name": "another"}
    for name, config in (("a", completed), ("b", other)):
        document = json.dumps({"_version": 1, "config": config})
        Path(f"tmp/ray-config-{name}").write_text(document, encoding="utf-8")
    monkeypatch.setattr(choosing, "address_of_head", lambda *_, patience: "127.0.0.1")
    found = choose(None, look=True).cluster
    assert found is not None
    assert found.login == Login("127.0.0.1", "ubuntu", Path("/keys/made.pem"))


def test_what_another_user_says_is_remembered_counts_for_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, listening: None
) -> None:
    write(LOCAL)
    remember("running")
    assert choose(None, look=True).cluster is not None
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    if folder.stat().st_uid == 0:  # root's own are always believed
        os.chown(f"tmp/ray/cluster-{NAME}.state", 4712, -1)
    assert choose(None, look=True) == HERE


def test_a_damaged_memory_is_none(folder: Path) -> None:
    write(AWS)
    Path("tmp/ray-config-a").write_text("{", encoding="utf-8")
    Path("tmp/ray-config-b").write_text("[1]", encoding="utf-8")
    assert choose(None, look=True) == HERE


def test_a_cluster_that_is_named_must_have_a_file(folder: Path) -> None:
    with pytest.raises(ClusterError, match=r"other\.yaml: a cluster file is expected"):
        choose(Path("other.yaml"), look=True)
