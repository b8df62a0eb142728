"""A cluster file is read for what a laptop needs of it, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.cluster.config import read_cluster
from search.cluster.errors import ClusterError
from tests.cluster.hosts import REPOSITORY


@pytest.mark.parametrize(
    ("file", "kind", "user"),
    [("cluster.yaml", "aws", "ubuntu"), ("docs/clusters/on-premise.yaml", "local", "ubuntu")],
)
def test_the_cluster_files_that_come_with_winnow_are_read(file: str, kind: str, user: str) -> None:
    found = read_cluster(REPOSITORY / file)
    assert (found.name, found.kind, found.auth["ssh_user"]) == ("winnow", kind, user)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "a cluster file in YAML is expected, but: while parsing a flow node"),
        ("- 1\n", "it lacks cluster_name, provider.type, auth.ssh_user"),
        ("cluster_name: a\nprovider: {type: local}\n", "it lacks auth.ssh_user"),
        ("cluster_name: a\nprovider: aws\nauth: {ssh_user: me}\n", "it lacks provider.type"),
    ],
)
def test_what_is_no_cluster_file_is_refused_with_what_it_lacks(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClusterError) as error:
        read_cluster(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_cluster_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"absent\.yaml: a cluster file is expected, but No such file"):
        read_cluster(tmp_path / "absent.yaml")
