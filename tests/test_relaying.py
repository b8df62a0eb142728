"""What a verb is told on this machine is what it is told on the head of a cluster, word for word."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from search import enqueue, ensemble, export, importance, note, relaying, stop
from search.cluster.choose import Cluster
from search.cluster.config import ClusterFile
from search.cluster.ssh import Login
from search.runs.layout import RunLayout
from search.runs.lease import Origin, write_origin

CLUSTER = Cluster(ClusterFile(Path("cluster.yaml"), "mine", {"type": "local"}, {}), Login("head", "me"))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What is run on the head, instead of being run: the verb, and its arguments."""
    found: list[tuple[str, list[str]]] = []

    def relay(cluster: Cluster, module: str, words: Callable[[str], Sequence[str]]) -> int:
        found.append((module, list(words("/home/me"))))
        return 0

    monkeypatch.setattr(relaying, "relay", relay)
    monkeypatch.setattr(relaying, "named", lambda path: CLUSTER)
    return found


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (stop, []),
        (stop, ["--trial", "0", "--json"]),
        (note, ["7", "it's", "odd"]),
        (note, ["7", "keep", "look", "--tag", "--remove", "--json"]),
        (note, ["--tag", "--", "7", "-5 %"]),
        (enqueue, ["--from", "0", "--set", "optimizer=sgd", "--set", "space.x=[1, 2]", "--json"]),
        (enqueue, ["--set", "a=b", "--storage", "postgresql://u@db/optuna"]),
        (importance, ["--epoch", "3"]),
        (importance, ["--fanova", "--trials", "90", "--json"]),
        (ensemble, ["--size", "3", "--storage", "postgresql://u@db/optuna"]),
        (export, []),
        (
            export,
            ["--trial", "ensemble", "--format", "onnx", "onnx_int8", "--preprocess", "inside", "--json"],
        ),
        (export, ["--trial", "7", "--storage", "postgresql://u@db/optuna"]),
    ],
)
def test_a_verb_says_the_same_there(verb: Any, words: list[str], told: list[tuple[str, list[str]]]) -> None:
    head = ["mine", "--cluster", "cluster.yaml"]
    assert verb.main([*head, *words]) == 0
    ((module, there),) = told
    assert module == verb.__name__
    asked, heard = (known(verb, [*run, *more]) for run, more in ((head, words), ([], there)))
    assert heard.pop("run") in (Path("/home/me/winnow/runs/mine"), "/home/me/winnow/runs/mine")
    asked.pop("run")
    asked["cluster"] = None
    assert heard == asked


def known(verb: Any, words: Sequence[str]) -> dict[str, Any]:
    """Return what a verb's own parser reads."""
    found: argparse.Namespace = verb.parser().parse_args(words)
    return dict(vars(found))


def test_a_bundle_of_a_cluster_is_written_into_its_run(
    told: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert export.main(["mine", "--cluster", "cluster.yaml", "--out", "model"]) == 2
    assert "--out: on a cluster a bundle is written into its run" in capsys.readouterr().err
    assert not told
    assert export.main(["mine", "--cluster", "cluster.yaml"]) == 0
    assert "python -m search.fetch mine --cluster cluster.yaml brings it home" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "words", "command"),
    [
        (stop, ["--trial", "7"], "python -m search.stop mine --cluster '/my own/c.yaml' --trial 7"),
        (note, ["7", "it's odd"], "search.note mine --cluster '/my own/c.yaml' 7 'it'\"'\"'s odd'"),
        (enqueue, ["--set", "a=[1, 2]"], "search.enqueue mine --cluster '/my own/c.yaml' --set 'a=[1, 2]'"),
    ],
)
def test_a_copy_is_not_asked_and_the_command_for_the_run_itself_is_told(
    verb: Any, words: list[str], command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = RunLayout(tmp_path / "mine")
    layout.root.mkdir()
    write_origin(layout, Origin("/home/me/winnow/runs/mine", "me@head", "/my own/c.yaml", 1.0, None))
    assert verb.main([str(layout.root), *words]) == 2
    said = capsys.readouterr().err
    assert "this is a copy of /home/me/winnow/runs/mine on me@head" in said
    assert command in said
    assert not layout.requests.exists()


@pytest.mark.parametrize(("verb", "words"), [(note, ["7", "odd"]), (enqueue, ["--from", "7"])])
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_to_be_typed_for_a_copy_has_no_password(
    verb: Any, words: list[str], as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_origin(RunLayout(tmp_path), Origin("s3://team/mine", "the bucket", "", 0.0, None))
    url = "postgresql://u:secret@h/db?sslpassword=hidden"
    assert verb.main([str(tmp_path), *words, "--storage", url, *(["--json"] if as_json else [])]) == 2
    said = "".join(capsys.readouterr())
    assert "--storage postgresql://u@h/db" in said
    assert "secret" not in said
    assert "hidden" not in said
