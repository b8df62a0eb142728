"""One image from wherever it comes: the same pixels from a path, bytes, an open file, Pillow and an array."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from search.training.data import image_file
from search.training.data.image_file import UnreadableImage, read_header, read_pixels
from tests.hostile_images import bomb, encoded, noise, readable, unreadable

READABLE, UNREADABLE = readable(), unreadable()


@pytest.mark.parametrize("name", READABLE)
@pytest.mark.parametrize("channels", [1, 3])
def test_an_odd_file_shows_what_it_shows(name: str, channels: int) -> None:
    content, shown = READABLE[name]
    expected = shown.convert("L" if channels == 1 else "RGB")
    found = read_pixels(content, expected.height, expected.width, channels)
    assert np.array_equal(found.squeeze(), np.asarray(expected))


def test_another_size_is_covered_and_cut_to_its_centre() -> None:
    wide = noise("RGB", (60, 20))
    expected = ImageOps.fit(wide, (10, 10), Image.Resampling.BILINEAR)
    assert np.array_equal(read_pixels(encoded(wide, "PNG"), 10, 10, 3), np.asarray(expected))


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_image_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(UnreadableImage) as caught:
        read_pixels(UNREADABLE[name], 8, 8, 3)
    assert str(caught.value).strip()


def test_a_bomb_is_refused_by_its_header_and_the_limit_is_the_callers() -> None:
    with pytest.raises(UnreadableImage, match="claims 200×200 pixels; at most 39,999 are read"):
        read_pixels(bomb(200, 200), 8, 8, 3, most_pixels=39_999)


def test_all_ways_to_give_an_image_are_one(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise("RGB"), "PNG"))
    ways = [
        path,
        str(path),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
        noise("RGB"),
        np.asarray(noise("RGB")),
    ]
    first, *others = [read_pixels(way, 12, 12, 3) for way in ways]
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 1), (16, 24, 2), (16, 24, 3), (16, 24, 4)])
def test_arrays_of_every_number_of_channels_are_read(shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 255, dtype=np.uint8)
    assert read_pixels(pixels, 16, 24, 3).shape == (16, 24, 3)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4)), np.zeros((4, 4, 5), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8)],
)
def test_arrays_that_are_no_image_are_refused_with_what_is_expected(pixels: np.ndarray) -> None:
    with pytest.raises(UnreadableImage, match="uint8"):
        read_pixels(pixels, 8, 8, 3)


def test_an_image_of_pillow_is_left_as_it_is() -> None:
    with Image.open(io.BytesIO(encoded(noise("RGB", (400, 400)), "JPEG"))) as image:
        read_pixels(image, 8, 8, 3)
        assert image.size == (400, 400)
        image.load()


def test_a_header_of_a_program_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(UNREADABLE["program"])
    with pytest.raises(UnreadableImage, match="is no image"):
        read_header(path)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_the_header_of_a_turned_image_says_how_it_is_seen(kind: str, tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    path = tmp_path / f"turned.{kind.lower()}"
    noise("RGB", (30, 10)).save(path, kind, exif=turned)
    header = read_header(path)
    assert (header.height, header.width) == (30, 10)


def test_a_pillow_without_avif_reads_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    image_file._formats.cache_clear()
    monkeypatch.delitem(Image.OPEN, "AVIF", raising=False)
    try:
        assert read_pixels(encoded(noise("RGB"), "PNG"), 8, 8, 3).shape == (8, 8, 3)
    finally:
        image_file._formats.cache_clear()
