"""Where the head of a cluster is reached, by its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.cluster.config import read_cluster
from search.cluster.errors import ClusterError
from search.cluster.head import address_of_head

FILE = "cluster_name: mine\nprovider: {type: local}\nauth: {ssh_user: me}\n"


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ({"head_ip": "10.0.0.1"}, "10.0.0.1"),
        ({"head_ip": "10.0.0.1", "external_head_ip": "203.0.113.1"}, "203.0.113.1"),
    ],
)
def test_a_head_of_ones_own_is_where_the_file_says(
    tmp_path: Path, provider: dict[str, str], address: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    assert address_of_head(read_cluster(path), {"provider": provider}, patience=1) == address


def test_a_file_that_does_not_say_where_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    with pytest.raises(ClusterError, match=r"mine\.yaml: provider\.head_ip is expected of a local cluster"):
        address_of_head(read_cluster(path), {"provider": {"type": "local"}}, patience=1)
