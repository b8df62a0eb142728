"""From a finished search to a model that one can trust and use: confirm, export, download, try, explain."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from search.runs.images import open_images
from search.runs.layout import RunLayout
from search.runs.reader import open_run
from search.winner.confirmation.document import read_confirmation
from tests.browser.conftest import drawn, serving, sync_api
from tests.dashboard.real_run import real_run

expect = sync_api.expect

LONG = 240_000
"""Milliseconds that a verb may take on a busy machine; it takes 5 to 40 s on an idle one."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished run, `tiny`."""
    return real_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with serving(root.parent) as found:
        yield found


@pytest.fixture
def bundle(root: Path) -> Path:
    """Return an exported trial of the run."""
    best = open_run(root).exportable()[0]
    folder = RunLayout(root).winner / f"trial-{best}"
    if not folder.is_dir():
        command = ["search.export", str(root), "--trial", str(best), "--format", "safetensors"]
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_the_winner_is_confirmed_and_followed_also_after_a_reload(
    page: sync_api.Page, address: str, root: Path
) -> None:
    page.goto(f"{address}/winner?run=tiny")
    drawn(page)
    expect(page.get_by_role("heading", name=re.compile("Candidate: trial"))).to_be_visible()
    for label in ("Candidates", "Seeds for each"):
        field = page.get_by_label(label, exact=True)
        field.fill("2")
        field.press("Enter")
    expect(page.get_by_text(re.compile("4 trainings: 2 for the choice between 2"))).to_be_visible()
    page.get_by_role("button", name="Confirm the winner").click()
    stop = page.get_by_test_id("stMain").get_by_role(
        "button", name="Stop"
    )  # the header has another, of Streamlit's
    stop.wait_for()
    page.reload()
    stop.wait_for()
    page.get_by_role("heading", name=re.compile("Confirmed winner: trial")).wait_for(timeout=LONG)
    found = read_confirmation(RunLayout(root).confirmation)
    assert found.test is not None
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{found.test.mean:.4f}")
    expect(page.get_by_text(f"359 test images, {found.test.seeds} seeds")).to_be_visible()


@pytest.mark.slow
def test_a_model_is_exported_checked_and_downloaded(
    page: sync_api.Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/winner?run=tiny")
    drawn(page)
    formats = page.get_by_test_id("stMultiSelect").filter(has_text="Formats")
    formats.get_by_text("onnx", exact=True).wait_for(timeout=LONG)
    formats.get_by_role("button", name=re.compile("torch_export")).or_(
        formats.locator('[data-baseweb="tag"]').filter(has_text="torch_export").locator("[role=presentation]")
    ).first.click()
    page.get_by_role("button", name=re.compile("Export trial")).click()
    page.get_by_text(re.compile("Each of its 2 formats was loaded again")).wait_for(timeout=LONG)
    with page.expect_download() as arrived:
        page.get_by_role("button", name=re.compile(r"Download \(")).click()
    arrived.value.save_as(tmp_path / "bundle.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "bundle.zip").read_bytes())) as bundle:
        names = {Path(name).name: name for name in bundle.namelist()}
        config = json.loads(bundle.read(names["config.json"]))
        checked = json.loads(bundle.read(names["verification.json"]))
    assert {"model.safetensors", "model.onnx", "labels.txt", "recipe.yaml", "SHA256SUMS"} <= names.keys()
    assert len(config["classes"]) == 10
    assert [one["name"] for one in checked["formats"]] == ["safetensors", "onnx"]


def test_a_dropped_image_is_classified_and_explained_and_a_hostile_one_named(
    page: sync_api.Page, address: str, root: Path, bundle: Path
) -> None:
    pixels = io.BytesIO()
    Image.fromarray(open_images(RunLayout(root)).at([3])[0, :, :, 0]).save(pixels, "PNG")
    page.goto(f"{address}/winner?run=tiny")
    drawn(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [
            {"name": "mine.png", "mimeType": "image/png", "buffer": pixels.getvalue()},
            {"name": "hostile.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"},
        ]
    )
    page.get_by_role("button", name="Classify").click()
    main = page.get_by_test_id("stMain")
    main.locator("img").first.wait_for(timeout=LONG)
    expect(main.get_by_text(re.compile(r"^mine\.png: \d"))).to_be_visible()
    expect(main.get_by_test_id("stAlert").filter(has_text="hostile.png")).to_be_visible()
    assert bundle.is_dir()


@pytest.mark.slow
def test_a_validation_image_is_explained_on_the_page_of_its_trial(
    page: sync_api.Page, address: str, root: Path
) -> None:
    best = open_run(root).exportable()[0]
    page.goto(f"{address}/trial?run=tiny&trials={best}")
    drawn(page)
    main = page.get_by_test_id("stMain")
    before = main.locator("img").count()
    main.get_by_role("button", name="Explain", exact=True).click()
    main.get_by_text(re.compile("in truth: ")).wait_for(timeout=LONG)
    expect(main.locator("img")).to_have_count(before + 1)
