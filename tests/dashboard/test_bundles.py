"""Exported trials as a page may show them: whole ones below the run, and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from dashboard.prepare import bundles
from search.runs.layout import RunLayout
from search.winner.bundle import Bundle, BundleError, write_checksums


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    made = RunLayout(tmp_path / "run")
    folder = made.winner / "trial-7"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    said = {"agree": 288, "images": 288, "difference": 0.0004, "tolerance": 0.001}
    Bundle(folder).verification.write_text(json.dumps(said))
    write_checksums(Bundle(folder))
    return made


def test_a_bundle_is_shown_with_its_files_and_its_check(layout: RunLayout) -> None:
    shown = bundles.bundle_of(layout, 7)
    assert shown is not None
    assert shown.sizes["model.safetensors"] == 7
    assert "288 of 288 validation images" in shown.check
    assert bundles.bundle_of(layout, 8) is None


def test_the_zip_file_holds_every_file_and_checks_with_its_own_sums(
    layout: RunLayout, tmp_path: Path
) -> None:
    shown = bundles.bundle_of(layout, 7)
    assert shown is not None
    with zipfile.ZipFile(io.BytesIO(bundles.zipped(shown))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    there = {path.name for path in (tmp_path / "out" / "trial-7").iterdir()}
    assert there == {"model.safetensors", "verification.json", "SHA256SUMS"}


def test_a_file_that_was_changed_since_is_not_packed(layout: RunLayout) -> None:
    shown = bundles.bundle_of(layout, 7)
    assert shown is not None
    (shown.folder / "model.safetensors").write_bytes(b"WEIGHTS")
    with pytest.raises(BundleError, match="export it again"):
        bundles.zipped(shown)


def test_a_bundle_that_is_too_large_is_not_packed(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = bundles.bundle_of(layout, 7)
    assert shown is not None
    monkeypatch.setattr(bundles, "MOST_BYTES", 10)
    with pytest.raises(BundleError, match="at most 10 are packed"):
        bundles.zipped(shown)


def test_links_that_lead_elsewhere_are_no_bundle(layout: RunLayout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    weights = layout.winner / "trial-7" / "model.safetensors"
    weights.unlink()
    weights.symlink_to(tmp_path / "secret")
    assert bundles.bundle_of(layout, 7) is None
    (layout.winner / "trial-7").rename(tmp_path / "outside")
    (layout.winner / "trial-7").symlink_to(tmp_path / "outside")
    assert bundles.bundle_of(layout, 7) is None


@pytest.mark.parametrize("text", ["", "nonsense", f"{'0' * 64}  ../../secret\n"])
def test_checksums_that_are_damaged_or_lead_elsewhere_are_refused(layout: RunLayout, text: str) -> None:
    (layout.winner / "trial-7" / "SHA256SUMS").write_text(text)
    assert bundles.bundle_of(layout, 7) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"agree": "many"}'])
def test_a_bundle_that_does_not_say_how_it_was_checked_says_nothing(layout: RunLayout, text: str) -> None:
    folder = layout.winner / "trial-7"
    Bundle(folder).verification.write_text(text)
    write_checksums(Bundle(folder))
    shown = bundles.bundle_of(layout, 7)
    assert shown is not None
    assert shown.check == ""
