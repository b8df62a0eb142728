"""Pretrained networks that cannot begin are refused at their line, by `--check`, `search.run`, `search.resume` and
`search.confirm`; a check says at which size images are seen.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from search import confirm, resume
from search.plan.mistake import shown
from search.run import main
from search.runs.layout import RunLayout, write_text
from search.runs.lease import Lease
from search.runs.requests import send
from search.training.data import load_data
from search.training.parts import Parts
from search.training.transfer.published import published
from search.tuning import launch
from search.tuning.check import check
from search.tuning.vocabulary import vocabulary
from tests.inprocess import Search, plan_in

SPACE = """\
data: {name: digits, validation: 0.2}
budget: {trials: 2, epochs: 1}
space:
  architecture: ARCHITECTURE
  layers: {choice: [1, 2], when: {architecture: cnn}}
  pretrained: PRETRAINED
  weights: {choice: WEIGHTS, when: {pretrained: true}}
"""


def space(architecture: str, pretrained: str, weights: str) -> str:
    text = SPACE.replace("ARCHITECTURE", architecture).replace("PRETRAINED", pretrained)
    text = text.replace("WEIGHTS", weights)
    return (
        text
        if "cnn" in architecture
        else text.replace("  layers: {choice: [1, 2], when: {architecture: cnn}}\n", "")
    )


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Those of a CNN with two layers."""
    torch.save(Parts.of({"layers": 2}).model((1, 8, 8), 4).state_dict(), tmp_path / "two.pt")
    return tmp_path / "two.pt"


@pytest.fixture(autouse=True)
def _no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("WINNOW_WEIGHTS", raising=False)
    monkeypatch.setattr(
        "urllib.request._opener", None
    )  # it remembers the proxies of the process's first look
    for name in ("http_proxy", "https_proxy"):  # nobody listens there
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what a check says; the search itself says the same, and leaves nothing behind."""
    (tmp_path / "tiny.yaml").write_text(text, encoding="utf-8")
    words = ["--space", str(tmp_path / "tiny.yaml"), "--runs-dir", str(tmp_path / "runs"), "--local"]
    said = [_complaint(main, [*words, *more], capsys) for more in (["--check"], [])]
    assert said[0] == said[1]
    assert not (tmp_path / "runs").exists()
    return said[0]


def _complaint(
    verb: Callable[[list[str]], int], words: list[str], capsys: pytest.CaptureFixture[str]
) -> list[str]:
    assert verb(words) == 2
    return capsys.readouterr().err.splitlines()


def test_a_file_that_does_not_fit_every_branch_is_refused_at_its_line(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = refused(tmp_path, space("cnn", "[true, false]", "[two.pt, nowhere.pt]"), capsys)
    assert len(lines) == 2
    assert all(f"{tmp_path}/tiny.yaml:7: space.weights: found '" in line for line in lines)
    found = f"found {shown(str(weights))} with cnn, expected weights that it can begin with: "
    assert f"{found}{weights} lacks 3.weight" in lines[0]
    assert "there are no weights" in lines[1]


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize(
    ("words", "where"),
    [
        ([], "{run}/plan.yaml:{line}: space.weights: "),
        (["--set", "space.layers=2"], "{run}/plan.yaml:{line}: space.weights: "),
        (["--set", "space.weights=/nowhere/two.pt"], "--set space.weights: "),
    ],
)
def test_a_search_goes_on_only_while_its_weights_are_there(
    words: list[str], where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run is as it was: nothing has been begun, not even its study."""
    text = space("cnn", "true", "[two.pt]").replace("[1, 2]", "[2]")
    plan, layout = plan_in(tmp_path, text), RunLayout(tmp_path / "run")
    write_text(layout.plan, plan.to_yaml())
    launch._describe_images(layout, load_data(plan.data.config))
    (tmp_path / "two.pt").unlink()
    shutil.copytree(layout.root, tmp_path / "before")
    (line,) = _complaint(resume.main, [str(layout.root), "--local", *words], capsys)
    lines = layout.plan.read_text(encoding="utf-8").splitlines()
    number = next(at for at, one in enumerate(lines, start=1) if "weights:" in one)
    assert line.startswith(where.format(run=layout.root, line=number))
    assert "there are no weights" in line
    assert _files(layout.root) == _files(tmp_path / "before")


@pytest.fixture
def finished(weights: Path, tmp_path: Path) -> RunLayout:
    """A finished search over pretrained networks and others, whose weights are gone."""
    text = space("cnn", "[true, false]", "[two.pt, three.pt]").replace("choice: [1, 2]", "choice: [2]")
    weights.with_name("three.pt").write_bytes(weights.read_bytes())
    start = "start:\n  - {pretrained: true, weights: two.pt}\n  - {pretrained: false}\n"
    plan = plan_in(tmp_path, text + start)
    made = Search(plan, tmp_path / "run")
    made.go()
    launch._describe_images(made.layout, load_data(plan.data.config))
    weights.unlink()
    weights.with_name("three.pt").unlink()
    return made.layout


def test_a_finished_search_without_its_weights_is_refused_only_where_it_would_train(
    finished: RunLayout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By itself it begins, and says what a finished search says: here, that somebody drives it already."""
    words = [str(finished.root), "--local"]
    with Lease(finished):
        told = [
            _complaint(resume.main, [*words, *more], capsys)
            for more in (["--trials", "+1"], ["--epochs", "2"])
        ]
        asked = send(finished, "enqueue", point={"pretrained": False})
        told.append(_complaint(resume.main, words, capsys))
        (finished.requests / f"{asked.id}.json").unlink()
        (held,) = _complaint(resume.main, words, capsys)
    for lines in told:
        missing = [line.partition("found ")[2].partition(" with")[0] for line in lines]
        assert missing == [shown(f"{tmp_path}/two.pt"), shown(f"{tmp_path}/three.pt")]
    assert held.endswith("drives this run already")


def test_a_confirmation_begins_only_while_its_candidates_weights_are_there(
    finished: RunLayout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a search, before Ray is started; weights that no candidate begins with are not missed."""
    (line,) = _complaint(confirm.main, [str(finished.root), "--top", "2", "--seeds", "2"], capsys)
    lines = finished.plan.read_text(encoding="utf-8").splitlines()
    number = next(at for at, one in enumerate(lines, start=1) if "weights:" in one and "choice" in one)
    assert line.startswith(
        f"{finished.plan}:{number}: space.weights: found {shown(f'{tmp_path}/two.pt')} with cnn, expected "
    )
    assert "there are no weights" in line
    assert not finished.confirming.journal.exists()


def _files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_published_weights_that_cannot_be_had_are_named_with_their_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = refused(tmp_path, space("resnet18", "[true, false]", "[published]"), capsys)
    known = published("resnet18")
    assert known is not None
    assert f"{tmp_path}/tiny.yaml:5: space.pretrained: found true with resnet18" in line
    assert line.endswith(f"put the file from {known.url} into {tmp_path}/torch/hub/checkpoints")


def test_an_architecture_without_published_weights_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = refused(tmp_path, space("lenet5", "true", "[published]"), capsys)
    assert "tiny.yaml:5: space.pretrained: found true with lenet5" in line
    assert "there are no published weights of lenet5" in line


def test_settings_of_transfer_are_refused_where_nothing_is_pretrained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A search over `freeze` with random weights would search over nothing."""
    text = "data: digits\nspace:\n  pretrained: [true, false]\n  freeze: [none, head]\n"
    (line,) = refused(tmp_path, text, capsys)
    assert line.endswith(
        "tiny.yaml:4: space.freeze: found a setting that is searched also where nothing uses it, expected it only "
        "with pretrained true: add `when: {pretrained: true}`"
    )


@pytest.mark.usefixtures("weights")
def test_a_space_whose_weights_fit_is_in_order(tmp_path: Path) -> None:
    text = space("cnn", "[true, false]", "[two.pt]").replace("choice: [1, 2]", "choice: [2]")
    report = check(plan_in(tmp_path, text), vocabulary())
    assert [row.name for row in report.architectures] == ["cnn"]
    assert json.dumps(report.document())


def test_another_size_than_that_of_the_weights_is_told(tmp_path: Path, weights: Path) -> None:
    """Grey digits of 8×8 pixels in a network for 224×224."""
    text = space("resnet18", "true", "[resnet.pt]")
    torch.save(Parts.of({"architecture": "resnet18", "stem": "imagenet"}).model((3, 8, 8), 4).state_dict(),
               weights.with_name("resnet.pt"))  # fmt: skip
    notes = check(plan_in(tmp_path, text), vocabulary()).notes
    assert (
        "resnet18: the images are 8×8, its weights were made for 224×224: they are resized on the device"
        in notes
    )
    (tmp_path / "other").mkdir()
    text = (
        text.replace("[resnet.pt]", f"[{weights.with_name('resnet.pt')}]")
        + "  input_size: images\n  stem: imagenet\n"
    )
    notes = check(plan_in(tmp_path / "other", text), vocabulary()).notes
    assert any(note.endswith("expect less of them (input_size: images)") for note in notes)
