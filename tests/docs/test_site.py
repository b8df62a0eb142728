"""The handbook as it is built: no warning, no broken link or anchor, no page that nobody finds."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
LACKING = [name for name in ("sphinx", "myst_parser", "furo") if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(
    bool(LACKING), reason=f"the handbook is built by {', '.join(LACKING)}: pip install '.[docs]'"
)


@dataclass
class Page(HTMLParser):
    """What one page links to, and what can be linked to in it."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    pictures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.anchors |= {told[name] for name in ("id", "name") if name in told}
        if tag == "a" and "href" in told:
            self.links.append(told["href"])
        if tag == "img":
            self.pictures.append(told["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it as `make docs` does; 23 CPU seconds."""
    folder = tmp_path_factory.mktemp("handbook")
    options = ["-n", "-W", "--keep-going", "-q", "-c", "docs", "-d", str(folder / "doctrees")]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", str(folder / "site")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = {}
    for path in site.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        found[path.resolve()] = page
    return found


def test_every_page_of_the_docs_is_built(site: Path) -> None:
    written = [
        path
        for path in (ROOT / "docs").rglob("*.md")
        if not path.relative_to(ROOT / "docs").parts[0].startswith("_")
    ]

    assert len(written) > 30
    assert [
        path for path in written if not (site / path.relative_to(ROOT)).with_suffix(".html").is_file()
    ] == []


def test_each_internal_link_anchor_and_picture_is_there(site: Path, pages: dict[Path, Page]) -> None:
    broken = [
        f"{path.relative_to(site.resolve())}: {link}"
        for path, page in pages.items()
        for link in (*page.links, *page.pictures)
        if not leads_somewhere(path, link, pages)
    ]

    assert broken == []


def leads_somewhere(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    address = urlsplit(link)
    if address.scheme:
        return address.scheme in ("http", "https", "mailto", "data")
    target = (path.parent / unquote(address.path)).resolve() if address.path else path
    if target not in pages:
        return target.is_file() and not address.fragment
    return not address.fragment or unquote(address.fragment) in pages[target].anchors


def test_no_page_is_orphaned(site: Path, pages: dict[Path, Page]) -> None:
    """Whoever begins at the front page and follows links comes to every page of the handbook."""
    front = (site / "docs" / "index.html").resolve()
    seen, waiting = {front}, [front]
    while waiting:
        path = waiting.pop()
        for link in pages[path].links:
            target = (path.parent / unquote(urlsplit(link).path)).resolve()
            if not urlsplit(link).scheme and target in pages and target not in seen:
                seen.add(target)
                waiting.append(target)

    written = {
        path for path in pages if path.with_suffix("").name not in ("search", "genindex", "py-modindex")
    }
    assert written - seen - {(site / "index.html").resolve()} == set()


def test_the_reference_is_on_its_pages(site: Path) -> None:
    keys = (site / "docs" / "reference" / "keys.html").read_text(encoding="utf-8")
    api = (site / "docs" / "api.html").read_text(encoding="utf-8")

    assert "split_seed" in keys
    assert 'id="search.load_recipe"' in api
    assert "generated:" not in keys + api
