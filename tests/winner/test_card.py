"""The model card: its figures are those of the trial, its programs are the tested ones, its pictures are pictures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from ruamel.yaml import YAML

import search
from search.plan.mistake import word
from search.runs.classification import accuracy, confusion_matrix
from search.runs.layout import write_json
from search.runs.predictions import read_predictions
from search.winner.bundle import Bundle
from search.winner.candidate import choose, load
from search.winner.card import write_card
from search.winner.card_tables import markdown_table
from search.winner.card_usage import usages
from search.winner.description import Description
from search.winner.export import Exported
from tests.winner.drawn import confirmation


def test_the_programs_of_the_card_are_those_that_are_tested(exported: Exported) -> None:
    shown = re.findall(r"```python\n(.*?)```", exported.bundle.card.read_text(), re.DOTALL)
    description = Description.read(exported.bundle.config)
    assert shown == [one.code for one in usages(description, ["safetensors", "onnx", "torch_export"])]


def test_the_front_matter_is_what_hugging_face_reads(exported: Exported, copy: Path) -> None:
    _, matter, _ = exported.bundle.card.read_text().split("---\n", 2)
    document: Any = YAML(typ="safe").load(matter)
    assert document["pipeline_tag"] == "image-classification"
    assert document["datasets"] == ["digits"]
    assert {"license", "tags", "metrics"} <= set(document)
    said = read_predictions(search.open_run(copy).trial(exported.trial).layout.validation)
    (result,) = document["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == pytest.approx(accuracy(said), abs=1e-6)


def test_the_table_by_class_counts_what_the_trial_said(exported: Exported, copy: Path) -> None:
    text = exported.bundle.card.read_text()
    said = read_predictions(search.open_run(copy).trial(exported.trial).layout.validation)
    matrix = confusion_matrix(said)
    assert f"{accuracy(said):.4f} on 288 validation images" in text
    for row, name in enumerate(Description.read(exported.bundle.config).classes):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert int(cells[-1]) == matrix[row].sum()
        assert cells[2].startswith(f"{matrix[row, row] / matrix[row].sum():.3f}")


def test_every_file_is_named_with_its_latency_and_the_pictures_are_there(exported: Exported) -> None:
    text = exported.bundle.card.read_text()
    for name in ("model.safetensors", "model.onnx", "model.pt2", "model-int8.onnx"):
        assert f"| {name} |" in text
    for picture in (exported.bundle.confusion, exported.bundle.curves):
        assert f"({picture.name})" in text
        with Image.open(picture) as image:
            assert min(image.size) >= 200
        assert picture.stat().st_size < 200_000


def test_a_confirmed_accuracy_is_told_with_its_split_and_its_seeds(
    exported: Exported, copy: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(copy, tmp_path / "tiny"))
    run = search.open_run(folder)
    trained = load(run, choose(run, exported.trial))
    bundle = Bundle(Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle")))
    write_json(run.layout.confirmation, confirmation(exported.trial).to_json())
    write_card(trained, bundle, exported.verification)
    assert "reaches 0.9000 on 288 test images (95 % interval 0.8700 to 0.9300" in bundle.card.read_text()
    write_json(run.layout.confirmation, confirmation(exported.trial + 1).to_json())
    write_card(trained, bundle, exported.verification)
    assert "test images (95 %" not in bundle.card.read_text()  # another trial's


def test_names_of_classes_cannot_break_a_table() -> None:
    text = markdown_table(("class", "images"), [("a|b<img src=x>\n# c", "3")])
    assert len(text.splitlines()) == 3
    assert "<img" not in text.replace("\\<", "")


def test_what_the_space_named_stands_before_the_whole_recipe(exported: Exported, copy: Path) -> None:
    """A reader looks for what was chosen, and not among sixty defaults."""
    text = exported.bundle.card.read_text()
    (line,) = [one for one in text.splitlines() if one.startswith("Named by the space that was searched: ")]
    said = line.replace("\\", "")
    for name, value in search.open_run(copy).trial(exported.trial).point.items():
        assert f"{name} {word(value)}" in said
    assert text.index(line) < text.index("```yaml")
