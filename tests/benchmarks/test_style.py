"""The house's style table, measured on small packages whose figures one counts by hand."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks.style.__main__ import main
from benchmarks.style.figures import Counted, errors, functions, public_docs, quantiles
from benchmarks.style.imports import largest_cycle, late_imports, needless_imports
from benchmarks.style.sources import Source, sources


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "house"
    folder.mkdir()
    return folder


def wrote(package: Path, **files: str) -> list[Source]:
    """Write files of a package, ``inner_c`` for ``inner/c.py``, and read them all."""
    for name, text in files.items():
        path = package / (name.replace("_", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return sources(package)


def test_a_function_s_length_is_without_its_docstring_and_with_what_is_nested_in_it(package: Path) -> None:
    """A complete docstring is asked for, so it costs nothing."""
    found = wrote(
        package,
        one='''
            def outer(
                a,
            ):
                """Say it.

                At length.
                """
                def inner():
                    return a
                return inner

            class Box:
                async def method(self): return 1
            ''',
    )
    path = package / "one.py"
    assert functions(found) == [Counted(6, f"{path}:2 outer"), Counted(1, f"{path}:14 Box.method")]
    assert [length.lines for length in functions(found, docstrings=True)] == [10, 1]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        (range(1, 11), (5, 9, 10)),
        ([7], (7, 7, 7)),
        ([3, 1, 2], (2, 3, 3)),
    ],
)
def test_quantiles_are_by_nearest_rank(lengths: list[int], expected: tuple[int, int, int]) -> None:
    assert quantiles([Counted(length, "") for length in lengths]) == expected


def test_public_names_without_a_docstring_are_found_and_private_ones_are_not(package: Path) -> None:
    found = wrote(
        package,
        told='''
            """A module."""

            class Told:
                """A class."""

                def __init__(self): ...

                @property
                def size(self):
                    """How large."""

                @size.setter
                def size(self, value): ...

                def bare(self): ...

            class _Own:
                def seen_by_nobody(self): ...
            ''',
        bare="def named():\n    'Told.'\n",
    )
    share = public_docs(found)
    bare = f"{package / 'bare.py'}:1 house.bare"
    assert share.offenders == (bare, f"{package / 'told.py'}:16 Told.bare")
    assert share.good == 4
    assert share.percent == pytest.approx(100 * 4 / 6)


@pytest.mark.parametrize(
    ("raised", "names"),
    [
        ("ValueError(f'a size is expected, but got {size}')", True),
        ("ValueError('a size is expected, but got %s' % size)", True),
        ("errors.Refused(422, told(size))", True),
        ("ValueError('no ' 'size')", False),
        ("ValueError(f'no size')", False),
        ("errors.Refused(422, 'no size')", False),
        ("ValueError", False),
    ],
)
def test_an_error_names_a_value_where_a_part_of_it_is_no_literal(
    package: Path, raised: str, names: bool
) -> None:
    share = errors(wrote(package, one=f"def f(size):\n    raise {raised}\n"))
    assert (share.good, len(share.offenders)) == (int(names), int(not names))


@pytest.mark.parametrize(
    "statement",
    ["raise", "raise error", "raise NotImplementedError", "raise StopIteration(3)", "raise Unusual"],
)
def test_what_is_raised_again_or_steers_the_flow_is_no_error_of_ours(package: Path, statement: str) -> None:
    share = errors(wrote(package, one=f"def f(error):\n    {statement}\n"))
    assert (share.good, share.offenders, share.percent) == (0, (), 100.0)


def test_the_largest_cycle_counts_late_imports_and_those_for_the_type_checker(package: Path) -> None:
    found = wrote(
        package,
        a="from house import b\nimport os",
        b="from .inner import c",
        inner_c="""
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from ..a import thing

            def late():
                from house.d import other
            """,
        d="import house.e",
        e="import house.d",
    )
    assert largest_cycle(found) == ["house.a", "house.b", "house.inner.c"]
    assert late_imports(found) == [f"{package / 'inner' / 'c.py'}:8 from house.d import other"]


def test_a_late_import_is_needless_unless_it_keeps_a_package_of_others_out(package: Path) -> None:
    found = wrote(
        package,
        verb="""
            import numpy
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from house.heavy import thing

            def late():
                from house.heavy import thing
                from house.light import other
                from house.through import more
            """,
        light="import json, numpy.linalg",
        heavy="import torch",
        through="from house.light import other\nfrom house import heavy\n\ndef later():\n    import ray",
    )
    assert needless_imports(found) == [f"{package / 'verb.py'}:10 from house.light import other"]


def test_a_package_s_own_file_is_the_package(package: Path) -> None:
    (package / "__init__.py").write_text("from .one import thing", encoding="utf-8")
    assert largest_cycle(wrote(package, one="from house import other")) == ["house", "house.one"]


def test_a_ladder_of_imports_is_no_cycle(package: Path) -> None:
    found = wrote(package, a="import house.b, house.c", b="import house.c", c="import house.c\nimport numpy")
    assert largest_cycle(found) == []
    assert largest_cycle(wrote(package, a="", b="", c="")) == []


def test_the_command_prints_the_table_and_fails_where_a_hard_rule_is_broken(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = package.parent / "tests"
    tests.mkdir()
    (tests / "test_it.py").write_text("pass\n" * 5, encoding="utf-8")
    body = "    raise ValueError('no')\n" + "    pass\n" * 4
    wrote(package, one=f'"""A module."""\n\n\ndef told():\n    """Say it."""\n{body}')
    words = [str(package), "--tests", str(tests)]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "| this code | 10/10/10 | 6/6/6 | 100 % | 0 % | 0 | 0.50 |" in said.out
    assert f"{package / 'one.py'}:6 raise ValueError('no')" in said.out
    assert said.err == ""

    wrote(package, two="import house.three\n" + "x = 1\n" * 400)
    wrote(package, three="import house.two\ndef f():\n" + "    x = 1\n" * 60)
    assert main(words) == 1
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"error: {package / 'two.py'}: 401 lines; a file has 400 at most",
        f"error: {package / 'three.py'}:2 f: 61 lines; a function has 60 at most",
        f"error: {package / 'three.py'}:1 house.three: a public name needs a docstring",
        f"error: {package / 'three.py'}:2 f: a public name needs a docstring",
        f"error: {package / 'two.py'}:1 house.two: a public name needs a docstring",
        "error: house.three, house.two: these import each other; a noun is missing lower down",
    ]
