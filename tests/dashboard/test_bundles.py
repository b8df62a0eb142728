"""Exported models as a page may show them: whole ones below the run, and nothing else."""

from __future__ import annotations

import io
import math
import os
import zipfile
from pathlib import Path

import pytest

from dashboard.prepare import bundles
from dashboard.prepare.bundles import Shown
from search.runs.layout import RunLayout
from search.winner.bundle import Bundle, BundleError, write_checksums
from tests.dashboard.bundles import make_bundle


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    made = RunLayout(tmp_path / "run")
    make_bundle(made)
    return made


def shown(layout: RunLayout) -> Shown:
    found = bundles.bundle_of(layout, "trial-7")
    assert found is not None
    return found


def test_a_bundle_is_shown_with_its_files_and_how_each_format_was_checked(layout: RunLayout) -> None:
    found = shown(layout)
    assert found.title == "Trial 7"
    assert found.sizes["model.safetensors"] == 7
    assert "Each of its 2 formats was loaded again" in bundles.of_all(found)
    exact, quantized = found.formats
    assert exact["same"] == "288 of 288"
    assert (exact["latency_1"], exact["latency_32"]) == (2.0, 30.0)
    assert quantized["lost"] == "0.0100"
    assert math.isnan(quantized["latency_1"])
    assert found.note == "Compared on 288 of 1,000 validation images. Times are of one thread of a processor."
    assert bundles.bundle_of(layout, "trial-8") is None


def test_bundles_are_listed_the_newest_first_and_nothing_else_is(layout: RunLayout) -> None:
    newer = make_bundle(layout, "ensemble")
    (layout.winner / "half").mkdir()
    (layout.winner / "confirmation.json").write_text("{}")
    os.utime(layout.winner / "trial-7", (1, 1))
    assert [one.name for one in bundles.bundles(layout)] == ["ensemble", "trial-7"]
    assert bundles.bundles(layout)[0].folder == newer
    assert bundles.bundles(RunLayout(layout.root / "nowhere")) == []


def test_a_verification_of_the_first_format_is_one_of_the_weights() -> None:
    said = {"agree": 287, "images": 288, "difference": 0.0004, "tolerance": 0.001, "accuracy": 0.9}
    (row,) = bundles.format_rows(said)
    assert (row["format"], row["same"], row["accuracy"]) == ("safetensors", "287 of 288", 0.9)


def test_the_zip_file_holds_every_file_and_checks_with_its_own_sums(
    layout: RunLayout, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(bundles.zipped(shown(layout)))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    there = {path.name for path in (tmp_path / "out" / "trial-7").iterdir()}
    assert there == {"model.safetensors", "verification.json", "SHA256SUMS", "MODEL_CARD.md", "curves.png"}


def test_one_file_is_given_out_as_it_was_checked(layout: RunLayout) -> None:
    assert bundles.one_file(shown(layout), "model.safetensors") == b"weights"


def test_a_file_that_was_changed_since_is_not_given_out(layout: RunLayout) -> None:
    found = shown(layout)
    (found.folder / "model.safetensors").write_bytes(b"WEIGHTS")
    with pytest.raises(BundleError, match="export it again"):
        bundles.zipped(found)
    with pytest.raises(BundleError, match="export it again"):
        bundles.one_file(found, "model.safetensors")


def test_a_bundle_that_is_too_large_is_not_packed(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shown(layout)
    monkeypatch.setattr(bundles, "MOST_BYTES", 6)
    with pytest.raises(BundleError, match="at most 6 are packed"):
        bundles.zipped(found)
    with pytest.raises(BundleError, match="at most 6 are given out"):
        bundles.one_file(found, "model.safetensors")


def test_links_that_lead_elsewhere_are_no_bundle(layout: RunLayout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    weights = layout.winner / "trial-7" / "model.safetensors"
    weights.unlink()
    weights.symlink_to(tmp_path / "secret")
    assert bundles.bundle_of(layout, "trial-7") is None
    (layout.winner / "trial-7").rename(tmp_path / "outside")
    (layout.winner / "trial-7").symlink_to(tmp_path / "outside")
    assert bundles.bundle_of(layout, "trial-7") is None
    assert bundles.bundles(layout) == []


@pytest.mark.parametrize("name", ["..", ".", "", "../run/winner/trial-7", "trial-7/..", "a" * 200])
def test_names_that_lead_elsewhere_are_no_bundle(layout: RunLayout, name: str) -> None:
    assert bundles.bundle_of(layout, name) is None


@pytest.mark.parametrize("text", ["", "nonsense", f"{'0' * 64}  ../../secret\n"])
def test_checksums_that_are_damaged_or_lead_elsewhere_are_refused(layout: RunLayout, text: str) -> None:
    (layout.winner / "trial-7" / "SHA256SUMS").write_text(text)
    assert bundles.bundle_of(layout, "trial-7") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"agree": "many"}', '{"formats": 3}', '{"formats": [1]}'])
def test_a_bundle_that_does_not_say_how_it_was_checked_says_nothing(layout: RunLayout, text: str) -> None:
    folder = layout.winner / "trial-7"
    Bundle(folder).verification.write_text(text)
    write_checksums(Bundle(folder))
    assert bundles.of_all(shown(layout)) == ""
