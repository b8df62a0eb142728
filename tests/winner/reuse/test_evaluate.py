"""The verb `search.evaluate`: its table fits a terminal, its files hold what it says, and it says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from search import evaluate as verb
from search.evaluating import document, text
from search.runs.interval import wilson
from search.winner.classifier import Classifier
from search.winner.evaluation import evaluate
from search.winner.judged import Judged, Part


def test_programs_get_every_figure_and_the_files_hold_the_same(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(bundle), "digits", "--split", "test", "--out", str(tmp_path / "judged"), "--json"]
    assert verb.main(words) == 0
    *progress, said = map(json.loads, capsys.readouterr().out.splitlines())
    assert progress[-1]["done"] == progress[-1]["total"]
    matrix = np.array(said["confusion"])
    assert matrix.sum() == said["images"]
    assert said["accuracy"] == pytest.approx(matrix.trace() / matrix.sum())
    assert said["interval"] == pytest.approx(wilson(said["accuracy"], said["images"]))
    assert [one["images"] for one in said["classes"]] == matrix.sum(axis=1).tolist()
    assert said["calibration"]["bins"] == 15
    pictures = said.pop("pictures")
    kept = json.loads(Path(pictures["document"]).read_text())
    assert kept == {**{key: value for key, value in said.items() if key != "event"}, "format": 1}
    for name in ("confusion", "worst"):
        with Image.open(pictures[name]) as picture:
            assert picture.format == "PNG"


def test_people_get_80_columns(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb.main([str(bundle), "digits", "--temperature", "none"]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "digits, validation: 288 images" in printed
    assert "95 % interval" in printed
    assert "chose this model" in printed


@pytest.mark.parametrize(
    ("data", "words", "said"),
    [
        ("digitz", [], "did you mean 'digits'"),
        ("mnist", [], "--data-dir DIR"),
        ("digits", ["--split", "tests"], "invalid choice: 'tests'"),
    ],
)
def test_bad_usage_is_refused_in_a_sentence(
    bundle: Path, data: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = verb.main([str(bundle), data, *words])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err


def test_images_that_cannot_be_read_make_the_exit_code_1(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in "01":
        (tmp_path / label).mkdir()
        for place in range(2):
            Image.new("L", (8, 8), 90 * place).save(tmp_path / label / f"{place}.png")
    (tmp_path / "0" / "0.png").write_bytes(b"")
    assert verb.main([str(bundle), str(tmp_path)]) == 1
    assert "left out: 0/0.png: " in capsys.readouterr().out


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb.main([str(tmp_path), "digits"]) == 2
    assert "is no bundle" in capsys.readouterr().err


@pytest.mark.parametrize("count", [2, 10, 11, 150])
def test_many_classes_with_long_names_fit_80_columns_too(count: int) -> None:
    random = np.random.default_rng(0)
    classes = [f"{place} a name that is much longer than a column" for place in range(count)]
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, count))
    classifier = Classifier(model, classes=classes, shape=(1, 2, 2), mean=(0.5,), std=(0.3,))
    images, labels = random.integers(0, 256, (600, 2, 2, 1), dtype=np.uint8), random.integers(0, count, 600)
    part = Part("all", labels, images.__getitem__, "image {}".format)
    found = evaluate(classifier, Judged("x", (part,), None, ("A note that is long. " * 9,)))
    printed = list(text(found, classifier.classes))
    assert max(len(line) for lines in printed for line in lines.splitlines()) <= 80
    assert len(printed) < 60
    json.dumps(document(found, classifier.classes), allow_nan=False)


def test_a_folder_that_cannot_be_made_is_told_before_an_image_is_judged(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    out = tmp_path / "file/judged"
    assert verb.main([str(bundle), "digits", "--split", "test", "--out", str(out), "--json"]) == 1
    (said,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (said["event"], said["mistakes"]) == ("error", [f"{out}: Not a directory"])
