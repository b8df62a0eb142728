"""Folders of images as people have them: their layouts, their odd files, and what is said about them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL import __version__ as pillow

from search.plan.trial_config import DataConfig
from search.training.data import Data, load_data, load_test
from search.training.data.image_file import MOST_PIXELS, Header, UnreadableImage, read_header, read_pixels
from search.training.data.surveyed import common_shape
from search.training.errors import DataError


def fill(
    folder: Path, count: int = 4, size: tuple[int, int] = (10, 8), mode: str = "RGB", start: int = 0
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(start, start + count):
        Image.effect_noise(size, 50 + index).convert(mode).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes of four images of 8×10 pixels."""
    for name in ("cat", "dog"):
        fill(tmp_path / "images" / name)
    return tmp_path / "images"


def load(root: Path, **settings: int) -> Data:
    return load_data(DataConfig("image_folder", validation=0.25, **settings), directory=root)


def refusal(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(root)
    return str(caught.value)


def outcome(root: Path) -> str:
    try:
        load(root)
    except DataError as error:
        return str(error)
    return "read"


def test_classes_alone_are_split_and_have_no_test(root: Path) -> None:
    data = load(root)
    assert (data.classes, data.shape) == (("cat", "dog"), (3, 8, 10))
    assert (len(data.train), len(data.validation)) == (6, 2)
    with pytest.raises(DataError, match="no test split"):
        load_test(DataConfig("image_folder"), directory=root)


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_folder_is_the_validation_split(name: str, root: Path) -> None:
    root.rename(root.parent / "train")
    fill(root.parent / name / "cat", 1)
    fill(root.parent / name / "dog", 2)
    fill(root.parent / "test" / "dog", 3)
    data = load(root.parent)
    assert (len(data.train), data.validation.labels.tolist()) == (8, [0, 1, 1])
    assert data.validation.images is not data.train.images
    assert load_test(DataConfig("image_folder", validation=0.25), directory=root.parent).labels.tolist() == [
        1,
        1,
        1,
    ]


def test_two_validation_folders_are_refused(root: Path) -> None:
    root.rename(root.parent / "train")
    for name in ("val", "validation"):
        fill(root.parent / name / "cat")
    assert "val/ and validation/" in refusal(root.parent)


def test_a_class_called_train_is_a_class(root: Path) -> None:
    fill(root / "train")
    assert load(root).classes == ("cat", "dog", "train")


def test_pixels_are_those_of_the_files(root: Path) -> None:
    data = load(root)
    for row, path in enumerate([*sorted((root / "cat").iterdir()), *sorted((root / "dog").iterdir())]):
        assert np.array_equal(data.train.images[row], np.asarray(Image.open(path)))


def test_images_may_lie_deeper_and_other_files_are_passed_over(root: Path) -> None:
    fill(root / "cat" / "deep" / "er", 2)
    (root / "cat" / ".hidden.png").write_bytes(b"x")
    (root / "cat" / "Thumbs.db").write_bytes(b"x")
    (root / "README.txt").write_text("x")
    assert len(load(root).train.labels) == 10


def test_links_are_followed_and_loops_end(root: Path, tmp_path: Path) -> None:
    outside = fill(tmp_path / "elsewhere", 3, start=10)
    (root / "cat" / "link").symlink_to(outside)
    (root / "cat" / "loop").symlink_to(root / "cat")
    (root / "dog" / "one.png").symlink_to(outside / "10.png")
    assert np.bincount(load(root).train.labels).tolist() == [7, 5]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({}, "holds 0 class folders, but at least 2"),
        ({"cat": 4}, "holds 1 class folder, but at least 2"),
        ({"cat": 4, "dog": 0, "eel": 0}, "no image in the classes dog, eel"),
        ({"cat": 4, "dog": 1}, "1 image, but 2 are needed, one to train on and one to validate on, in: dog"),
        ({"Training": 4, "Testing": 4}, "Testing, Training: splits, it seems"),
        ({"Train": 4, "val": 4, "cat": 4}, "Train, val: splits, it seems"),
        ({"cat\ndog": 4, "eel": 4}, r"no class can be called 'cat\ndog'"),
        ({"caf\udce9": 4, "eel": 4}, r"no class can be called 'caf\udce9'"),
    ],
)
def test_too_few_classes_or_images_are_refused(classes: dict[str, int], message: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name, count in classes.items():
        fill(tmp_path / "images" / name, count)
    assert message in refusal(tmp_path / "images")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nowhere is not a folder" in refusal(tmp_path / "nowhere")


def test_a_class_that_only_validation_has_is_refused_with_the_nearest(root: Path) -> None:
    root.rename(root.parent / "train")
    fill(root.parent / "val" / "cats")
    assert "did you mean 'cat'" in refusal(root.parent)


def test_a_validation_folder_without_images_of_classes_is_refused(root: Path) -> None:
    root.rename(root.parent / "train")
    fill(root.parent / "val")  # not in folders of classes
    assert "val holds no image in a folder of a class" in refusal(root.parent)


def test_a_test_folder_without_labels_is_passed_over_and_noted(root: Path) -> None:
    """As competitions give it: images to be labelled by those who take part."""
    root.rename(root.parent / "train")
    fill(root.parent / "test")
    assert any("there is no test split" in note for note in load(root.parent).notes)
    with pytest.raises(DataError, match="no test split"):
        load_test(DataConfig("image_folder", validation=0.25), directory=root.parent)


def test_links_to_themselves_are_named_and_links_up_do_not_lead_to_other_classes(root: Path) -> None:
    (root / "cat" / "up").symlink_to(root)
    (root / "circle").symlink_to("circle")
    assert np.bincount(load(root).train.labels).tolist() == [4, 4]
    (root / "dog" / "self.png").symlink_to("self.png")
    with pytest.raises(DataError, match=r"dog/self\.png is a link to nothing"):
        load(root, split_seed=1)  # another question, so that this process looks again


def test_names_of_files_need_not_be_utf8(root: Path) -> None:
    (root / "cat" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"no image")
    message = refusal(root)
    assert "caf\\udce9.png' is no image" in message
    listed = Path(message.split("are in ")[1].split(",")[0])
    (root / "skip.txt").write_bytes(listed.read_bytes())
    assert len(load(root).train.labels) == 8


def test_the_skip_list_may_come_from_windows(root: Path) -> None:
    (root / "skip.txt").write_bytes(b"\xef\xbb\xbfcat/0.png\r\ndog/1.png\r\n")
    assert len(load(root).train.labels) == 6


def test_unreadable_files_are_all_named_and_can_be_left_out(root: Path) -> None:
    for index in range(12):
        (root / "cat" / f"bad{index:02}.png").write_bytes(b"no image")
    (root / "dog" / "none.png").symlink_to("nothing")
    message = refusal(root)
    assert "13 files" in message
    assert "cat/bad00.png is no image" in message
    assert "and 3 more" in message
    listed = Path(message.split("are in ")[1].split(",")[0])
    assert "dog/none.png" in listed.read_text().splitlines()
    (root / "skip.txt").write_text(listed.read_text())
    assert len(load(root).train.labels) == 8


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp", ".webp", ".tiff"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_files_cut_anywhere_are_read_or_named_and_never_crash(suffix: str, share: float, root: Path) -> None:
    whole = root / "cat" / f"whole{suffix}"
    Image.effect_noise((10, 8), 90).convert("RGB").save(whole)
    (root / "cat" / f"cut{suffix}").write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size)])
    said = outcome(root)
    assert said == "read" or f"cat/cut{suffix}" in said


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr"])
def test_files_of_every_mode_mixed_with_colour_become_rgb(mode: str, root: Path) -> None:
    if mode == "YCbCr" and int(pillow.split(".")[0]) < 13:
        pytest.skip("this Pillow cannot read the YCbCr TIFF that it writes")
    suffix = {"CMYK": "tiff", "YCbCr": "tiff"}.get(mode, "png")
    grey = np.tile(np.arange(10, dtype=np.uint8) * 20, (8, 1))
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "P":
        image = Image.fromarray(np.stack([grey] * 3, axis=-1)).quantize(16)
    else:
        image = Image.fromarray(np.stack([grey] * 3, axis=-1)).convert(mode)
    image.save(root / "cat" / f"odd.{suffix}")
    data = load(root)
    assert data.shape == (3, 8, 10)
    odd = data.train.images[4].astype(int)
    if mode != "1":
        assert np.abs(odd - grey[..., None]).max() <= 3
    assert set(odd.ravel()) <= {0, 255} or mode != "1"


def test_grey_files_alone_stay_grey(tmp_path: Path) -> None:
    for name in ("a", "b"):
        fill(tmp_path / name, mode="L")
    assert load(tmp_path).shape == (1, 8, 10)


def test_grey_among_coloured_is_noted(root: Path) -> None:
    fill(root / "cat", 2, mode="L", start=7)
    assert "2 grey images among coloured ones were read as RGB" in load(root).notes


def test_transparent_pixels_show_white(root: Path) -> None:
    Image.new("RGBA", (10, 8), (0, 0, 0, 0)).save(root / "cat" / "clear.png")
    assert (load(root).train.images[4] == 255).all()


def test_the_first_frame_of_an_animation_is_taken_and_noted(root: Path) -> None:
    frames = [Image.new("RGB", (10, 8), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(root / "cat" / "moves.gif", save_all=True, append_images=frames[1:])
    data = load(root)
    assert data.train.images[4, 0, 0].tolist() == [255, 0, 0]
    assert any("first frame" in note and "cat/moves.gif" in note for note in data.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_images_upright(orientation: int, tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(8 * 10 * 3, dtype=np.uint8).reshape(8, 10, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "x.png", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(tmp_path / "x.png"))
    header = read_header(tmp_path / "x.png")
    assert (header.width, header.height) == upright.size
    assert np.array_equal(
        read_pixels(tmp_path / "x.png", header.height, header.width, 3), np.asarray(upright)
    )


def test_sizes_that_differ_become_squares_of_the_median_side_and_it_is_noted(root: Path) -> None:
    fill(root / "cat", 5, size=(30, 20), start=10)
    data = load(root)
    assert data.shape == (3, 8, 8)  # the median of 8 sides of 8 pixels and 5 of 20
    assert any("were resized to" in note for note in data.notes)
    assert load(root, size=16).shape == (3, 16, 16)


def test_common_shape_follows_its_rule() -> None:
    def header(height: int, width: int, grey: bool = False) -> Header:
        return Header(height, width, grey, frames=False)

    assert common_shape([header(8, 10)] * 3, None) == (8, 10, 3)
    assert common_shape([header(8, 10)] * 3, 32) == (32, 32, 3)
    assert common_shape(
        [header(8, 10, grey=True), header(30, 20, grey=True), header(40, 50, grey=True)], None
    ) == (
        20,
        20,
        1,
    )
    assert common_shape([header(900, 700), header(800, 900)], None) == (224, 224, 3)
    assert common_shape([header(512, 300)] * 2, None) == (512, 300, 3)
    assert common_shape([header(3000, 4000)] * 2, None) == (224, 224, 3)  # a camera's: 36 MB each


def test_resizing_covers_and_cuts_the_centre(tmp_path: Path) -> None:
    pixels = np.zeros((40, 120, 3), dtype=np.uint8)
    pixels[:, 40:80] = 200  # the middle third is all that is left of a 3:1 image
    Image.fromarray(pixels).save(tmp_path / "x.png")
    out = read_pixels(tmp_path / "x.png", 20, 20, 3)
    assert (out[:, 1:-1] == 200).all()


def test_a_decompression_bomb_is_refused_unread(tmp_path: Path) -> None:
    side = int(MOST_PIXELS**0.5) + 1
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")
    assert (tmp_path / "bomb.png").stat().st_size < 100_000
    for read in (read_header, lambda path: read_pixels(path, 8, 8, 1)):
        with pytest.raises(UnreadableImage, match="pixels"):
            read(tmp_path / "bomb.png")


@pytest.mark.parametrize(("array", "message"), [(np.zeros((8, 8), np.float32), "floating-point"),
                                                (np.full((8, 8), 2**20, np.int32), "32-bit")])  # fmt: skip
def test_pixels_without_an_8_bit_form_are_named(array: np.ndarray, message: str, tmp_path: Path) -> None:
    Image.fromarray(array).save(tmp_path / "x.tiff")
    with pytest.raises(UnreadableImage, match=message):
        read_pixels(tmp_path / "x.tiff", 8, 8, 1)


def test_a_changed_file_is_decoded_anew(root: Path) -> None:
    before = load(root)
    Image.new("RGB", (10, 8), "red").save(root / "cat" / "0.png")
    load_data(DataConfig("digits"))
    after = load(root, split_seed=5)  # another question, so that this process looks again
    assert after.fingerprint != before.fingerprint
    assert after.train.images[0, 0, 0].tolist() == [255, 0, 0]
