"""What a verb says of images, as a page shows it: nothing outside of its folder, no path of ours in a sentence."""

from __future__ import annotations

from pathlib import Path

from dashboard.prepare.predictions import METHODS, predictions
from search.winner import explanations
from tests.dashboard.bundles import picture


def test_an_answer_has_labels_probabilities_and_pictures(tmp_path: Path) -> None:
    (tmp_path / "why.png").write_bytes(picture())
    line = {
        "event": "prediction",
        "image": "/scratch/image-0.png",
        "true": "cat",
        "predictions": [{"label": "dog", "probability": 0.9}, {"label": "cat", "probability": 0.1}],
        "pictures": {"gradcam": str(tmp_path / "why.png")},
    }
    (found,) = predictions([line], tmp_path, {"/scratch/image-0.png": "my dog.png"})
    assert (found.image, found.true) == ("my dog.png", "cat")
    assert (found.labels, found.probabilities) == (("dog", "cat"), (0.9, 0.1))
    assert found.pictures == {"Grad-CAM": picture()}


def test_what_cannot_be_read_is_a_sentence_about_the_visitors_own_name(tmp_path: Path) -> None:
    line = {
        "event": "unreadable",
        "image": "/scratch/image-0.png",
        "reason": "/scratch/image-0.png is no image",
    }
    (found,) = predictions([line], tmp_path, {"/scratch/image-0.png": "bad.png"})
    assert (found.image, found.reason) == ("bad.png", "bad.png is no image")
    assert found.labels == ()


def test_pictures_elsewhere_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    inside = tmp_path / "pictures"
    inside.mkdir()
    for name in (str(tmp_path / "secret.png"), "../secret.png", "nothing.png"):
        line = {"event": "prediction", "image": "a", "predictions": [], "pictures": {"gradcam": name}}
        (found,) = predictions([line], inside, {})
        assert found.pictures == {}


def test_lines_about_something_else_are_no_answers(tmp_path: Path) -> None:
    assert predictions([{"event": "message", "text": "hello"}, {}], tmp_path, {}) == []


def test_every_way_to_explain_has_a_title() -> None:
    assert list(METHODS) == list(explanations.METHODS)
    assert not [name for name, title in METHODS.items() if name == title]
