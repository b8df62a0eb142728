"""What the tests of the page Winner share: a real run, and verbs that are noted instead of started."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import search
from dashboard import jobs
from dashboard.jobs import Line
from dashboard.known_formats import Format
from dashboard.scratch import SCRATCH
from tests.dashboard.visits import checked


@dataclass(eq=False)
class Told:
    """A job of which a test says what it has printed."""

    lines: tuple[Line, ...] = ()
    running: bool = False
    canceled: bool = False
    failure: str = ""
    canceled_by: list[bool] = field(default_factory=list)

    def cancel(self, *, at_once: bool = False) -> None:
        self.canceled_by.append(at_once)

    def join(self, seconds: float) -> bool:
        return not self.running

    def last(self, event: str) -> Line | None:
        return next((line for line in reversed(self.lines) if line.get("event") == event), None)


@dataclass
class Verbs:
    """What a page has started: the commands, without Python and ``-m``, and what each job says, by the verb."""

    started: list[list[str]] = field(default_factory=list)
    known: dict[str, Told] = field(default_factory=dict)
    says: Told = field(default_factory=Told)

    def start(self, name: str, command: list[str]) -> Told:
        self.started.append(command[2:])
        assert command[:2] == [sys.executable, "-m"]
        return self.known.setdefault(name, self.says)


FORMATS = (
    Format("safetensors", ("model.safetensors",), "the weights"),
    Format("onnx", ("model.onnx",), "for ONNX Runtime"),
    Format("executorch", ("model.pte",), "for phones", "executorch"),
)


@pytest.fixture
def real(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of a real run, `tiny`, in the folder that the page shows."""
    folder = tmp_path / "real"
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", str(folder)])
    return Path(shutil.copytree(searched, folder / "tiny"))


@pytest.fixture(autouse=True)
def verbs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Verbs]:
    """Note what is started instead of starting it; the formats are known."""
    made = Verbs()
    monkeypatch.setattr(jobs, "start", made.start)
    monkeypatch.setattr(jobs, "job", made.known.get)
    monkeypatch.setattr("dashboard.exporting.known_formats", lambda: FORMATS)
    yield made
    SCRATCH.end()


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    return checked(next(button for button in app.button if button.label == label).click().run())


def best_of(root: Path) -> int:
    return search.open_run(root).ranking()[0].number
