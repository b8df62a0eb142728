"""The logs that are measured are what they claim to be, and every reader finds all of their values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.contenders.readers import READERS
from benchmarks.generate.event_logs import TAGS, Form, append, generate
from benchmarks.reading import BASE, Figures, appended, rows
from search.runs.logs.folder import LogFolder


@pytest.mark.parametrize("form", ["ours", "single"])
def test_every_reader_finds_every_value(tmp_path: Path, form: Form) -> None:
    generate(tmp_path / "logs", trials=3, epochs=4, form=form)
    for name in (BASE, "EventAccumulator"):
        assert READERS[name](tmp_path / "logs") == 3 * 4 * len(TAGS)


def test_both_forms_hold_the_same_values(tmp_path: Path) -> None:
    for form in ("ours", "single"):
        generate(tmp_path / form, trials=3, epochs=4, form=form)
        append(tmp_path / form, trials=2, epoch=5, form=form)
    ours, single = (LogFolder(tmp_path / form).refresh() for form in ("ours", "single"))
    assert [run.hparams for run in ours.runs] == [run.hparams for run in single.runs]
    for tag in TAGS:
        assert np.array_equal(ours.matrix(tag)[1], single.matrix(tag)[1], equal_nan=True)
    assert ours.matrix(TAGS[0])[1].shape == (3, 5)


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    generate(tmp_path / "logs", trials=10, epochs=50)
    cpu, wall = appended(tmp_path / "logs", "ours")
    assert len(cpu) == len(wall) == 9


def test_ratios_are_taken_within_a_round() -> None:
    def figures(cpu: float) -> Figures:
        return Figures(cpu, cpu, 10.0, 1)

    rounds = [{BASE: figures(1.0), "tbparse": figures(3.0)}, {BASE: figures(2.0)}, {BASE: figures(4.0)}]
    assert rows([BASE, "tbparse"], rounds) == [
        f"| {BASE} | 2.00 | 10 | 2.0 | 1.00 (1.00 – 1.00) | 3 |",
        "| tbparse | 3.00 | 10 | 3.0 | 3.00 (3.00 – 3.00) | 1 |",
    ]
