"""The pages Runs, Overview, Curves, Rungs and Timeline, drawn by Streamlit without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial

from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.record import STINT, Stint
from search.runs.run import Run
from tests.dashboard.conftest import BEGIN, make_plan, make_run
from tests.dashboard.visits import checked, figures, said, visited


@pytest.fixture(autouse=True)
def _arguments(arguments: Path) -> None:
    """Every page finds the folder of runs."""


def test_the_list_shows_every_run_and_why_one_cannot_be_read(arguments: Path) -> None:
    make_plan(arguments, "broken").plan.write_text("name: [", encoding="utf-8")
    app = visited("runs")
    table = app.dataframe[0].value
    assert list(table["run"]) == ["small", "broken"]
    assert list(table["state"]) == ["finished", "damaged"]
    assert "plan.yaml" in said(app)


def test_of_many_runs_one_can_be_found_by_name(arguments: Path) -> None:
    for number in range(9):
        make_run(arguments, f"run{number}")
    app = visited("runs")
    assert len(app.dataframe[0].value) == 10
    assert len(app.selectbox[0].options) == 10


def test_the_overview_shows_the_figures_the_failure_and_the_best() -> None:
    app = visited("overview", run="small")
    assert list(figures(app).values())[:2] == ["0.9000", "4 of 4"]
    assert "Ahead: trial 2" in said(app)
    assert app.expander[0].label.startswith("1 trial diverged")
    app.session_state["complaint: diverged 3"] = True
    texts = [text.value for text in checked(app.run()).text]
    assert "the loss is ![x](http://evil)" in texts, "as text, never as Markdown"
    assert "early stopping saved" in said(app)


def test_the_time_of_a_running_search_goes_on_while_nothing_changes_on_disk(
    arguments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, now = RunLayout(arguments / "small"), [BEGIN + 100]
    study = optuna.load_study(study_name="s", storage=JournalStorage(Journal(layout.journal)))
    told = {f"{STINT}1": vars(Stint(1, BEGIN + 60))}
    study.add_trial(create_trial(state=TrialState.RUNNING, system_attrs=told))
    monkeypatch.setattr(Run, "driver_time", property(lambda _: now[0]))
    with Lease(layout):
        app = visited("overview", run="small")
        assert app.metric[-1].delta.replace("\\", "") == "0:01:40 so far"
        now[0] += 5
        assert checked(app.run()).metric[-1].delta.replace("\\", "") == "0:01:45 so far"


def test_the_overview_says_that_another_axis_was_chosen_in_the_url() -> None:
    assert visited("overview", run="small", against="minutes").button_group[0].value == "minutes"


def test_the_curves_draw_the_trials_of_the_url_bold_else_the_best() -> None:
    app = visited("curves", run="small")
    assert app.multiselect[0].value == []
    assert app.multiselect[0].placeholder == "trial 2, the best"
    assert visited("curves", run="small", trials="1,0").multiselect[0].value == [1, 0]
    assert visited("curves", run="small", trials="77").multiselect[0].value == []


def test_choosing_a_trial_puts_it_into_the_url() -> None:
    app = visited("curves", run="small")
    app.multiselect[0].select(1).run()
    assert app.query_params["trials"] == "1"
    assert app.multiselect[0].value == [1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"smoothing": "0.6"}, "Smoothed by 0.60"),
        ({"bands": "true"}, "Percentiles are of the trials that came so far"),
        ({"bands": "true", "axis": "trial time"}, "Percentiles are of the trials that trained so long"),
        ({"bands": "true", "axis": "search time"}, "No percentiles: at one moment"),
        ({"close": "true"}, "4 trials"),
        ({"log": "true"}, "no place on a log scale"),
        ({"axis": "search time"}, "4 trials"),
    ],
)
def test_every_choice_of_the_curves_is_in_the_url(query: dict[str, str], words: str) -> None:
    assert words.replace("4 trials", "val/accuracy of") in said(visited("curves", run="small", **query))


def test_a_filter_that_lets_nobody_through_says_so() -> None:
    for page in ("curves", "rungs", "timeline"):
        app = visited(page, run="small", filter="score:5..")
        assert any("lets no trial through" in element.value for element in app.info), page


def test_a_metric_without_event_files_says_so(arguments: Path) -> None:
    document = RunLayout(arguments / "small").trial(2).document
    told = json.loads(document.read_text(encoding="utf-8"))
    told["metrics"]["val/loss"] = 0.5
    document.write_text(json.dumps(told), encoding="utf-8")
    app = visited("curves", run="small", metric="val/loss")
    assert "No event file has" in app.info[0].value


def test_the_rungs_show_the_ladder_and_what_it_says() -> None:
    app = visited("rungs", run="small")
    assert list(app.dataframe[0].value["rung"]) == [1]
    assert "grace period and reduction factor" in said(app)
    assert "By today" in said(app)


def test_a_search_without_early_stopping_has_no_rungs(arguments: Path) -> None:
    layout = make_run(arguments, "plain")
    layout.plan.write_text(f"{layout.plan.read_text(encoding='utf-8')}scheduler: none\n", encoding="utf-8")
    journal = layout.journal.read_text(encoding="utf-8")
    layout.journal.write_text(re.sub(r'"rungs": ?\[[^\]]*\]', '"rungs": []', journal), encoding="utf-8")
    assert "compares no trials on the way" in visited("rungs", run="plain").info[0].value


def test_the_timeline_counts_the_workers_and_their_work() -> None:
    app = visited("timeline", run="small")
    told = figures(app)
    assert told["Workers"] == "1"
    assert told["Span"] == "48.0 s"
    assert told["Busy"] == "100%"
    assert told["In epochs"] == "17%", "8 of 48 seconds"
