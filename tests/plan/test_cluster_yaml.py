"""What a cluster file says is found, and one that says nothing of use is empty or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.plan.cluster_yaml import load_cluster, node_types, section


def test_its_sections_and_node_types_are_found(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text("provider: {type: local}\navailable_node_types: {head: {}, gpu: {max_workers: 2}}\n")
    document = load_cluster(path)
    assert section(document, "provider") == {"type": "local"}
    assert node_types(document) == {"head": {}, "gpu": {"max_workers": 2}}


@pytest.mark.parametrize("text", ["", "- 1\n", "3\n", "available_node_types: 3\n"])
def test_what_says_nothing_has_no_sections(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    assert node_types(load_cluster(path)) == {}


def test_what_is_no_yaml_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text("a: [")
    with pytest.raises(ValueError, match="line 1"):
        load_cluster(path)
