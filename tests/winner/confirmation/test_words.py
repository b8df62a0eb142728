"""A confirmation in sentences: nothing is left out that a figure rests on, and nothing is claimed that was not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from search.confirming import table
from search.winner.confirmation.document import Candidate, Confirmation
from search.winner.confirmation.words import sentences, warnings
from tests.dashboard.confirmations import candidate, document, estimate


def said(**changes: object) -> str:
    return "\n".join(sentences(document(**changes)))


def warned(**changes: object) -> str:
    return "\n".join(warnings(document(**changes)))


def test_the_figure_is_told_with_its_split_images_seeds_spread_and_interval() -> None:
    text = said()
    assert (
        "Expected accuracy on new images: 0.9650 (95 % interval 0.9550 to 0.9750; 359 test images, 5 seeds, standard "
        "deviation 0.0020 between seeds)." in text
    )
    assert "on the validation images: 0.9700" in text
    assert "best of 2 candidates with a probability of 70%" in text
    assert "runner-up is trial 0, 0.0030 behind in accuracy (95 % interval -0.0040 to 0.0100)" in text
    assert warned() == ""


def test_the_optimism_is_that_of_the_objective() -> None:
    assert "saw val/accuracy 0.9800, new seeds reach 0.9700: 0.0100 too good" in said()
    loss = said(metric="val/loss", search_score=0.2, confirmed_score=0.25, optimism=0.05)
    assert "saw val/loss 0.2000, new seeds reach 0.2500: 0.0500 too good" in loss
    better = said(optimism=-0.002)
    assert "it was not too hopeful" in better
    assert "luck" not in better


def test_one_model_says_nothing_of_other_seeds_and_that_is_told() -> None:
    one = replace(estimate(0.965, images=359, seeds=1), any_seed=False)
    assert "359 test images, 1 seed; of this one model: other seeds vary beyond it" in said(test=one)


@pytest.mark.parametrize(
    ("other", "saves"),
    [
        (candidate(0, 0.967, phase=1), "with 1,000 parameters instead of 3,000 and 2,000 multiplications"),
        (candidate(0, 0.967, phase=1, flops=9999), "with 1,000 parameters instead of 3,000."),
        (
            candidate(0, 0.967, phase=1, parameters=2990),
            "with 2,000 multiplications an image instead of 6,000.",
        ),
    ],
)
def test_a_cheaper_model_that_is_not_worse_is_named_with_what_it_saves_alone(
    other: Candidate, saves: str
) -> None:
    text = said(candidates=(candidate(2, 0.97), other))
    assert "Trial 0 is not significantly worse" in text
    assert saves in text


@pytest.mark.parametrize(
    "other",
    [
        candidate(0, 0.967, phase=1, parameters=2990, flops=5990),  # hardly smaller
        candidate(0, 0.967, phase=1, behind=None),  # too few seeds to tell
        candidate(5, 0.967, phase=1),  # larger
    ],
)
def test_no_other_is_called_cheaper(other: Candidate) -> None:
    assert "not significantly worse" not in said(candidates=(candidate(2, 0.97), other))


def test_what_too_few_seeds_cannot_tell_is_told() -> None:
    assert "too few seeds tell" in said(
        candidates=(candidate(2, 0.97), candidate(0, 0.96, phase=1, behind=None))
    )
    failed = candidate(0, 0.9, phase=1, validation=None, behind=None, score=None, failed=5)
    assert "trial 0, whose trainings failed" in said(candidates=(candidate(2, 0.97), failed))


def test_test_images_that_were_looked_at_before_are_told() -> None:
    assert "by models of other trials (3 of trial 1)" in warned(looked={"2": 5, "1": 3})
    assert "looked at before, by 4 other models of this trial" in warned(looked={"2": 9})
    assert "no test images" in warned(test=None, looked={})


def test_the_table_has_the_objective_and_the_accuracy_apart_within_80_columns() -> None:
    found: Confirmation = document(
        metric="val/precision",
        candidates=(candidate(1234, 0.97, score=0.5), candidate(0, 0.9, phase=1)),
        winner=1234,
    )
    console = Console(width=80, record=True, file=None)
    with console.capture() as captured:
        console.print(table(found))
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert "val/precision" in lines[0]
    assert lines[2].split()[:4] == ["1234", "0.9800", "0.5000", "0.9700"]
    assert "…" not in captured.get()
