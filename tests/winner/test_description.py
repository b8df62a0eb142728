"""config.json is complete, canonical, read in both of its formats, and refused where it contradicts itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search.plan.trial_config import DataConfig, TrialConfig
from search.winner.bundle import BundleError
from search.winner.description import Description, Member

CONFIG = TrialConfig({"architecture": "cnn", "width": 8}, DataConfig("digits"), epochs=3, seed=1)
OTHER = replace(CONFIG, settings={"architecture": "lenet5"})
ONE = Description((Member(CONFIG, 4, 3),), ("a", "b"), (1, 8, 8), (0.3,), (0.4,), "digits")
TWO = replace(ONE, members=(Member(CONFIG, 4, 3, 0.75), Member(OTHER, 9, 2, 0.25)), preprocess="inside")


def written(folder: Path, document: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("description", [ONE, TWO])
def test_what_is_written_is_read_again_byte_for_byte(description: Description, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(description.to_json())
    assert Description.read(path) == description
    assert Description.read(path).to_json() == path.read_text()


def test_the_first_member_stands_for_all_of_them() -> None:
    assert (TWO.config, TWO.trial, TWO.epoch, TWO.shares) == (CONFIG, 4, 3, (0.75, 0.25))


def test_a_bundle_of_format_1_is_still_read(tmp_path: Path) -> None:
    document = {
        "format": 1,
        "config": CONFIG.to_json(),
        "classes": ["a", "b"],
        "shape": [1, 8, 8],
        "mean": [0.3],
        "std": [0.4],
        "run": "digits",
        "trial": 4,
        "epoch": 3,
    }
    assert Description.read(written(tmp_path, document)) == ONE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 3}, "format 2 or 1 is expected, but got 3"),
        ({"members": []}, "must sum to 1"),
        ({"preprocess": "beside"}, "but got 'beside'"),
        ({"surprise": 1}, "does not describe a model"),
        ({"classes": None}, "does not describe a model"),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_sentence(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match=said):
        Description.read(written(tmp_path, {**json.loads(TWO.to_json()), **change}))


@pytest.mark.parametrize("share", [0.5, 0.0, -1.0, 2.0])
def test_shares_that_are_none_are_refused(share: float, tmp_path: Path) -> None:
    document = json.loads(TWO.to_json())
    document["members"][0]["share"] = share
    with pytest.raises(BundleError, match="share"):
        Description.read(written(tmp_path, document))
