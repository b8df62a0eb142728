"""The page Winner without a browser: what is confirmed, which verbs its buttons start, what was exported, images."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import search
from dashboard import known_formats
from dashboard.known_formats import Format
from dashboard.trying import MOST_IMAGES, MOST_MB, too_much
from search import export
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.winner.confirmation.schedule import CHOICE, PlannedTraining
from tests.dashboard.bundles import make_bundle, picture
from tests.dashboard.confirmations import SCHEDULE, confirming_run, document, write
from tests.dashboard.visits import checked, figures, said, visited
from tests.dashboard.winner_page import Told, Verbs, best_of, labels, press, real, verbs

__all__ = ["real", "verbs"]


def test_without_a_confirmation_the_candidate_is_unconfirmed_and_has_rivals(real: Path) -> None:
    app, best = visited("winner", run="tiny"), best_of(real)
    assert f"Candidate: trial {best}" in said(app)
    assert "Not confirmed yet" in said(app)
    assert app.dataframe[0].value["trial"][0] == best


def test_the_form_says_what_a_confirmation_costs_and_starts_the_verb(real: Path, verbs: Verbs) -> None:
    app = visited("winner", run="tiny")
    app.number_input(key="confirm:top").set_value(2)
    app.number_input(key="confirm:seeds").set_value(3)
    checked(app.run())
    assert "7 trainings: 4 for the choice between 2, then 3 of the winner" in said(app)
    press(app, "Confirm the winner")
    (command,) = verbs.started
    assert command == ["search.confirm", "--json", "--top", "2", "--seeds", "3", "--", str(real)]


def test_too_few_trainings_are_refused_before_the_verb_is_started(real: Path) -> None:
    app = visited("winner", run="tiny")
    app.number_input(key="confirm:budget").set_value(1)
    assert "candidates need at least" in said(checked(app.run()))
    assert "Confirm the winner" not in labels(app)


def test_a_confirmed_winner_is_shown_with_its_figure_first(real: Path) -> None:
    winner, other = (one.number for one in reversed(search.open_run(real).ranking()[:2]))
    found = document()
    renamed = {2: winner, 0: other}
    candidates = [{**vars(one), "trial": renamed[one.trial]} for one in found.candidates]
    write(
        RunLayout(real),
        document(winner=winner, candidates=tuple(type(found.candidates[0])(**one) for one in candidates)),
    )
    app = visited("winner", run="tiny")
    assert f"Confirmed winner: trial {winner}" in said(app)
    assert "Not confirmed yet" not in said(app)
    assert figures(app)["Expected test accuracy"] == "0.9650"
    assert app.dataframe[0].value["stands"].tolist() == ["winner", "left in round 1"]
    assert f".trial({winner})" in said(app)


def test_a_damaged_confirmation_is_told_and_the_rest_of_the_page_is_drawn(real: Path) -> None:
    layout = RunLayout(real)
    layout.winner.mkdir()
    layout.confirmation.write_text("{")
    text = said(visited("winner", run="tiny"))
    assert "is no confirmation" in text
    assert f"Candidate: trial {best_of(real)}" in text


def test_a_confirmation_that_is_under_way_is_followed_and_can_be_stopped(real: Path) -> None:
    layout = RunLayout(real).confirming
    seed = SCHEDULE.seeds(CHOICE, 1)[0]
    shutil.copy(
        real / "study.journal",
        confirming_run(layout.root, {PlannedTraining(7, seed, CHOICE, 9): [0.5]}).layout.root,
    )
    with Lease(layout):
        app = visited("winner", run="tiny")
        assert f"0 of {SCHEDULE.trainings} trainings done" in said(app) or app.main
        assert "Stop" in labels(app)
        assert "Confirm the winner" not in labels(app)
        press(app, "Stop")
        (asked,) = layout.requests.glob("*.json")
        assert json.loads(asked.read_text())["kind"] == "stop"


def test_a_search_that_still_runs_is_not_confirmed(real: Path) -> None:
    with Lease(RunLayout(real)):
        app = visited("winner", run="tiny")
        assert "it has ended" in said(app)
        assert "Confirm the winner" not in labels(app)


def test_the_export_is_a_verb_of_that_very_trial_with_the_chosen_formats(real: Path, verbs: Verbs) -> None:
    app = visited("winner", run="tiny")
    choice = next(one for one in app.multiselect if one.key == "formats")
    assert choice.options == ["safetensors", "onnx"]
    assert choice.value == ["safetensors", "onnx"]
    choice.set_value(["onnx"])
    app.selectbox(key="preprocess").set_value("inside")
    press(app, f"Export trial {best_of(real)}")
    words = ["--trial", str(best_of(real)), "--format", "onnx", "--preprocess", "inside"]
    assert verbs.started == [["search.export", "--json", *words, "--", str(real)]]


def test_who_scales_the_pixels_is_said_also_where_the_formats_are_not_known(
    real: Path, verbs: Verbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.exporting.known_formats", lambda: None)
    app = visited("winner", run="tiny")
    app.selectbox(key="preprocess").set_value("inside")
    press(app, f"Export trial {best_of(real)}")
    ((_, *words),) = verbs.started
    asked = export.parser().parse_args(words)
    assert (asked.preprocess, asked.format, asked.trial) == ("inside", None, best_of(real))


def test_an_ensemble_is_exported_where_there_is_one(real: Path, verbs: Verbs) -> None:
    app = visited("winner", run="tiny")
    assert "ensemble" not in app.selectbox(key="export").options
    RunLayout(real).winner.mkdir()
    RunLayout(real).ensemble.write_text("{}")
    app = visited("winner", run="tiny")
    checked(app.selectbox(key="export").set_value("ensemble").run())
    press(app, "Export the ensemble")
    assert verbs.started[0][2:4] == ["--trial", "ensemble"]


def test_without_any_format_nothing_is_exported(real: Path) -> None:
    app = visited("winner", run="tiny")
    next(one for one in app.multiselect if one.key == "formats").set_value([])
    checked(app.run())
    assert next(button for button in app.button if button.label.startswith("Export trial")).disabled


def test_the_formats_are_read_from_the_lines_of_the_verb(
    verbs: Verbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    verbs.says = Told(
        (
            {
                "event": "format",
                "name": "onnx",
                "files": ["model.onnx"],
                "about": "for servers",
                "package": None,
            },
            {"event": "format", "name": "executorch", "files": [], "about": "", "package": "executorch"},
            {"event": "message", "text": "hello"},
        )
    )
    assert known_formats.known_formats() == (
        Format("onnx", ("model.onnx",), "for servers"),
        Format("executorch", (), "", "executorch"),
    )
    verbs.known.clear()
    verbs.says = Told(({"event": "error", "mistakes": ["no"]},))
    assert known_formats.known_formats() is None


def test_what_was_exported_is_shown_with_formats_files_and_card(real: Path) -> None:
    folder = make_bundle(RunLayout(real))
    app = visited("winner", run="tiny")
    text = said(app)
    assert "Trial 7 is exported. Each of its 2 formats" in text
    assert str(folder) in text
    table = next(one.value for one in app.dataframe if "same" in one.value)
    assert table["same"].tolist() == ["288 of 288", "280 of 288"]
    app.session_state["card trial-7"] = True
    app.session_state["files trial-7"] = True
    text = said(checked(app.run()))
    assert "## A model" in text
    assert any("SHA-256" in one.value for one in app.dataframe)


def test_a_run_whose_weights_are_gone_says_that_nothing_can_be_exported(real: Path) -> None:
    for path in real.glob("trials/*/*/checkpoint-*.pt"):
        path.unlink()
    app = visited("winner", run="tiny")
    assert "there are none here" in said(app)
    assert not [label for label in labels(app) if label.startswith("Export")]


def test_an_image_is_given_to_the_verb_under_a_name_of_ours_and_the_answer_is_drawn(
    real: Path, verbs: Verbs
) -> None:
    folder = make_bundle(RunLayout(real))
    app = visited("winner", run="tiny")
    app.file_uploader(key="images").set_value([("../../--out.png", picture(), "image/png")])
    checked(app.run())
    press(app, "Classify")
    ((verb, *words),) = verbs.started
    image = Path(words[-1])
    out = Path(words[words.index("--out") + 1])
    assert verb == "search.predict"
    assert words[words.index("--") + 1 :] == [str(folder), str(image)]
    assert words[words.index("--explain") + 1] == "gradcam"
    assert image.name == "image-0.png"
    (out / "why.png").write_bytes(picture())
    verbs.says.lines = (
        {
            "event": "prediction",
            "image": str(image),
            "predictions": [{"label": "seven", "probability": 0.75}],
            "pictures": {"gradcam": str(out / "why.png")},
        },
    )
    checked(app.run())
    assert "--out.png**: seven" in said(app)
    table = next(one.value for one in app.dataframe if "probability" in one.value)
    assert table["probability"].tolist() == [75.0]
    assert not image.exists()


def test_a_hostile_file_gives_one_sentence(real: Path, verbs: Verbs) -> None:
    make_bundle(RunLayout(real))
    app = visited("winner", run="tiny")
    app.file_uploader(key="images").set_value([("bad.png", b"no image", "image/png")])
    checked(app.run())
    press(app, "Classify")
    image = verbs.started[0][-1]
    verbs.says.lines = ({"event": "unreadable", "image": image, "reason": f"{image} is no image"},)
    app = checked(app.run())
    assert [error.value.replace("\\", "") for error in app.error] == ["bad.png: bad.png is no image"]


@pytest.mark.parametrize(
    ("sizes", "why"),
    [
        ([1] * MOST_IMAGES, ""),
        ([1] * (MOST_IMAGES + 1), f"at most {MOST_IMAGES}"),
        ([MOST_MB * 2**20], ""),
        ([1, MOST_MB * 2**20 + 1], f"at most {MOST_MB} MB"),
    ],
)
def test_the_number_and_the_size_of_images_are_limited(sizes: list[int], why: str) -> None:
    assert (why in too_much(sizes)) if why else too_much(sizes) == ""


def test_too_many_images_are_not_given_to_a_model(real: Path, verbs: Verbs) -> None:
    make_bundle(RunLayout(real))
    app = visited("winner", run="tiny")
    app.file_uploader(key="images").set_value([("a.png", picture(), "image/png")] * (MOST_IMAGES + 1))
    app = checked(app.run())
    assert f"at most {MOST_IMAGES}" in said(app)
    assert next(button for button in app.button if button.label == "Classify").disabled
    assert verbs.started == []


def test_a_visitor_who_may_only_look_is_offered_nothing_that_works(
    real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bundle(RunLayout(real))
    monkeypatch.setattr("dashboard.asking.os.access", lambda *_: False)
    for page in ("winner", "trial"):
        app = visited(page, run="tiny", trials=str(best_of(real)))
        words = ("Export", "Confirm", "Classify", "Explain", "Choose", "Stop")
        assert [label for label in labels(app) if label.startswith(words)] == []
        assert not app.file_uploader


def test_the_explanation_of_a_validation_image_is_asked_of_that_very_trial(real: Path, verbs: Verbs) -> None:
    best = best_of(real)
    app = visited("trial", run="tiny", trials=str(best))
    field = next(one for one in app.number_input if one.label.startswith("Validation image"))
    field.set_value(12)
    checked(app.run())
    press(app, "Explain")
    (command,) = verbs.started
    assert command[:2] == ["search.predict", "--json"]
    assert command[2:6] == ["--trial", str(best), "--validation", "12"]
    assert command[-2:] == ["--", str(real)]


def test_a_trial_without_its_weights_says_so_instead_of_explaining(real: Path) -> None:
    for path in real.glob("trials/*/*/checkpoint-*.pt"):
        path.unlink()
    app = visited("trial", run="tiny", trials=str(best_of(real)))
    assert "kept their weights: this one has not" in said(app)
    assert "Explain" not in labels(app)


def test_the_misclassified_images_are_told_by_the_number_that_is_asked_for(real: Path) -> None:
    app = visited("trial", run="tiny", trials=str(best_of(real)))
    field = next(one for one in app.number_input if one.label.startswith("Validation image"))
    first = app.get("image")[0].proto.imgs[0].caption
    assert first.replace("\\", "").startswith(f"{field.value}: ")
