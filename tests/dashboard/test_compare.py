"""Trials side by side and the candidate's rivals, against conftest's four trials and a real search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import search
from dashboard.prepare import compare, rivals
from search.runs.interval import wilson
from search.runs.pairing import Pairing, pair
from search.runs.predictions import read_predictions
from search.runs.reader import open_run
from search.runs.run import Run
from tests.dashboard import records


@pytest.fixture
def run(runs: Path) -> Run:
    return open_run(runs / "small")


def test_only_what_differs_is_listed_and_what_a_trial_lacks_is_marked(run: Run) -> None:
    table = compare.configurations([run.trial(0), run.trial(1)], differing=True).set_index("setting")
    assert set(table.index) == {"optimizer", "learning_rate", "momentum"}
    assert table.loc["momentum"].tolist() == [compare.ABSENT, "0.9"]
    everything = compare.configurations([run.trial(0), run.trial(1)], differing=False)
    assert set(everything["setting"]) - set(table.index) == {"width"}


def test_what_the_space_names_comes_first(searched: Path) -> None:
    trials = search.open_run(searched).trials[:2]
    names = list(compare.configurations(trials, differing=False)["setting"])
    named = list(dict.fromkeys(name for one in trials for name in one.point))
    assert names[: len(named)] == named
    assert names[len(named) :] == sorted(names[len(named) :])


def test_a_trial_does_not_differ_from_itself(run: Run) -> None:
    assert compare.configurations([run.trial(2), run.trial(2)], differing=True).empty


def test_unequally_long_trials_are_compared_where_both_were(run: Run) -> None:
    trials = [run.trial(2), run.trial(1)]
    assert compare.common_epoch(trials) == 1
    table = compare.figures(run, trials)
    assert table["at epoch 1"].tolist() == [0.6, 0.9]
    assert table["score"].tolist() == [0.9, 0.9]
    low, high = wilson(0.9, 100)
    assert table["interval"][0] == f"{low:.4f} to {high:.4f}"


def paired(first: int, second: int, p: float) -> Pairing:
    rows = np.arange(first), np.arange(second)
    return Pairing(80, 100 - 80 - first - second, *rows, (first - second) / 100, -0.01, 0.1, p)


def test_a_difference_that_chance_explains_is_called_that() -> None:
    assert "cannot be told apart" in compare.verdict(3, 7, paired(5, 4, 1.0))
    assert "trial 3 is better by more than chance" in compare.verdict(3, 7, paired(12, 1, 0.003))
    assert "trial 7 is better by more than chance" in compare.verdict(3, 7, paired(1, 12, 0.0001))
    assert "p = below 0.001" in compare.verdict(3, 7, paired(1, 12, 0.0001))


def test_rivals_are_compared_with_the_candidate_at_the_epoch_that_both_reached(run: Run) -> None:
    table = rivals.rivals(run).set_index("trial")
    assert table.index.tolist() == [2, 0, 1]
    assert table["epoch"].tolist() == [3, 3, 1]
    assert table["gap"].tolist()[1:] == pytest.approx([-0.1, 0.3])
    assert np.isnan(table["gap"].tolist()[0])


def test_the_p_values_are_those_of_the_pairs_of_the_same_epoch(searched: Path) -> None:
    found = search.open_run(searched)
    table = rivals.rivals(found).set_index("trial")
    best = found.best()
    assert best is not None
    first = read_predictions(best.layout.validation)
    for number, row in table.iloc[1:].iterrows():
        second = read_predictions(found.trial(int(number)).layout.validation)
        if first.step == second.step:
            assert row["p"] == pair(first, second).p_value
        else:
            assert np.isnan(row["p"])


def test_rivals_that_cannot_be_told_from_the_candidate_are_named() -> None:
    table = pd.DataFrame(
        {"trial": [2, 0, 1, 5], "overlap": ["", "yes", "yes", "no"], "p": [np.nan, 0.2, np.nan, 0.01]}
    )
    assert "trials 0, 1 on these images" in rivals.close(table)
    assert "None of the rivals" in rivals.close(table.iloc[[0, 3]])
    assert "No other trial" in rivals.close(table.iloc[:1])


def test_without_images_nothing_is_claimed_of_how_far_rivals_can_be_told_from_the_candidate(
    tmp_path: Path,
) -> None:
    """Logs of another program: no answers on images, and nobody says of how many images an accuracy is."""
    made = records.run(
        tmp_path / "run",
        [records.curve(0, [0.5, 0.80]), records.curve(1, [0.5, 0.81])],
        measured=records.no_logs(tmp_path / "logs", 2),
    )
    best = made.best()
    assert best is not None
    said = rivals.close(rivals.rivals(made))
    assert "cannot be told" in said
    assert "None of the rivals" not in said
    assert "do not say on which images" in " ".join(rivals.caveats(made, best))


def test_the_candidate_is_said_to_be_unconfirmed(run: Run) -> None:
    best = run.best()
    assert best is not None
    said = " ".join(rivals.caveats(run, best))
    assert "Not confirmed yet: it is the best of 3 noisy numbers" in said
    assert "one seed" in said
    assert "100 validation images" in said
