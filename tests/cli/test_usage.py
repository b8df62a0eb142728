"""Bad usage ends with exit code 2 and a sentence that says where and how; nothing is left on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from search import resume, run, status, stop

Captured = pytest.CaptureFixture[str]


def complaint(capsys: Captured) -> str:
    """Return what was complained of; before it stands at most where a search would run."""
    said = capsys.readouterr()
    assert len(said.out.splitlines()) <= 1
    assert "Traceback" not in said.err
    return said.err.strip()


def last_line(capsys: Captured) -> dict[str, Any]:
    """Return the last of the JSON lines; every line must be one."""
    return [dict(json.loads(line)) for line in capsys.readouterr().out.splitlines()][-1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--space", "digits.yaml", "--concurrency", "0"], "a whole number of at least 1 is expected"),
        (["--space", "digits.yaml", "--gpus-per-trial", "1.5"], "a share of a GPU below 1, or whole GPUs"),
        (["--space", "digits.yaml", "--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--space", "digits.yaml", "--local", "--cluster", "c.yaml"], "not allowed with argument --local"),
        (["--space", "digits.yaml", "--address", "auto", "--cluster", "c.yaml"], "not allowed with"),
        ([], "the following arguments are required: --space"),
    ],
)
def test_an_option_that_is_wrong_is_named(words: list[str], sentence: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        run.main(words)
    assert end.value.code == 2
    assert sentence in complaint(capsys)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--space", "digit.yaml"], "did you mean 'digits.yaml'"),
        (["--space", "digits.yaml", "--trials", "many"], "budget.trials"),
        (["--space", "digits.yaml", "--epochs", "0"], "budget.epochs"),
        (["--space", "digits.yaml", "--time-budget", "soon"], "budget.time"),
        (["--space", "digits.yaml", "--set", "space.widht=8"], "widht"),
        (["--space", "digits.yaml", "--set", "nonsense"], "nonsense"),
        (["--space", "digits.yaml", "--name", "../up"], "--name '../up'"),
        (
            ["--space", "mnist.yaml", "--set", "data.name=image_folder", "--data-dir", "nowhere"],
            "nowhere",
        ),
    ],
)
def test_a_plan_that_is_wrong_is_told_in_a_sentence_before_anything_is_made(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.main(words) == 2
    assert sentence in complaint(capsys)
    assert not list(tmp_path.glob("runs/*"))


def test_for_machines_a_complaint_is_a_json_line(tmp_path: Path, capsys: Captured) -> None:
    assert run.main(["--space", "digit.yaml", "--json"]) == 2
    document = last_line(capsys)
    assert document["event"] == "error"
    assert "digits.yaml" in document["mistakes"][0]


@pytest.mark.parametrize("verb", [resume, status, stop])
def test_a_folder_that_is_no_run_is_refused(verb: object, tmp_path: Path, capsys: Captured) -> None:
    assert verb.main([str(tmp_path)]) == 2  # type: ignore[attr-defined]
    assert complaint(capsys) == f"{tmp_path}: this is no run: there is no plan.yaml in it"


@pytest.mark.parametrize("words", [["--trials", "32"], ["--trials", "+0"], ["--trials", "-3"]])
def test_more_trials_are_given_with_a_plus(words: list[str], tmp_path: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        resume.main([str(tmp_path), *words])
    assert end.value.code == 2
    assert "+32" in complaint(capsys) or "expected one argument" in complaint(capsys)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        ("", "the folder of a run (with a plan.yaml), of a trial (with a trial.json) or of a bundle"),
        ("config.json", "a trial's configuration is expected"),
    ],
)
def test_what_a_search_cannot_begin_from_is_told_before_anything_is_made(
    made: str, sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    if made:
        (earlier / made).write_text("{}", encoding="utf-8")
    words = ["--space", "digits.yaml", "--runs-dir", str(tmp_path / "runs"), "--warm-start", str(earlier)]
    assert run.main(words) == 2
    said = complaint(capsys)
    assert said.startswith(f"--warm-start {earlier}")
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.glob("runs/*"))


def test_check_prints_what_the_search_would_cost_and_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.main(["--space", "digits.yaml", "--check"]) == 0
    said = capsys.readouterr().out
    for word in ("cnn", "parameters", "FLOPs", "memory", "epochs"):
        assert word in said
    assert not (tmp_path / "runs").exists()


def test_check_says_in_one_sentence_that_the_images_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--space",
        "digits.yaml",
        "--set",
        "data.name=image_folder",
        "--data-dir",
        str(tmp_path / "nowhere"),
    ]
    assert run.main([*words, "--check"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"{tmp_path / 'nowhere'}")
    assert "Traceback" not in said.err


def test_check_for_machines_is_one_json_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.main(["--space", "digits.yaml", "--check", "--json", "--trials", "7", "--epochs", "5"]) == 0
    document = last_line(capsys)
    assert document["event"] == "check"
    assert document["most_trials"] == 7
    assert document["most_epochs"] == 35
    assert document["configurations"] is None
