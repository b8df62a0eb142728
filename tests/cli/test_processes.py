"""`resources.processes`: a real search whose trials are trained by two processes each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search.runs.layout import RunLayout
from search.runs.reader import open_run
from search.training.data import load_data
from search.training.fit import fit
from tests.faults.searches import done, short_space

pytestmark = pytest.mark.timeout(1200)


def test_a_search_whose_trials_have_two_processes_each(tmp_path: Path) -> None:
    """From `--set` to the record; what is recorded of the first trial is what one process finds with its settings."""
    space, runs = short_space(tmp_path, trials=2, epochs=2), tmp_path / "runs"
    settings = ("--set", "resources.processes=2", "--set", "space.dropout=0.0")
    ended = done("run", "--space", space, "--runs-dir", str(runs), *settings, "--json", folder=tmp_path)
    assert ended.code == 0, ended.err
    trial = open_run(runs / "digits").trials[0]
    assert trial.status == "completed"
    config = trial.config
    assert config is not None
    *_, expected = fit(config, load_data(config.data), device="cpu")
    for name in ("train/loss", "val/loss"):
        assert trial.metrics[name] == pytest.approx(expected.metrics[name], rel=1e-3)
    environment = RunLayout(runs / "digits").trial(0).attempt(1).environment
    assert json.loads(environment.read_text(encoding="utf-8"))["processes"] == "2"
