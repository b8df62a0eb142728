"""Export of a real small search: what is written is the trained model, whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import search
from search import export as verb
from search.plan.trial_config import TrialConfig
from search.runs.layout import write_json
from search.runs.run import Run
from search.training.data import load_data
from search.tuning.warm_start import recall
from search.winner.bundle import Bundle, BundleError, read_checksums
from search.winner.candidate import CannotExport, choice, choose
from search.winner.description import Description
from search.winner.export import Exported, export
from search.winner.formats import formats
from search.winner.place import new_folder
from search.winner.rebuild import rebuilt
from tests.winner.drawn import confirmation

pytestmark = pytest.mark.timeout(600)

WEIGHTS = ("safetensors",)


def test_the_bundle_is_the_best_trial_and_says_what_it_said(copy: Path, exported: Exported) -> None:
    best = search.open_run(copy).best()
    assert best is not None
    assert exported.trial == best.number
    assert exported.bundle.folder == copy / "winner" / f"trial-{best.number}"
    parity = exported.verification.parity
    assert (parity.agree, parity.undecided, parity.images) == (
        best.validation_images,
        0,
        best.validation_images,
    )
    assert parity.difference < 1e-3
    assert parity.accuracy == pytest.approx(best.score)


def test_the_checksums_are_those_that_sha256sum_computes(exported: Exported) -> None:
    folder = exported.bundle.folder
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=False, timeout=60
    )
    assert done.returncode == 0
    assert set(read_checksums(exported.bundle)) | {"SHA256SUMS"} == {path.name for path in folder.iterdir()}


def test_the_model_is_rebuilt_from_the_bundle_alone_and_classifies_as_the_trial_did(
    exported: Exported,
) -> None:
    description, model = rebuilt(exported.bundle)
    data = load_data(description.config.data)
    images, labels = data.validation.read()
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).double() / 255
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (description.mean, description.std))
    with torch.inference_mode():
        logits = model(((pixels - mean) / std).float())
    assert float((logits.argmax(dim=1).numpy() == labels).mean()) == pytest.approx(
        exported.verification.parity.accuracy
    )


def test_what_describes_the_bundle_is_complete_and_canonical(copy: Path, exported: Exported) -> None:
    trial, bundle = search.open_run(copy).trial(exported.trial), exported.bundle
    description = Description.read(bundle.config)
    assert description.config == trial.config
    assert description.to_json() == bundle.config.read_text()
    assert bundle.labels.read_text().split() == list(description.classes)
    assert (description.trial, description.epoch) == (trial.number, trial.epochs)


def test_the_recipe_is_the_whole_configuration(exported: Exported) -> None:
    from ruamel.yaml import YAML  # noqa: PLC0415 (of this test alone)

    document = YAML(typ="safe").load(exported.bundle.recipe.read_text())
    assert TrialConfig.from_json(document) == Description.read(exported.bundle.config).config


def test_another_search_can_begin_from_a_bundle(exported: Exported) -> None:
    (past,) = recall([exported.bundle.folder])
    assert past.trials[0].point == dict(Description.read(exported.bundle.config).config.settings)


def test_a_second_export_replaces_the_first_and_leaves_nothing_beside_it(
    copy: Path, exported: Exported, tmp_path: Path
) -> None:
    run, place = search.open_run(copy), tmp_path / "model"
    shutil.copytree(exported.bundle.folder, place)
    (place / "model.safetensors").write_bytes(b"damaged")
    export(run, out=place, names=WEIGHTS)
    rebuilt(Bundle(place))
    assert not Bundle(place).onnx.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_a_killed_export_has_left_is_removed_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".model.1.partial", tmp_path / ".model.2.partial"
    dead.mkdir()
    alive.mkdir()
    handle = os.open(alive, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with new_folder(tmp_path / "model"):
            pass
        assert sorted(path.name for path in tmp_path.iterdir()) == [".model.2.partial", "model"]
    finally:
        os.close(handle)


def spoiled(folder: Path) -> None:
    """Change one weight of a run's best trial."""
    trial = search.open_run(folder).best()
    assert trial is not None
    assert trial.weights is not None
    state = torch.load(trial.weights, weights_only=True)
    name = next(name for name, tensor in state["model"].items() if tensor.ndim > 1)
    state["model"][name] *= 1.5
    torch.save(state, trial.weights)


def test_a_model_that_says_something_else_is_not_exported(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "tiny"))
    spoiled(folder)
    with pytest.raises(CannotExport, match="is not the trained one"):
        export(search.open_run(folder), names=WEIGHTS)
    assert list((folder / "winner").iterdir()) == []


def test_each_format_was_compared_with_the_weights_on_every_validation_image(exported: Exported) -> None:
    found = exported.verification
    assert [one.name for one in found.formats] == ["safetensors", "onnx", "torch_export", "onnx_int8"]
    assert found.parity.images == found.split_images == 288
    for one in found.formats[1:3]:
        assert one.difference <= 1e-4
        assert (one.agree, one.images, one.loss) == (288, 288, None)
    int8 = found.formats[3]
    assert int8.loss is not None
    assert int8.loss.low <= int8.loss.mean <= int8.loss.high
    assert int8.accuracy == pytest.approx(found.formats[0].accuracy - int8.loss.mean)
    assert [one.bytes for one in found.formats] == [exported.sizes[one.files[0]] for one in found.formats]


def test_a_model_that_no_exporter_can_take_is_told_in_a_sentence_and_leaves_nothing(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("data-dependent\ncontrol flow")

    monkeypatch.setattr(formats["torch_export"].build, "write", refuse)
    with pytest.raises(CannotExport, match="written as torch_export: RuntimeError: data-dependent control"):
        export(search.open_run(copy), out=tmp_path / "model", names=["torch_export"])
    assert list(tmp_path.iterdir()) == []


def test_the_best_one_is_the_confirmed_winner_where_there_was_a_confirmation(
    finished: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "tiny"))
    run = search.open_run(folder)
    best, *_, other = run.exportable()
    assert (choice(run).trial.number, choice(run).why) == (best, "the best of the search, not confirmed")
    write_json(run.layout.confirmation, confirmation(other).to_json())
    assert (choice(run).trial.number, choice(run).why) == (other, "the winner of the confirmation")
    assert choice(run, best).why == "as asked for"
    run.layout.confirmation.write_text("{}")
    with pytest.raises(CannotExport, match="name one with --trial N"):
        choice(run)


def test_a_place_that_is_taken_by_something_else_is_left_alone(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(CannotExport, match="is no bundle"):
        export(search.open_run(copy), out=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_trial_without_weights_is_refused_and_those_with_them_are_named(copy: Path) -> None:
    run = search.open_run(copy)
    without = next(trial for trial in run.trials if trial.weights is None)
    with pytest.raises(CannotExport, match=f"trials? {', '.join(map(str, run.exportable()))} are there"):
        choose(run, without.number)
    with pytest.raises(CannotExport, match="but 99 was asked for"):
        choose(run, 99)


def test_predictions_of_another_epoch_are_no_proof(finished: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished, tmp_path / "tiny"))
    run: Run = search.open_run(folder)
    best = run.best()
    assert best is not None
    with np.load(best.layout.validation) as arrays:
        changed = {**arrays, "step": np.int64(1)}
    np.savez(best.layout.validation, **changed)
    with pytest.raises(CannotExport, match="is of epoch 1, but"):
        export(run)


def test_a_damaged_bundle_is_told_from_a_whole_one(exported: Exported, tmp_path: Path) -> None:
    bundle = Bundle(Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle")))
    weights = load_file(bundle.weights)
    weights.pop(max(weights))
    save_file(weights, bundle.weights)
    with pytest.raises(BundleError, match="does not fit"):
        rebuilt(bundle)
    bundle.weights.write_bytes(b"no weights")
    with pytest.raises(BundleError, match="does not fit"):
        rebuilt(bundle)
    bundle.config.write_text("{}")
    with pytest.raises(BundleError, match="does not describe a model"):
        rebuilt(bundle)


def test_the_verb_prints_its_progress_and_the_bundle_as_json(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--trial", "best", "--format", "safetensors", "--out", str(tmp_path / "model"), "--json"]
    assert verb.main([str(copy), *arguments]) == 0
    *progress, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert {line["event"] for line in progress} == {"progress"}
    assert [line["done"] for line in progress] == list(range(progress[0]["total"]))
    assert end["event"] == "exported"
    assert {file["name"]: file["bytes"] for file in end["files"]} == {
        path.name: path.stat().st_size for path in (tmp_path / "model").iterdir() if path.name != "SHA256SUMS"
    }
    assert end["why"] == "the best of the search, not confirmed"
    (weights,) = end["formats"]
    assert (weights["name"], weights["agree"], weights["against"]) == (
        "safetensors",
        weights["images"],
        "the trained model",
    )
    assert weights["latency_32"] > 0
    written = json.loads((tmp_path / "model" / "verification.json").read_text())
    assert written["formats"] == end["formats"]


def test_the_list_of_formats_says_what_brings_a_missing_one_also_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = {"executorch": "'winnow-search[executorch]'"}
    monkeypatch.setattr(verb, "missing", lambda entry: lacking.get(entry.name))
    monkeypatch.setenv("COLUMNS", "80")
    assert verb.main(["--list"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "executorch needs: pip install 'winnow-search[executorch]'"
    assert sum(" needs: " in line for line in said) == 1
    assert max(map(len, said)) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--trial", "99"], "but 99 was asked for"),
        (["--trial", "seven"], "is expected, but got 'seven'"),
        (["--format", "all", "onnx"], "no other name is expected"),
    ],
)
def test_the_verb_refuses_bad_usage_in_a_sentence(
    copy: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = verb.main([str(copy), *arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err
