"""Logs of another program on the pages: what they are ranked by is guessed, said, and can be chosen in the URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard.visits import figures, said, visited
from tests.runs.logs.writing import NAME, VERSION, scalars, write


@pytest.fixture(autouse=True)
def _logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trials: the second has the higher accuracy, the first the lower loss."""
    for name, accuracy, loss in (("a", 0.6, 0.1), ("b", 0.8, 0.4)):
        path = tmp_path / "logs" / "experiment" / name / NAME
        write(
            path, [VERSION, *(scalars(step, **{"val/accuracy": accuracy, "loss": loss}) for step in (1, 2))]
        )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", str(tmp_path / "logs")])


def test_the_objective_is_guessed_and_said() -> None:
    app = visited("overview", run="experiment")
    assert next(iter(figures(app).values())) == "0.8000"
    assert "val/accuracy was chosen as the objective by its name" in said(app)


def test_the_url_may_name_another_objective() -> None:
    app = visited("overview", run="experiment", objective="loss:min")
    assert next(iter(figures(app).values())) == "0.1000"
    assert "by its name" not in said(app)


@pytest.mark.parametrize("text", ["nothing:max", "loss", "loss:most", ":min", "val/accuracy"])
def test_an_objective_that_is_none_is_as_if_none_were_named(text: str) -> None:
    again = visited("overview", run="experiment", objective=text)
    assert next(iter(figures(again).values())) == "0.8000"


def test_an_objective_is_chosen_and_stands_in_the_url() -> None:
    app = visited("leaderboard", run="experiment")
    next(box for box in app.selectbox if box.label == "Rank trials by").select("loss")
    app.radio[0].set_value("lower")
    next(button for button in app.button if button.key == "objective").click()
    app.run()
    assert app.query_params["objective"] in ("loss:min", ["loss:min"])
    assert list(app.dataframe[0].value["score"]) == [pytest.approx(0.1), pytest.approx(0.4)]
