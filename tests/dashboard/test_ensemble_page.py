"""What the page Winner shows of an ensemble, and which verb its button starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from search.runs.layout import RunLayout
from tests.dashboard.visits import checked, figures, said, visited
from tests.dashboard.winner_page import Verbs, press, real, verbs

__all__ = ["real", "verbs"]


ENSEMBLE = {
    "format": 1,
    "split": "validation",
    "run": "tiny",
    "members": [{"trial": 2, "share": 0.75}, {"trial": 0, "share": 0.25}],
    "together": {
        "mean": 0.98,
        "sd": 0.0,
        "low": 0.97,
        "high": 0.99,
        "seeds": 1,
        "images": 288,
        "any_seed": False,
    },
    "alone": {
        "mean": 0.97,
        "sd": 0.0,
        "low": 0.96,
        "high": 0.98,
        "seeds": 1,
        "images": 288,
        "any_seed": False,
    },
    "gain": {"mean": 0.01, "low": 0.002, "high": 0.018},
    "cost": {"parameters": 3000, "flops": 500},
    "cost_alone": {"parameters": 1000, "flops": 200},
    "library": 4,
    "completed": 9,
    "judged": 9,
    "possible": {"mean": 0.02, "low": 0.0, "high": 0.04},
}


def opened(app: AppTest) -> AppTest:
    app.session_state["ensemble"] = True
    return checked(app.run())


def test_the_button_chooses_an_ensemble_of_that_run(real: Path, verbs: Verbs) -> None:
    press(opened(visited("winner", run="tiny")), "Choose an ensemble")
    assert verbs.started == [["search.ensemble", "--json", "--", str(real)]]


def test_an_ensemble_is_shown_with_gain_interval_and_cost(real: Path) -> None:
    RunLayout(real).winner.mkdir()
    RunLayout(real).ensemble.write_text(json.dumps(ENSEMBLE))
    app = opened(visited("winner", run="tiny"))
    assert figures(app)["Gain"] == "+0.0100"
    assert figures(app)["Cost of an answer"] == "× 2.5"
    assert "(+0.0020 to +0.0180), on 288 validation images" in said(app)
    assert "could have gained +0.0200" in said(app)
    table = next(one.value for one in app.dataframe if "share" in one.value)
    assert table["share"].tolist() == [75.0, 25.0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda known: {**known, "format": 9},
        lambda known: {**known, "cost_alone": {"parameters": 1, "flops": 0}},
        lambda known: {**known, "gain": {"mean": "much", "low": 0, "high": 1}},
        lambda _: {},
    ],
)
def test_a_damaged_ensemble_is_told(
    real: Path, damage: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    RunLayout(real).winner.mkdir()
    RunLayout(real).ensemble.write_text(json.dumps(damage(ENSEMBLE)))
    assert "ensemble.json" in said(visited("winner", run="tiny"))
