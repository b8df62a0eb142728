"""The README's programs for the winner elsewhere, copied and run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import search
from search.winner.export import Exported
from tests.winner.drawn import digits

README = Path(__file__).parents[2] / "README.md"


def programs() -> tuple[str, str]:
    """Return the two programs of the section: with Winnow, and without."""
    section = README.read_text(encoding="utf-8").split("## The winner elsewhere")[1].split("\n## ")[0]
    first, second = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    return first, second


@pytest.fixture
def folder(exported: Exported, tmp_path: Path) -> Path:
    """A project with the bundle, two images to classify and some to train on."""
    shutil.copytree(exported.bundle.folder, tmp_path / "best")
    images, labels = digits().validation.read()
    for name, place in (("seven", 3), ("nine", 40)):
        Image.fromarray(images[place, :, :, 0]).save(tmp_path / f"{name}.png")
    for digit in (0, 1):
        (tmp_path / "photos" / str(digit)).mkdir(parents=True)
        for place, image in enumerate(images[labels == digit][:12]):
            Image.fromarray(image[:, :, 0]).save(tmp_path / "photos" / str(digit) / f"{place}.png")
    return tmp_path


def test_without_winnow_the_program_says_what_the_model_says(folder: Path) -> None:
    hidden = "import sys\nsys.modules['search'] = sys.modules['torch'] = None\n"
    words = [sys.executable, "-W", "ignore", "-c", hidden + programs()[1]]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout.split() == [search.load(folder / "best").predict([folder / "seven.png"])[0].label]


def test_with_winnow_the_program_classifies_and_trains_the_recipe(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    exec(compile(programs()[0], "README.md", "exec"), {})
    *said, trained = capsys.readouterr().out.splitlines()
    model = search.load("best")
    assert [line.split()[0] for line in said] == [
        one.label for one in model.predict(["seven.png", "nine.png"])
    ]
    assert 0 <= float(trained.split()[0]) <= 1
    assert search.load("mine").classes == ("0", "1")
