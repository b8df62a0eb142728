"""The verbs that ask a search for something, where nobody drives it: note, enqueue; and the words of a space."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

import search
from dashboard.prepare.requests import notes, tags
from search import enqueue, note, vocabulary
from search.plan.vocabulary_document import read_vocabulary
from search.runs import requests
from search.runs.layout import RunLayout
from search.tuning.vocabulary import vocabulary as words
from tests.dashboard.conftest import make_run

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return make_run(tmp_path)


def test_a_note_and_tags_are_kept(layout: RunLayout, capsys: Captured) -> None:
    root = str(layout.root)
    assert note.main([root, "2", "its", "loss rises"]) == 0
    assert note.main([root, "2", "keep", "look", "--tag"]) == 0
    assert note.main([root, "2", "keep", "--tag", "--remove", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "kept at trial 2"
    assert json.loads(lines[-1]) == {"event": "note", "applied": True, "message": "kept at trial 2"}
    recorded = search.open_run(layout.root).requests
    assert [one.text.partition(": ")[2] for one in notes(recorded, 2)] == ["its loss rises"]
    assert tags(recorded, 2) == ("look",)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["9", "odd"], "has trials 0 to 3, but 9 was asked for"),
        (["2", " "], "`text` has 1 to 2000 characters"),
        (["2", "odd", "--remove"], "only a tag is taken away"),
    ],
)
def test_a_note_that_cannot_be_kept_is_bad_usage(
    layout: RunLayout, arguments: list[str], said: str, capsys: Captured
) -> None:
    assert note.main([str(layout.root), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_configuration_begins_with_a_trials_and_drops_what_a_change_switches_off(
    layout: RunLayout, capsys: Captured
) -> None:
    """Trial 2 is of SGD with momentum; Adam has none, and the width is fixed."""
    assert enqueue.main([str(layout.root), "--from", "2", "--set", "optimizer=adam", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert f"python -m search.resume {layout.root}" in said["message"]
    (path,) = requests.pending(layout)
    assert requests.read(path).arguments == {"point": {"optimizer": "adam", "learning_rate": 0.02}}


def test_a_path_with_spaces_can_be_copied_from_what_is_said(tmp_path: Path, capsys: Captured) -> None:
    root = make_run(tmp_path / "my runs").root
    assert enqueue.main([str(root), "--from", "2"]) == 0
    command = capsys.readouterr().out.partition("goes on: ")[2]
    assert shlex.split(command) == ["python", "-m", "search.resume", str(root)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "learning_rate=7"], "found 7, expected a number from 0.001 to 0.1"),
        (["--set", "lerning_rate=0.01"], "did you mean 'learning_rate'?"),
        (["--set", "learning_rate"], "NAME=VALUE is expected"),
        (
            ["--set", f"learning_rate={'1' * 401}"],
            "--set learning_rate: a whole number of at most 400 digits",
        ),
        (["--from", "9"], "but 9 was asked for"),
        ([], "--from N, --set NAME=VALUE or both are expected"),
        (["--set", "momentum=0.6", "--set", "optimizer=adam"], "active only when optimizer is sgd"),
    ],
)
def test_a_configuration_outside_the_space_is_bad_usage_and_nothing_is_asked(
    layout: RunLayout, arguments: list[str], said: str, capsys: Captured
) -> None:
    assert enqueue.main([str(layout.root), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert requests.pending(layout) == []


@pytest.mark.parametrize("verb", [note, enqueue])
def test_where_there_is_no_run_it_is_told(verb: object, tmp_path: Path, capsys: Captured) -> None:
    arguments = [str(tmp_path), "0", "x"] if verb is note else [str(tmp_path), "--from", "0"]
    assert verb.main(arguments) == 2  # type: ignore[attr-defined]
    assert "this is no run" in capsys.readouterr().err


def test_the_words_are_printed_for_a_program_whole(capsys: Captured) -> None:
    assert vocabulary.main(["--json"]) == 0
    assert read_vocabulary(json.loads(capsys.readouterr().out)) == words()


def test_the_words_are_printed_for_a_person_with_defaults_and_ranges(capsys: Captured) -> None:
    assert vocabulary.main([]) == 0
    said = capsys.readouterr().out
    for setting in words().settings:
        assert setting.name in said
    assert "  asha: grace_period (1), reduction_factor (3)" in said
    assert "data.name\n  digits, " in said


def test_what_stands_beside_a_choice_is_looked_up_by_its_name(capsys: Captured) -> None:
    assert vocabulary.main(["adamw"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "weight_decay decay per step and learning rate; not on biases, norms a number from 0 to 10; default 0.01"
        in said
    )
    assert "momentum" not in said


@pytest.mark.parametrize(("word", "hint"), [("coosine", "did you mean 'cosine'?"), ("qqq", "lists them all")])
def test_a_word_that_is_none_is_told_the_nearest(word: str, hint: str, capsys: Captured) -> None:
    assert vocabulary.main([word]) == 2
    assert f"no word of a space has to do with {word!r}: " in (said := capsys.readouterr().err)
    assert hint in said
