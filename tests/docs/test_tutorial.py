"""docs/tutorial.md from its first command to its last, in one folder, with images that are drawn here."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.docs.commands import Command, commands_of
from tests.docs.living import asked, serving
from tests.docs.pages import REPOSITORY, SHELL, blocks
from tests.faults.searches import done

PAGE = REPOSITORY / "docs" / "tutorial.md"
CLASSES = ("cat", "deer", "frog", "horse")
MOST_COMMANDS = 8


def told() -> list[Command]:
    """Return the commands of the page in their order."""
    return [command for block in blocks(PAGE) if block.language == SHELL for command in commands_of(block)]


def draw_images(folder: Path) -> None:
    """Draw images of 32×32 pixels, whose classes differ in colour, as the page has them: train/ and test/."""
    random = np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 8)):
        for number, name in enumerate(CLASSES):
            place = folder / "photos" / split / name
            place.mkdir(parents=True)
            for image in range(count):
                _draw(random, number).save(place / f"{image}.jpg")
    _draw(random, 2).save(folder / "new.jpg")


def _draw(random: np.random.Generator, number: int) -> Image.Image:
    pixels = random.integers(0, 120, (32, 32, 3))
    pixels[..., number % 3] += 60 + 60 * (number // 3)
    return Image.fromarray(pixels.astype(np.uint8))


def test_it_takes_at_most_eight_commands_and_ends_with_an_answer() -> None:
    assert len(told()) <= MOST_COMMANDS
    assert told()[-1].words[0] == "curl"


@pytest.mark.slow
def test_the_commands_of_the_tutorial_lead_from_images_to_an_answer(tmp_path: Path) -> None:
    draw_images(tmp_path)
    (space,) = (block for block in blocks(PAGE) if block.language == "yaml")
    (tmp_path / "animals.yaml").write_text(space.text, encoding="utf-8")
    *before, server, question = told()
    for command in before:
        if command.module == "dashboard":
            with serving(command, tmp_path) as address:
                assert httpx.get(address, timeout=60).status_code == 200
        else:
            verb = str(command.module).removeprefix("search.")
            ended = done(verb, *command.arguments, folder=tmp_path, patience=1000)
            assert ended.code == 0, ended.err
    with serving(server, tmp_path) as address:
        answer = json.loads(asked(question.words, address, tmp_path))
    assert answer["results"][0]["predictions"][0]["label"] in CLASSES
