"""A model card on a page: its own pictures are shown, nobody else's is asked for, code stays code."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.prepare import bundles, pictures
from dashboard.prepare.bundles import Shown
from dashboard.prepare.card import card, parts
from dashboard.prepare.pictures import png
from search.runs.layout import RunLayout
from tests.dashboard.bundles import make_bundle, picture


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    make_bundle(RunLayout(tmp_path))
    found = bundles.bundle_of(RunLayout(tmp_path), "trial-7")
    assert found is not None
    return found


def test_the_card_is_shown_with_its_own_pictures_and_without_its_settings(shown: Shown) -> None:
    found = card(shown)
    (drawn,) = [part for part in found if part.picture is not None]
    assert (drawn.text, drawn.picture) == ("Learning curves", picture())
    text = "\n".join(part.text for part in found if part.picture is None)
    assert text.strip().startswith("## A model")
    assert "license: other" not in text
    assert "| 1 | <script>" in text  # Streamlit shows it as text


def test_pictures_of_others_become_words(shown: Shown) -> None:
    text = "\n".join(part.text for part in card(shown))
    assert "(picture: x)" in text
    assert "evil.example/x.png" not in text
    assert r"!\[by reference][evil]" in text


def test_code_is_left_as_it_is(shown: Shown) -> None:
    assert 'text = "![not a picture](curves.png)"' in "\n".join(part.text for part in card(shown))


@pytest.mark.parametrize("name", ["../../secret.png", "/etc/passwd", "nothing.png", "MODEL_CARD.md"])
def test_only_pictures_among_the_files_of_the_bundle_are_opened(shown: Shown, name: str) -> None:
    (shown.folder.parent.parent / "secret.png").write_bytes(picture())
    assert all(part.picture is None for part in parts(f"![a]({name})", shown))


def test_a_bundle_without_a_card_has_none(shown: Shown) -> None:
    del shown.sizes["MODEL_CARD.md"]
    assert card(shown) == []


def test_a_picture_is_a_png_of_a_size_that_a_browser_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture(3, 4))
    assert png(path) == picture(3, 4)
    path.write_bytes(picture()[:12] + b"nope" + picture()[16:])
    assert png(path) is None
    path.write_bytes(b"<svg onload='alert(1)'/>")
    assert png(path) is None
    path.write_bytes(picture()[:16] + (100_000).to_bytes(4) * 2 + picture()[24:])
    assert png(path) is None
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    path.write_bytes(picture())
    assert png(path) is None
    assert png(tmp_path / "nothing.png") is None
    (tmp_path / "link.png").symlink_to(path)
    assert png(tmp_path / "link.png") is None
