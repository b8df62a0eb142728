"""A new search before it begins: its mistakes with their lines, its cost, and that looking at it begins nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import searches
from dashboard.prepare import new_search as prepared
from dashboard.prepare.new_search import MOST_BYTES, Line, Pace, check, estimate, halving_epochs, overrides
from dashboard.prepare.word_list import sections
from dashboard.searches import Begun, begun
from search.plan.load import load_plan
from search.plan.shipped import shipped_spaces
from search.plan.vocabulary import Setting, Vocabulary
from search.runs import layout
from search.runs.layout import RunLayout
from search.runs.reader import open_run
from search.tuning.vocabulary import vocabulary
from tests.dashboard.conftest import PLAN
from tests.dashboard.visits import said, visited


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary()


def test_every_shipped_space_and_every_plan_of_a_run_is_a_beginning(runs: Path, words: Vocabulary) -> None:
    found = prepared.sources(runs)
    assert len(found) == len(shipped_spaces()) + 1
    assert found[-1].label == "plan of the run small"
    for source in found[:-1]:
        assert check(prepared.read_text(source.path), {}, base=runs, vocabulary=words).mistakes == ()


def test_all_mistakes_are_told_with_their_lines_and_the_nearest_right_thing(words: Vocabulary) -> None:
    text = PLAN.replace("optimizer: [sgd, adam]", "optimiser: [sgd, adam]").replace(
        "high: 0.1", "high: 0.0001"
    )
    found = check(text, {"budget.trials": "many", "budget.time": "2x"}, base=Path.cwd(), vocabulary=words)
    assert found.plan is None
    assert {line.line for line in found.mistakes} >= {None, 6, 7}
    told = [line.text for line in found.mistakes]
    assert any("did you mean 'optimizer'?" in one for one in told)
    assert any(one.startswith("Trials: found 'many', expected a whole number") for one in told)
    assert any(one.startswith("Time budget: found '2x'") for one in told)
    assert not any("space.yaml" in one for one in told), "there is no such file"


def test_before_the_words_are_known_the_form_is_checked_already(words: Vocabulary) -> None:
    text = PLAN.replace("learning_rate:", "lerning_rate:")
    assert check(text, {}, base=Path.cwd(), vocabulary=None).mistakes == ()
    assert check(text, {}, base=Path.cwd(), vocabulary=words).mistakes


def test_plugins_are_named_and_not_run(tmp_path: Path, words: Vocabulary) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('run')", encoding="utf-8")
    found = check(f"plugins: [mine.py]\n{PLAN}  unknown_word: 3\n", {}, base=tmp_path, vocabulary=words)
    assert found.plugins == (str(tmp_path / "mine.py"),)
    assert found.plan is not None


@given(st.text() | st.text("{}[]:-,&*!|>'\"%@`\n\t a1", max_size=60))
def test_any_text_gives_a_plan_or_mistakes(text: str) -> None:
    found = check(text, {"budget.trials": text[:20], "data.dir": text[:20]}, base=Path.cwd(), vocabulary=None)
    assert (found.plan is None) == bool(found.mistakes)


def test_a_text_that_is_too_long_is_not_read() -> None:
    found = check("é" * (MOST_BYTES // 2 + 1), {}, base=Path.cwd(), vocabulary=None)
    assert found.mistakes == (Line(None, "found more than 256 kB, expected a shorter space"),)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), max_size=30))
def test_a_folder_of_any_name_arrives_as_that_folder(name: str) -> None:
    """Colons, hashes and quotation marks mean something in YAML."""
    folder = f"/data/a{name}b"
    plan = check(PLAN, {"data.dir": folder}, base=Path.cwd(), vocabulary=None).plan
    assert plan is not None
    assert plan.data.dir == folder


def test_what_is_left_empty_is_left_as_the_space_has_it() -> None:
    assert overrides({"budget.trials": " 12 ", "budget.epochs": "", "seed": "  "}) == ["budget.trials=12"]


def test_the_plan_that_is_sent_reads_as_an_equal_one(tmp_path: Path, words: Vocabulary) -> None:
    plan = check(PLAN, {"budget.trials": "9", "budget.time": "2h"}, base=tmp_path, vocabulary=words).plan
    assert plan is not None
    (tmp_path / "sent.yaml").write_text(plan.to_yaml(), encoding="utf-8")
    assert load_plan(tmp_path / "sent.yaml", vocabulary=words) == plan
    assert (plan.budget.trials, plan.budget.seconds) == (9, 7200)


@given(st.integers(1, 300), st.integers(1, 40), st.integers(2, 5))
def test_the_least_epochs_are_those_of_a_cohort_that_is_halved_exactly(
    horizon: int, grace: int, factor: int
) -> None:
    """Against a cohort of factor^k trials, walked epoch by epoch."""
    rungs = [grace * factor**k for k in range(20) if grace * factor**k < horizon]
    alive = cohort = factor ** len(rungs)
    epochs = 0
    for epoch in range(1, horizon + 1):
        epochs += alive
        if epoch in rungs:
            alive //= factor
    assert math.isclose(halving_epochs(horizon, grace, factor), epochs / cohort)


def test_the_cost_is_bounded_by_the_space_and_told_for_one_worker(words: Vocabulary) -> None:
    plan = check(PLAN, {"budget.trials": "27", "budget.epochs": "9"}, base=Path.cwd(), vocabulary=words).plan
    assert plan is not None
    cost = estimate(plan, words, Pace(2.0, 4.0, ("a",)))
    # ASHA's own defaults are a grace period of 1 and a factor of 3: 1 + 2/3 + 6/9 epochs a trial.
    assert (cost.trials, cost.least, cost.most) == (27, 63, 243)
    assert cost.hours == (63 * 2 / 3600, 243 * 4 / 3600)
    assert estimate(plan, None, None).least is None, "the scheduler's defaults are not known yet"
    few = PLAN.replace("learning_rate: {low: 0.001, high: 0.1, log: true}", "learning_rate: [0.1, 0.01]")
    few = few.replace("momentum: {low: 0.5, high: 0.9, when: {optimizer: [sgd]}}", "momentum: 0.9")
    small = check(few, {"budget.trials": "500"}, base=Path.cwd(), vocabulary=None).plan
    assert small is not None
    assert estimate(small, words, None).trials == 4


@pytest.mark.parametrize(
    ("scheduler", "least"), [("none", 12), ("{name: asha, brackets: 2}", None), ("median", None)]
)
def test_for_other_schedulers_no_least_is_claimed(
    scheduler: str, least: int | None, words: Vocabulary
) -> None:
    plan = check(f"scheduler: {scheduler}\n{PLAN}", {}, base=Path.cwd(), vocabulary=None).plan
    assert plan is not None
    assert estimate(plan, words, None).least == least


def test_the_pace_is_measured_seconds_over_measured_epochs(runs: Path) -> None:
    """The four trials of conftest.py train 8 epochs, one second each."""
    assert prepared.pace_of([open_run(runs / "small")]) == Pace(1.0, 1.0, ("small",))
    assert prepared.pace_of([]) is None


def test_the_report_of_a_check_is_told_in_words() -> None:
    report: dict[str, Any] = {
        "data": "digits",
        "images": [1437, 360],
        "classes": 10,
        "branches": 2,
        "configurations": None,
        "notes": ["one note"],
        "architectures": [
            {"name": "cnn", "parameters": [950, 12_345_678], "flops": [5e9, 5e9], "memory": [0, 2_000]}
        ],
    }
    lines = prepared.report_lines(report)
    assert lines[0] == "digits: 1,437 training and 360 validation images of 10 classes."
    assert "2 distinct branches, unlimited configurations." in lines
    columns = prepared.report_columns(report)
    assert columns["parameters"] == ["950 to 12.3 M"]
    assert columns["flops"] == ["5 G"]


def test_names_and_meanings_are_shown_as_they_are(words: Vocabulary) -> None:
    """Markdown would take `*`, `_` and `[` for its own, and a plugin's meaning may come from somebody else."""
    setting = Setting("a_b_c", "bool", True, "![x](http://evil) *of all*")
    found = sections(replace(words, settings=(*words.settings, setting)))
    assert r"\!\[x\]\(http\:\/\/evil\) \*of all\*" in found["recipe"]
    assert r"**a\_b\_c**" in found["recipe"]
    assert all(name in found for name in ("architecture", "optimizer", "schedule", "augmentation"))


# --- the page ---


@pytest.fixture
def page(arguments: Path, monkeypatch: pytest.MonkeyPatch, words: Vocabulary) -> list[tuple[Any, ...]]:
    """Let the words be known, and searches be begun in a list only."""
    made: list[tuple[Any, ...]] = []

    def begin(runs: Path, run: str, text: str, arguments: list[str]) -> Begun:
        made.append((run, text, arguments))
        return Begun("x", run, (), "ada", 0.0, runs)

    monkeypatch.setattr("dashboard.known_words.known_words", lambda: words)
    monkeypatch.setattr(searches, "begin", begin)
    return made


def test_the_page_shows_a_space_its_verdict_and_its_cost(page: list[Any]) -> None:
    app = visited("new", space="digits.yaml, comes with Winnow")
    assert "The space is in order." in [one.value for one in app.success]
    assert "32 trials" in said(app)
    assert "1 s an epoch, as in small" in said(app).replace("\\", "")
    assert page == []


def test_a_run_that_is_removed_while_the_page_looks_for_a_pace_is_passed_over(
    page: list[Any], arguments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = RunLayout(arguments / "gone")
    monkeypatch.setattr(layout, "find_runs", lambda folder: [gone, RunLayout(folder / "small")])
    app = visited("new", space="digits.yaml, comes with Winnow")
    assert "1 s an epoch, as in small" in said(app)
    assert page == []


def test_a_mistake_in_a_field_takes_the_button_away(page: list[Any]) -> None:
    app = visited("new", space="digits.yaml, comes with Winnow")
    app.text_input(key="new:budget.trials").set_value("many").run()
    assert "Trials: found 'many'" in said(app)
    assert page == []


@pytest.mark.parametrize(
    "query", [{"begin": "true"}, {"begin:confirm": "true", "begin": "true"}, {"begun": "x"}]
)
def test_no_address_begins_a_search(page: list[Any], arguments: Path, query: dict[str, str]) -> None:
    """A link in a mail must never train or stop anything."""
    visited("new", space="digits.yaml, comes with Winnow", **query)
    assert page == []
    assert begun(arguments) == []


def test_a_search_begins_only_after_a_second_press_with_what_the_page_shows(page: list[Any]) -> None:
    app = visited("new", space="digits.yaml, comes with Winnow")
    app.text_input(key="new:budget.trials").set_value("5").run()
    app.session_state["begin"] = True
    app.run()
    assert page == []
    app.button(key="begin:confirm").click().run()
    ((run, text, arguments),) = page
    assert (run, arguments) == ("digits", [])
    assert "trials: 5" in text


def test_a_name_that_is_taken_is_told(page: list[Any]) -> None:
    app = visited("new", space="digits.yaml, comes with Winnow")
    named = next(one for one in app.text_input if one.label == "Name of the run")
    named.set_value("small").run()
    assert "Something of that name is there already" in said(app)


def test_what_a_space_may_say_is_looked_up_beside_it(page: list[Any]) -> None:
    """At first what this space's choices use: that of digits has a plain network, so nothing of ResNet's."""
    app = visited("new", space="digits.yaml, comes with Winnow")
    app.session_state["what a space may say"] = True
    app.run()
    assert "**kernel_size**" in said(app)
    assert "zero_init_residual" not in said(app)
    app.text_input(key="look up").set_value("resnet18").run()
    assert "**zero_init_residual**" in said(app)
    app.text_input(key="look up").set_value("timm/convnext_atto").run()
    assert "timm/convnext_atto_ols" in said(app)
    app.text_input(key="look up").set_value("nonsense").run()
    assert "Nothing has to do with nonsense." in said(app)
    assert page == []


def test_without_the_words_the_page_says_that_only_the_form_is_checked(
    arguments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.known_words.known_words", lambda: None)
    assert "only the form is checked" in said(visited("new", space="digits.yaml, comes with Winnow"))


def test_an_unknown_space_in_the_address_is_another_ones_page(page: list[Any]) -> None:
    app = visited("new", space="../../etc/passwd")
    assert app.selectbox[0].value in app.selectbox[0].options
