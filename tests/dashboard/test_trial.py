"""One trial in full: what is said of it, against conftest's four trials, and the script that trains it again."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import search
from dashboard.prepare import trial
from dashboard.prepare.logs import MOST_BYTES, logs
from dashboard.prepare.scalars import scalars
from search.runs.reader import open_run
from search.runs.run import Run
from tests.faults.searches import REPOSITORY


@pytest.fixture
def run(runs: Path) -> Run:
    return open_run(runs / "small")


def test_the_facts_of_a_completed_and_of_a_stopped_trial(run: Run) -> None:
    best = trial.facts(run, run.trial(2))
    assert (best["Status"], best["Place"], best["Score"], best["Epochs"]) == (
        "completed",
        "1 of 3",
        "0.9000",
        "3 of 3",
    )
    stopped = trial.facts(run, run.trial(1))
    assert (stopped["Place"], stopped["Epochs"], stopped["An epoch"]) == ("3 of 3", "1 of 3", "1.0 s")
    assert "behind every completed trial" in " ".join(trial.said(run, run.trial(1)))


def test_a_failed_trial_has_no_place_and_says_why(run: Run) -> None:
    assert trial.facts(run, run.trial(3))["Place"] == "none"
    assert "the loss is ![x](http://evil)" in " ".join(trial.said(run, run.trial(3)))


def test_logs_of_another_program_are_not_said_to_have_a_sampler_or_a_seed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "foreign", property(lambda _: True))
    said = " ".join(trial.said(run, run.trial(2)))
    assert "Read from:" in said
    assert "Seed" not in said


def test_the_decisions_say_by_how_much_the_cut_off_was_missed(run: Run) -> None:
    found = trial.decisions(run, run.trial(0))
    assert found["epoch"] == [1]
    assert found["cut-off"] == [0.5]
    assert found["ahead by"] == [0.0]
    assert found["decision"] == ["went on"]


def test_the_stints_are_listed_with_their_times(run: Run) -> None:
    found = trial.stints(run.trial(0))
    assert found["attempt"] == [1]
    assert found["lasted"] == ["13.0 s"]
    assert found["ending"] == ["stopped"]


def test_the_curves_of_a_real_trial_are_all_its_scalars_the_objective_first(searched: Path) -> None:
    found = search.open_run(searched)
    curves = scalars(found, 0)
    assert next(iter(curves)) == "val/accuracy"
    assert {"val/loss", "train/loss", "train/learning_rate"} <= set(curves)
    assert curves["val/loss"] == found.curve(0, "val/loss")


def test_the_script_of_a_trial_trains_it_again(searched: Path, tmp_path: Path) -> None:
    """Of a stopped trial too: it ends where the trial ended, with the same figures."""
    found = search.open_run(searched)
    stopped = next(one for one in found.trials if one.status == "stopped")
    ran = subprocess.run(
        [sys.executable, "-c", trial.script(found, stopped)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "", "HOME": str(Path.home()), "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    told = {int(step): float(value) for step, value in (line.split() for line in ran.stdout.splitlines())}
    assert told == pytest.approx(dict(stopped.record.values), abs=0.02)
    assert set(told) == set(stopped.record.values)


def test_a_path_with_quotes_does_not_leave_the_script_s_string(searched: Path, tmp_path: Path) -> None:
    place = tmp_path / 'it\'s "mine"\\'
    place.symlink_to(searched)
    found = search.open_run(searched)
    found.layout = type(found.layout)(place)
    tree = ast.parse(trial.script(found, found.trials[0]))
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert str(place) in strings


def test_a_metric_with_quotes_does_not_leave_the_script_s_string(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of somebody else may name any metric; who copies the script must not run what it says."""
    found = open_run(searched)
    evil = 'val/accuracy"]); import os; os.system("true"); print(["'
    goal = found.plan.objective.model_copy(update={"metric": evil})
    monkeypatch.setattr(found, "plan", found.plan.model_copy(update={"objective": goal}))
    names = {
        node.id
        for node in ast.walk(ast.parse(trial.script(found, found.trials[0])))
        if isinstance(node, ast.Name)
    }
    assert "os" not in names


def test_a_trial_whose_configuration_is_not_known_has_no_script(run: Run) -> None:
    assert trial.script(run, run.trial(1)) == ""


def test_a_log_is_read_from_its_end(run: Run) -> None:
    attempt = run.trial(2).layout.attempt(1)
    attempt.log.write_text("first\n" + "x" * MOST_BYTES + "\nlast\n")
    (found,) = logs(run.trial(2))
    assert (found.attempt, found.text, found.cut) == (1, "last\n", True)


def test_a_log_that_is_a_link_or_not_there_is_left_out(run: Run, tmp_path: Path) -> None:
    assert logs(run.trial(0)) == []
    (tmp_path / "secret").write_text("secret")
    run.trial(2).layout.attempt(1).log.symlink_to(tmp_path / "secret")
    assert logs(run.trial(2)) == []


def test_what_the_space_names_stands_before_what_has_its_default(searched: Path) -> None:
    """Of some sixty settings a person has chosen ten; all of them are there to copy, as YAML."""
    shown = search.open_run(searched).trial(0)
    assert shown.config is not None
    named, defaults = trial.configuration(shown).split("\n# at their defaults:\n")
    assert [line.partition(":")[0] for line in named.splitlines()] == list(shown.point)
    assert YAML(typ="safe").load(f"{named}\n{defaults}") == dict(shown.config.settings)


def test_of_a_trial_whose_configuration_is_not_known_there_is_its_point(run: Run) -> None:
    shown = run.trial(1)
    assert shown.config is None
    assert YAML(typ="safe").load(trial.configuration(shown)) == dict(shown.point)
