"""Recorded curves are what they say: points of the shipped space, whole curves, drawn alike whatever came before."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.record_curves import TARGET, curves_of, drawn, finished, write
from search.plan.plan import find_space, load_plan
from search.training.vocabulary import vocabulary


def test_the_kept_curves_are_whole_and_of_the_shipped_space() -> None:
    plan = load_plan(find_space("digits.yaml"), vocabulary=vocabulary())
    with np.load(TARGET, allow_pickle=False) as arrays:
        points = [json.loads(text) for text in arrays["configurations"]]
        assert len(points) >= 200
        assert all(plan.space.check(point) == [] for point in points)
        for name in ("accuracy", "loss", "seconds"):
            assert arrays[name].shape == (len(points), plan.budget.epochs)
        assert (np.diff(arrays["seconds"], axis=1) > 0).all()
        hits = arrays["accuracy"].astype(float) * 288
        assert np.allclose(hits, hits.round(), atol=1e-3)
    assert points[7] == drawn(plan, 0, 7)


def test_a_line_that_a_stop_cut_off_is_trained_again(tmp_path: Path) -> None:
    partial = tmp_path / "partial.jsonl"
    assert finished(partial) == {}
    partial.write_text('{"number": 0}\n{"number": 1}\n{"numb', encoding="utf-8")
    assert sorted(finished(partial)) == [0, 1]
    assert partial.read_text(encoding="utf-8").endswith('{"number": 1}\n')


def test_what_diverged_is_nan_from_there_on(tmp_path: Path) -> None:
    line = {"point": {"a": 1}, "val/accuracy": [0.5], "val/loss": [1.0], "seconds": [0.1]}
    assert np.array_equal(curves_of([line], "val/loss", 3), [[1.0, np.nan, np.nan]], equal_nan=True)
    write(tmp_path / "x.npz", [line], 3)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        assert json.loads(str(arrays["configurations"][0])) == {"a": 1}
