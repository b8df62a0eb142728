"""Names of pictures cannot lead anywhere, and what is drawn is what was given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from search.winner.pictures.canvas import colored, enlarged, file_name, font, shortened, write_picture
from search.winner.pictures.heat import heat_picture
from search.winner.pictures.sheet import Tile, contact_sheet


@given(
    st.integers(1, 10**6),
    st.text() | st.sampled_from(["../../etc/passwd", "/x/..", "a/b\\c", ".", "con:x", "-rf"]),
)
def test_a_picture_is_called_by_one_plain_name(number: int, name: str) -> None:
    found = file_name(number, name, "gradcam")
    assert Path(found).name == found
    assert found.endswith("gradcam.png")
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
    assert len(found) < 100
    assert not found.startswith((".", "-"))


def test_a_link_in_the_place_of_a_picture_is_replaced_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "a.png").symlink_to(precious)
    write_picture(Image.new("RGB", (4, 4)), tmp_path / "a.png")
    assert precious.read_text() == "mine"
    with Image.open(tmp_path / "a.png") as found:
        assert found.size == (4, 4)


@given(st.text(max_size=60), st.integers(0, 200))
def test_a_text_fits_and_is_printable(text: str, width: int) -> None:
    found = shortened(text, width, 12)
    assert found.isprintable()
    assert found == "…" or font(12).getlength(found) <= width


def test_lightness_rises_with_the_magnitude() -> None:
    for signed, values in (
        (False, np.linspace(0, 1, 50)),
        (True, np.linspace(0, 1, 50)),
        (True, -np.linspace(0, 1, 50)),
    ):
        light = colored(values, signed=signed) @ np.array([0.2126, 0.7152, 0.0722])
        assert (np.diff(light) > -1.5).all(), "but for rounding to 8 bits"
        assert light[-1] - light[0] > 80


@pytest.mark.parametrize("shape", [(8, 8, 1), (30, 17, 3), (900, 700, 3)])
def test_an_enlarged_image_keeps_its_pixels(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = enlarged(pixels)
    assert min(found.size) >= 224
    assert min(found.size) <= 448
    if shape[0] < 100:
        times = found.width // shape[1]
        assert np.array_equal(np.asarray(found)[::times, ::times, 0], pixels[..., 0])


def test_a_heat_map_lies_over_its_image() -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[0, 0] = 1
    picture = heat_picture(np.zeros((8, 8, 1), np.uint8), heat, title="x", signed=False, smooth=False)
    bright = np.asarray(picture.convert("L")).astype(int)
    assert bright[50, 260] > bright[150, 400] + 60, "the first pixel of the right-hand image is the hot one"


def test_every_tile_of_a_sheet_is_drawn() -> None:
    tiles = [Tile(np.full((8, 8, 3), 9 * place, np.uint8), ("said ö", "is b")) for place in range(7)]
    sheet = np.asarray(contact_sheet(tiles, title="seven", side=16, columns=3))
    assert {9 * place for place in range(7)} <= set(np.unique(sheet[..., 0]).tolist())
