"""A person's way through the dashboard, on a real search: open, look, brush, compare, steer, meet damage."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.pages import RUN_PAGES
from dashboard.prepare.filters import Filters, Range
from search.runs.reader import open_run
from tests.browser.conftest import answers, drawn, searching, serving, sync_api
from tests.waiting import wait_until

expect = sync_api.expect


pytestmark = pytest.mark.slow  # a living search and ten visits: four minutes; CI visits the Winner page


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder with a search that has a few trials and goes on: far more of them than the tests wait for.

    A trial lasts some ten seconds at least, so that it can be stopped while it runs.
    """
    folder = tmp_path_factory.mktemp("runs")
    with searching(
        folder, "living", "--trials", "500", "--epochs", "240", "--set", "scheduler.grace_period=120"
    ):
        root = folder / "living"
        wait_until((root / "study.journal").is_file, 300, "the search did not begin")
        wait_until(lambda: ended(root) >= 4, 600, "no four trials ended")
        yield folder


def ended(root: Path) -> int:
    return open_run(root).progress().finished


@pytest.fixture(scope="module")
def address(runs: Path) -> Iterator[str]:
    with serving(runs) as found:
        yield found


def test_a_run_is_opened_from_the_list_and_every_page_is_drawn(page: sync_api.Page, address: str) -> None:
    page.goto(address)
    page.get_by_test_id("stMain").get_by_role("link", name="living").first.click()
    page.wait_for_url(re.compile(r"/overview\?run=living"))
    for name in RUN_PAGES:
        page.goto(f"{address}/{name}?run=living")
        drawn(page)
        expect(page.get_by_role("heading", level=1)).not_to_be_empty()


def test_a_brush_filters_the_page_and_all_others(page: sync_api.Page, address: str) -> None:
    page.goto(f"{address}/parallel?run=living")
    drawn(page)
    axis = page.locator("[data-axis='learning_rate'] .hit").bounding_box()
    assert axis is not None
    x, top, height = axis["x"] + axis["width"] / 2, axis["y"], axis["height"]
    page.mouse.move(x, top + 0.02 * height)
    page.mouse.down()
    page.mouse.move(x, top + 0.7 * height, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"filter=learning_rate"))
    brushed = dict(Filters.parse(parse_qs(urlsplit(page.url).query)["filter"][0]))["learning_rate"]
    assert isinstance(brushed, Range)
    assert brushed.low < brushed.high
    page.get_by_test_id("stSidebar").get_by_role("link", name="Leaderboard").click()
    page.wait_for_url(re.compile(r"/leaderboard\?.*filter=learning_rate"))
    drawn(page)
    said = page.get_by_test_id("stMain").get_by_text(re.compile(r"^\d+ of \d+ trials$")).first.inner_text()
    shown, count = map(int, re.findall(r"\d+", said))
    assert 0 < shown < count


def test_two_trials_are_compared_side_by_side(page: sync_api.Page, address: str) -> None:
    page.goto(f"{address}/compare?run=living&trials=0,1")
    drawn(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("link", name="Trial 0")).to_be_visible()
    expect(main.get_by_role("link", name="Trial 1")).to_be_visible()
    expect(main.get_by_text("Trial 0 gets these right, trial 1 does not")).to_be_visible()
    expect(main.get_by_test_id("stImage").or_(main.locator("img")).first).to_be_visible()


def test_a_trial_is_stopped_from_its_page(page: sync_api.Page, address: str, runs: Path) -> None:
    root = runs / "living"
    wait_until(lambda: young(root) is not None, 60, "no trial began")
    running = young(root)
    page.goto(f"{address}/trial?run=living&trials={running}")
    drawn(page)
    stop = page.get_by_role("button", name=re.compile(rf"Stop trial {running}$"))
    stop.click()
    page.get_by_role("button", name="Stop it").click()
    wait_until(
        lambda: any("stop_trial" in str(one["request"]) for one in answers(root)),
        30,
        "the driver did not answer",
    )
    said = next(one for one in answers(root) if "stop_trial" in str(one["request"]))
    assert said["message"]


def young(root: Path) -> int | None:
    """Return a trial that has just begun, and so will last for some seconds more."""
    return next((t.number for t in open_run(root).trials if t.status == "running" and t.epochs < 30), None)


def test_a_trial_is_cloned_edited_and_enqueued(page: sync_api.Page, address: str, runs: Path) -> None:
    root = runs / "living"
    page.goto(f"{address}/trial?run=living&trials=0")
    drawn(page)
    page.get_by_test_id("stMain").get_by_text("Clone and edit").click()
    field = page.get_by_label("learning_rate", exact=True)
    field.fill("7")
    field.press("Enter")
    expect(page.get_by_text("found 7, expected a number from 0.001 to 0.3")).to_be_visible()
    field.fill("0.00321")
    field.press("Enter")
    page.get_by_role("button", name="Try it next").click()
    wait_until(
        lambda: any(t.point.get("learning_rate") == 0.00321 for t in open_run(root).trials),
        180,  # the one worker ends its trial first: a minute of training on a busy machine
        "it was not tried",
    )
    tried = next(t for t in open_run(root).trials if t.point.get("learning_rate") == 0.00321)
    assert tried.record.origin.startswith("request:")


def test_a_new_epoch_appears_by_itself(page: sync_api.Page, address: str) -> None:
    page.goto(f"{address}/overview?run=living")
    drawn(page)
    before = epochs(page)
    wait_until(lambda: epochs(page) > before, 30, f"still {before} epochs")


def epochs(page: sync_api.Page) -> int:
    page.wait_for_timeout(100)
    said = re.search(r"Epochs trained\s+([\d,]+)", page.get_by_test_id("stMain").inner_text())
    assert said is not None
    return int(said[1].replace(",", ""))


def test_a_url_alone_steers_nothing(page: sync_api.Page, address: str, runs: Path) -> None:
    before, searches = len(answers(runs / "living")), names_of_runs(runs)
    for query in (
        "stop=living",
        "stop:living=true",
        "clone:living:0=true",
        "export=0",
        "name=x&space=digits.yaml",
    ):
        for name in ("overview", "trial", "winner", "new"):
            page.goto(f"{address}/{name}?run=living&trials=0&{query}")
            drawn(page)
    assert len(answers(runs / "living")) == before
    assert names_of_runs(runs) == searches


def names_of_runs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if (path / "plan.yaml").is_file())


def test_the_leaderboard_is_downloaded_as_csv(page: sync_api.Page, address: str) -> None:
    page.goto(f"{address}/leaderboard?run=living")
    drawn(page)
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as arrived:
        page.get_by_role("button", name="CSV", exact=True).click()
    text = Path(arrived.value.path()).read_text(encoding="utf-8")
    assert "learning_rate" in text.splitlines()[0]
    assert len(text.splitlines()) > 4


def test_a_corrupt_log_is_told_with_its_place(page: sync_api.Page, address: str, runs: Path) -> None:
    shutil.copytree(runs / "living", runs / "damaged", ignore=shutil.ignore_patterns("*.pt", "*.lock"))
    path = next((runs / "damaged" / "trials" / "0" / "1").glob("events.out.tfevents.*.0"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    page.goto(f"{address}/curves?run=damaged&metric=val%2Floss")
    drawn(page)
    page.goto(f"{address}/overview?run=damaged")
    box = page.get_by_text(re.compile(r"A file is damaged|\d+ files are damaged"))
    box.click(timeout=90_000)
    expect(page.get_by_text(re.compile(r"corrupt record at byte \d+ of")).first).to_be_visible()
