"""Tables of labels as people have them: what is read, and every mistake of a table at once, each with its line."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from search.plan.trial_config import DataConfig
from search.training.data import load_data, load_test
from search.training.data.label_file import read_label_file
from search.training.errors import DataError, NoTestSplit


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def table(root: Path, *lines: str) -> Path:
    path = root / "labels.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def refusal(root: Path, *lines: str, absolute_paths: bool = False) -> str:
    with pytest.raises(DataError) as caught:
        read_label_file(table(root, *lines), root, absolute_paths=absolute_paths)
    return str(caught.value)


def test_several_folders_become_splits_in_the_order_of_the_lines(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.png", "a/deep/1.png", "c/3.png", "c/4.png")
    lines = (
        "path,label,split",
        "b/2.png,dog,train",
        "a/deep/1.png,cat,train",
        "c/3.png,dog,val",
        "c/4.png,cat,test",
    )
    layout = read_label_file(table(tmp_path, *lines), tmp_path)
    assert layout.classes == ("cat", "dog")
    assert layout.splits == {
        "train": [(tmp_path / "b/2.png", 1), (tmp_path / "a/deep/1.png", 0)],
        "validation": [(tmp_path / "c/3.png", 1)],
        "test": [(tmp_path / "c/4.png", 0)],
    }


def test_columns_stand_in_any_order_among_others_and_as_excel_writes_them(tmp_path: Path) -> None:
    touch(tmp_path, "a, b.png", "c.png")
    path = tmp_path / "labels.csv"
    path.write_bytes(b'\xef\xbb\xbflabel,who, path\r\ncat,x,"a, b.png"\r\n\r\ndog,y,c.png\r\n')
    layout = read_label_file(path, tmp_path)
    assert layout.splits == {"train": [(tmp_path / "a, b.png", 0), (tmp_path / "c.png", 1)]}


@settings(max_examples=25)
@given(
    labels=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=5),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_whatever_a_csv_writer_writes_is_read_back(labels: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = touch(Path(folder), *(f"{place}.png" for place in range(len(labels))))
        with (root / "labels.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("path", "label"), *((f"{i}.png", x) for i, x in enumerate(labels))])
        layout = read_label_file(root / "labels.csv", root)
    assert layout.classes == tuple(sorted(labels))
    assert [layout.classes[label] for _, label in layout.splits["train"]] == labels


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    message = refusal(
        tmp_path,
        "path,label,split",
        "a.png,cat,train",
        "gone.png,cat,train",
        "b.png,,train",
        "b.png,dog,trian",
        "a.png,dog,test",
        ",dog,train",
        "a.png,cat",
    )
    said = message.split("\n")
    name = tmp_path / "labels.csv"
    assert said[0] == f"{name} has 9 mistakes:"
    assert f"  {name}:3: path: found 'gone.png', expected a file that is there" in said
    assert f"  {name}:4: label: found nothing, expected the name of a class" in said
    assert any(
        line.startswith(f"  {name}:5: split: found 'trian'") and "did you mean 'train'" in line
        for line in said
    )
    assert any(
        line.startswith(f"  {name}:6: label: found 'dog', expected 'cat' as in line 2") for line in said
    )
    assert any(
        line.startswith(f"  {name}:6: split: found 'test', expected 'train' as in line 2") for line in said
    )
    assert f"  {name}:7: path: found nothing, expected the path of an image" in said
    assert f"  {name}:8: found 2 cells, expected 3: path, label, split" in said
    assert [int(line.split(":")[1]) for line in said[1:]] == sorted(
        int(line.split(":")[1]) for line in said[1:]
    )


def test_of_many_mistakes_ten_are_shown(tmp_path: Path) -> None:
    message = refusal(tmp_path, "path,label", *(f"{index}.png,cat" for index in range(47)))
    assert message.startswith(f"{tmp_path / 'labels.csv'} has 47 mistakes:")
    assert message.endswith("\n  and 37 more")
    assert len(message.split("\n")) == 12


@pytest.mark.parametrize("way", ["../outside/a.png", "x/../../outside/a.png", "{outside}/a.png"])
def test_paths_that_leave_the_root_are_refused(tmp_path: Path, way: str) -> None:
    outside = touch(tmp_path / "outside", "a.png")
    root = touch(tmp_path / "root", "b.png")
    lines = ("path,label", f"{way.format(outside=outside)},cat", "b.png,dog")
    message = refusal(root, *lines)
    assert f"labels.csv:2: path: found '{lines[1].split(',')[0]}'" in message or "..." in message
    assert "data.absolute_paths: true allows" in message
    if way.startswith("{"):
        layout = read_label_file(table(root, *lines), root, absolute_paths=True)
        assert layout.splits["train"][0] == (outside / "a.png", 0)
    else:
        assert "expected a path below" in refusal(root, *lines, absolute_paths=True)


def test_absolute_paths_below_the_root_and_dots_are_plain_paths(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/2.png")
    layout = read_label_file(
        table(tmp_path, "path,label", f"{tmp_path}/a/1.png,cat", "./a/../b/2.png,dog"), tmp_path
    )
    assert [path for path, _ in layout.splits["train"]] == [tmp_path / "a/1.png", tmp_path / "b/2.png"]


def test_repeated_lines_count_once_and_the_skip_list_holds(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png", "c.png", "skip.txt")
    (tmp_path / "skip.txt").write_text("c.png\n")
    layout = read_label_file(
        table(tmp_path, "path,label", "a.png,cat", "b.png,dog", "./a.png,cat", "c.png,dog"), tmp_path
    )
    assert [path.name for path, _ in layout.splits["train"]] == ["a.png", "b.png"]
    assert layout.notes == ("lines that say again what others say: 1",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "found no header, expected a column path"),
        (("file,label", "a.png,cat"), "found the columns file, label, expected a column path"),
        (("path,lable", "a.png,cat"), "did you mean 'lable'"),
        (("path,path,label", "a.png,a.png,cat"), "found the column path twice"),
        (("path,label",), "names no image; at least 2 classes"),
        (("path,label", "a.png,cat"), "names one class, cat"),
        (("path,label", "a.png,cat", "b.png,ca\x07t"), r"no class can be called 'ca\x07t'"),
        (
            ("path,label,split", "a.png,cat,train", "b.png,dog,test"),
            "no image is there to train on of the class dog",
        ),
        (("path,label", 'a.png,"cat', "b.png,dog"), "this is no CSV"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    touch(tmp_path, "a.png", "b.png")
    assert said in refusal(tmp_path, *lines)


def test_a_table_that_is_not_there_and_one_that_is_not_named_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        load_data(DataConfig("image_csv", file="none.csv"), directory=tmp_path)
    with pytest.raises(DataError, match="image_csv needs a table of labels"):
        load_data(DataConfig("image_csv"), directory=tmp_path)
    with pytest.raises(DataError, match="name: image_csv reads one"):
        load_data(DataConfig("image_folder", file="labels.csv"), directory=tmp_path)


def test_pixels_and_labels_are_those_of_the_table_and_its_validation_rows_win(tmp_path: Path) -> None:
    """`validation: 0.5` would hold out half of the images; the table names two."""
    rows = [
        ("x/0.png", "b", "train"),
        ("y/1.png", "a", "val"),
        ("y/2.png", "a", "train"),
        ("x/3.png", "b", "val"),
    ]
    for value, (name, _, _) in enumerate(rows):
        touch(tmp_path, name)
        Image.fromarray(np.full((4, 4), 40 * value, np.uint8)).save(tmp_path / name)
    table(tmp_path, "path,label,split", *(",".join(row) for row in rows))
    config = DataConfig("image_csv", validation=0.5, file="labels.csv")
    data = load_data(config, directory=tmp_path)
    assert data.classes == ("a", "b")
    assert data.train.images[:, 0, 0, 0].tolist() == [0, 80]
    assert data.train.labels.tolist() == [1, 0]
    assert data.validation.images[:, 0, 0, 0].tolist() == [40, 120]
    assert data.validation.labels.tolist() == [0, 1]
    with pytest.raises(NoTestSplit, match="where the column split says test"):
        load_test(config, directory=tmp_path)


def test_other_labels_of_the_same_files_are_other_data(tmp_path: Path) -> None:
    """The names, sizes and times of the images are the same: the labels must tell them apart in the cache."""
    for value in range(4):
        Image.fromarray(np.full((4, 4), 40 * value, np.uint8)).save(tmp_path / f"{value}.png")
    for file, labels in (("one.csv", "aabb"), ("two.csv", "abab")):
        lines = [f"{value}.png,{label}" for value, label in enumerate(labels)]
        (tmp_path / file).write_text("\n".join(["path,label", *lines]))
        data = load_data(DataConfig("image_csv", file=file, validation=0.5), directory=tmp_path)
        assert [data.classes[label] for label in data.train.labels] == list(labels)
