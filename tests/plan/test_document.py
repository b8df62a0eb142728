"""Documents: places, duplicate keys, bounds, and no exception but PlanError whatever the text is."""

# ruff: noqa: E501  a sentence stands on one line, as the user reads it

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.plan.document import MAX_BYTES, Place, parse, read_document
from search.plan.mistake import PlanError

HERE = Place("my.yaml", 1)


def mistakes_in(text: str) -> list[str]:
    try:
        return [str(mistake) for mistake in parse(text, HERE)[1]]
    except PlanError as error:
        return [str(mistake) for mistake in error.mistakes]


def test_everything_has_its_line() -> None:
    root, _ = parse("a: 1\n\nb:\n  c:\n  - 1\n  - {d: 2,\n     e: 3}\n", HERE)
    lines = {
        (): 1,
        ("a",): 1,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "c", 0): 5,
        ("b", "c", 1): 6,
        ("b", "c", 1, "e"): 7,
    }
    assert {path: root.place_of(path).line for path in lines} == lines
    assert root.place_of(("b", "missing", 3)).line == 3
    assert root.plain() == {"a": 1, "b": {"c": [1, {"d": 2, "e": 3}]}}


def test_quotes_and_tags_of_the_core_schema_decide_the_type() -> None:
    root, mistakes = parse("""[1, '1', "1", !!str 1, !!float 1, ! 1, "1e-4", 1e-4]""", HERE)
    assert not mistakes
    assert [(type(v), v) for v in root.plain()] == [  # type: ignore[attr-defined]
        (int, 1), (str, "1"), (str, "1"), (str, "1"), (float, 1.0), (str, "1"), (str, "1e-4"), (float, 1e-4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "a: 1\nb: 2\na: 3\n",
            ["my.yaml:3: found the key 'a' a second time, expected it once (the first is on line 1)"],
        ),
        (
            "{a: 1, a: 1}",
            ["my.yaml:1: found the key 'a' a second time, expected it once (the first is on line 1)"],
        ),
        (
            "1: a\n? [b]\n: c\n",
            [
                "my.yaml:1: found the key 1, expected a name as the key",
                "my.yaml:2: found the key a list, expected a name as the key",
            ],
        ),
        (
            "a: !!python/object:os.system ls",
            [
                "my.yaml:1: found the tag tag:yaml.org,2002:python/object:os.system, expected plain text, a number, true, false or null"
            ],
        ),
        ("a: !mine [1]", ["my.yaml:1: found the tag !mine, expected a plain list or mapping"]),
        ("a: 1\n---\nb: 2\n", ["my.yaml:3: found a second document, expected one document in the file"]),
        ("a: *b", ["my.yaml:1: found the alias *b, expected an anchor of that name before it"]),
        ("a: &b [*b]", ["my.yaml:1: found the alias *b, expected an anchor of that name before it"]),
        (
            "a: [1, 2",
            ["my.yaml:1: found a syntax error (expected ',' or ']', but got '<stream end>'), expected YAML"],
        ),
        (
            "a: 1\n\tb: 2",
            [
                "my.yaml:2: found a syntax error (found character '\\t' that cannot start any token), expected YAML"
            ],
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            [
                "my.yaml:3: found a syntax error (expected <block end>, but found '<block mapping start>'), expected YAML"
            ],
        ),
    ],
)
def test_each_mistake_has_its_sentence(text: str, sentences: list[str]) -> None:
    assert mistakes_in(text) == sentences


def test_an_alias_is_plain_data_but_a_bomb_is_refused() -> None:
    root, _ = parse("a: &x [1, 2]\nb: *x\n", HERE)
    assert root.plain() == {"a": [1, 2], "b": [1, 2]}
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    assert mistakes_in(bomb) == ["my.yaml:5: found more than 20,000 values, expected a smaller document"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 10_000, "- " * 10_000, "? " * 10_000])
def test_depth_is_bounded(text: str) -> None:
    assert mistakes_in(text) == ["my.yaml:1: found more than 32 levels, expected a flatter document"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.yaml", tmp_path / "binary.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    binary.write_bytes(b"a: 1\nb: \xff\n")
    for path, sentence in {
        tmp_path / "none.yaml": "found no such file or directory, expected a readable YAML file",
        tmp_path: "found is a directory, expected a readable YAML file",
        large: "found more than 1,048,576 bytes, expected a YAML file of at most 1,048,576 bytes",
    }.items():
        with pytest.raises(PlanError) as caught:
            read_document(path)
        assert str(caught.value) == f"{path}: {sentence}"
    with pytest.raises(PlanError) as caught:
        read_document(binary)
    assert str(caught.value) == f"{binary}:2: found the byte 0xff, expected text in UTF-8"


@given(st.one_of(st.text(), st.text("ab:-?[]{}&*!|>'\"%@# \n\t,.~0\\<=\x85\u2028", max_size=40)))
@example('"\\UFFFFFFFF"')
@example("%YAML 9.9\n---\na")
@example("%TAG ! tag:x\n--- !y z")
@example("!<a:b")
@example("- |99\n a")
def test_any_text_gives_a_document_or_a_plan_error(text: str) -> None:
    mistakes_in(text)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    document: Any = read_document(path)[0].plain()
    assert document == {"a": 1}
