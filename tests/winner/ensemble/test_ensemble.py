"""The ensemble of a real small search: chosen, written down, said, exported as one model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import search
from search import ensemble as verb
from search.plan.plan import load_plan
from search.runs.predictions import read_predictions
from search.runs.run import Run
from search.training.data import load_data
from search.tuning.vocabulary import vocabulary
from search.winner.candidate import CannotExport
from search.winner.ensemble.choose import NoEnsemble, choose_ensemble
from search.winner.ensemble.document import EnsembleError, read_ensemble
from search.winner.ensemble.selection import probabilities
from search.winner.ensemble.trained import load_ensemble
from search.winner.export import export
from search.winner.rebuild import rebuilt
from tests.inprocess import Search

SPACE = """\
name: three
data: {name: digits, validation: 0.2}
budget: {trials: 3, epochs: 4}
scheduler: {name: none}
space:
  architecture: cnn
  layers: 1
  width: [8, 12, 16]
  dense_units: 16
  optimizer: adam
  learning_rate: {low: 5e-3, high: 2e-2, log: true}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("three")
    (folder / "three.yaml").write_text(SPACE, encoding="utf-8")
    done = Search(load_plan(folder / "three.yaml", vocabulary=vocabulary()), folder / "runs" / "three")
    done.go()
    return search.open_run(done.layout.root)


def test_the_command_says_what_was_chosen_and_writes_it_down(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verb.main([str(run.layout.root), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.pop("event") == "ensemble"
    found = read_ensemble(run.layout.ensemble)
    assert said == json.loads(json.dumps(found.to_json()))
    assert {one.trial for one in found.members} <= {trial.number for trial in run.trials}
    assert (found.library, found.completed, found.judged, found.possible) == (3, 3, 3, None)
    assert found.gain.mean == pytest.approx(found.together.mean - found.alone.mean)
    assert found.cost.parameters >= found.cost_alone.parameters
    assert verb.main([str(run.layout.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("the gain" in line for line in lines)


def test_the_exported_ensemble_says_the_mean_of_what_its_members_said(run: Run, tmp_path: Path) -> None:
    found = choose_ensemble(run)
    exported = export(run, "ensemble", out=tmp_path / "bundle", names=("safetensors",))
    description, model = rebuilt(exported.bundle)
    assert [(one.trial, one.share) for one in description.members] == [
        (one.trial, one.share) for one in found.members
    ]
    data = load_data(run.plan.data.config, directory=None)
    images, _ = data.validation.read()
    mean, std = (np.array(value)[None, :, None, None] for value in (description.mean, description.std))
    normal = (images.transpose(0, 3, 1, 2) / 255 - mean) / std
    with torch.inference_mode():
        likely = model(torch.from_numpy(normal.astype(np.float32))).softmax(dim=1).numpy()
    recorded = [
        one.share * probabilities(read_predictions(run.trial(one.trial).layout.validation).logits)
        for one in found.members
    ]
    assert likely == pytest.approx(sum(recorded), abs=5e-3)


def test_a_damaged_choice_is_named(run: Run, tmp_path: Path) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "three"))
    copy.layout.ensemble.parent.mkdir(exist_ok=True)
    for text in ("", "{}", '{"format": 1, "split": "validation", "members": [{"trial": 0, "share": 7}]}'):
        copy.layout.ensemble.write_text(text, encoding="utf-8")
        with pytest.raises(EnsembleError, match=r"ensemble\.json"):
            read_ensemble(copy.layout.ensemble)
        with pytest.raises(CannotExport, match="remove it, and it is chosen anew"):
            load_ensemble(copy)


def test_one_trial_is_no_ensemble(run: Run, tmp_path: Path) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "three"))
    for trial in copy.trials[1:]:
        assert trial.weights is not None
        trial.weights.unlink()
    with pytest.raises(
        NoEnsemble, match="at least 2 completed trials whose weights were kept, but there is 1"
    ):
        choose_ensemble(search.open_run(copy.layout.root))


def test_what_would_be_gained_with_all_weights_is_said(run: Run, tmp_path: Path) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "three"))
    gone = copy.trials[0]
    assert gone.weights is not None
    gone.weights.unlink()
    found = choose_ensemble(search.open_run(copy.layout.root))
    assert (found.library, found.completed, found.judged) == (2, 3, 3)
    assert found.possible == choose_ensemble(run).gain
    assert gone.number not in {one.trial for one in found.members}


def test_damaged_predictions_are_named(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "three"))
    copy.trials[0].layout.validation.write_bytes(b"no zip")
    assert verb.main([str(copy.layout.root)]) == 2
    assert "validation.npz is damaged" in capsys.readouterr().err


def test_one_pick_gains_nothing_and_is_exported_as_the_trial_that_it_is(run: Run, tmp_path: Path) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "three"))
    found = choose_ensemble(copy, size=1)
    assert len(found.members) == 1
    assert (found.gain.mean, found.gain.low, found.gain.high) == (0, 0, 0)
    exported = export(copy, "ensemble", out=tmp_path / "bundle", names=("safetensors",))
    assert exported.verification.formats
