"""The verb `search.predict`: what it prints for people and for programs, its exit codes, a trial's own images."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import search
from search import predict as verb
from search.runs.predictions import read_predictions
from search.winner.classifier import Classifier
from tests.hostile_images import encoded, noise, unreadable


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of two images and one that is none."""
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(2):
        (folder / f"{place}.png").write_bytes(encoded(noise("L", (8 + place, 8)), "PNG"))
    (folder / "9.png").write_bytes(unreadable()["truncated"])
    return folder


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def piped(lines: bytes) -> io.TextIOWrapper:
    """Return standard input as a strict terminal has it."""
    return io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8", errors="strict")


def test_programs_get_a_line_for_each_image_and_the_unreadable_are_named(
    bundle: Path, images: Path, classifier: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb.main([str(bundle), str(images), "--top", "2", "--json"]) == 1
    first, second, damaged = lines(capsys)
    (said,) = classifier.predict([images / "0.png"])
    assert first == {
        "event": "prediction",
        "image": str(images / "0.png"),
        "predictions": [
            {"label": label, "probability": pytest.approx(p, abs=1e-6)} for label, p in said.top(2)
        ],
        "pictures": {},
    }
    assert second["image"].endswith("1.png")
    assert (damaged["event"], damaged["image"]) == ("unreadable", str(images / "9.png"))


def test_people_get_a_table_of_80_columns(
    bundle: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb.main([str(bundle), str(images / "0.png")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3
    assert max(map(len, printed)) <= 80
    shares = [float(line.split()[-1].rstrip("%")) for line in printed]
    assert shares == sorted(shares, reverse=True)


def test_explanations_are_pictures_in_the_folder_that_was_named(
    bundle: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--explain", "gradcam", "features", "--out", str(tmp_path / "why"), "--json", "--"]
    assert verb.main([*words, str(bundle), str(images / "0.png")]) == 0
    (said,) = lines(capsys)
    assert set(said["pictures"]) == {"gradcam", "features"}
    assert {Path(path) for path in said["pictures"].values()} == set((tmp_path / "why").iterdir())


def test_explain_alone_is_gradcam(bundle: Path, images: Path, tmp_path: Path) -> None:
    assert verb.main([str(bundle), str(images / "0.png"), "--out", str(tmp_path / "why"), "--explain"]) == 0
    assert [path.name for path in (tmp_path / "why").iterdir()] == ["0001-0-gradcam.png"]


def test_names_are_taken_from_standard_input(
    bundle: Path, images: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", piped(f"{images / '1.png'}\n{images / 'gone.png'}\n".encode()))
    assert verb.main([str(bundle), "-", "--json"]) == 1
    assert [(line["event"], line["image"]) for line in lines(capsys)] == [
        ("prediction", str(images / "1.png")),
        ("unreadable", str(images / "gone.png")),
    ]


def test_a_trial_of_a_run_answers_on_its_own_validation_images(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it says is what was recorded when it was trained, at the places that validation.npz counts."""
    best = search.open_run(finished).best()
    assert best is not None
    recorded = read_predictions(best.layout.validation)
    words = ["--trial", str(best.number), "--validation", "0", "7", "287", "--top", "10", "--json", "--"]
    assert verb.main([*words, str(finished)]) == 0
    for place, said in zip((0, 7, 287), lines(capsys), strict=True):
        logits = recorded.logits[place].astype(np.float64)
        expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        found = {one["label"]: one["probability"] for one in said["predictions"]}
        assert [found[str(label)] for label in range(10)] == pytest.approx(expected, abs=0.01)
        assert said["true"] == str(recorded.labels[place])
        assert said["image"] == f"validation image {place}"


def test_the_true_class_is_marked_for_people(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb.main([str(finished), "--trial", "best", "--validation", "3", "--top", "10"]) == 0
    best = search.open_run(finished).best()
    assert best is not None
    said = capsys.readouterr().out
    assert said.startswith(f"trial {best.number}: the best of the search")
    assert said.count("← true") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no image was named"),
        (["--validation", "3"], "add --trial N"),
        (["a.png", "--explain", "magic"], "invalid choice: 'magic'"),
        (["a.png", "--temperature", "0"], "a number above 0"),
        (["a.png", "--trial", "x"], "`best` or the number"),
        (["a.png", "--top", "0"], "at least 1"),
    ],
)
def test_bad_usage_is_refused_in_a_sentence(
    bundle: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = verb.main([str(bundle), *words])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trial", "99", "--validation", "0"], "but 99 was asked for"),
        (["--trial", "best", "--validation", "288"], "numbered 0 to 287, but 288 was asked for"),
        (["a.png"], "SHA256SUMS cannot be read"),
    ],
)
def test_what_a_run_has_not_is_said(
    finished: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb.main([str(finished), *words]) == 2
    assert said in capsys.readouterr().err


def test_a_name_that_is_no_text_is_taken_from_standard_input_and_printed_as_plain_text(
    bundle: Path, images: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = os.fsencode(images) + b"/caf\xe9\x1b[31m.png"
    shutil.copy(images / "0.png", name)
    monkeypatch.setattr("sys.stdin", piped(name + b"\n"))
    assert verb.main([str(bundle), "-"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    Path(os.fsdecode(name)).unlink()
