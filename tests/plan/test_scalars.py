"""Scalars: YAML 1.2's own examples and table, and writing as the inverse of reading."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.document import Place, parse
from search.plan.scalars import read_scalar, write_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # the table of YAML 1.2.2, section 10.3.2, and example 10.9
        *[(text, None) for text in ("null", "Null", "NULL", "~", "")],
        *[(text, True) for text in ("true", "True", "TRUE")],
        *[(text, False) for text in ("false", "False", "FALSE")],
        *[("0", 0), ("0o7", 7), ("0x3A", 58), ("-19", -19), ("+12", 12)],
        *[("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0), ("-2E+05", -200000.0)],
        *[(".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf)],
        # what other versions of YAML read otherwise
        *[("1e-4", 1e-4), ("1e5", 1e5), ("1E5", 1e5), ("5.", 5.0)],
        *[
            (text, text)
            for text in (
                "no",
                "on",
                "yes",
                "off",
                "y",
                "1_000",
                "12:30:45",
                "2001-01-01",
                "0b1",
                "nan",
                "e5",
                ".",
                "1e",
                "=",
            )
        ],
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    read = read_scalar(text)
    assert type(read) is type(value)
    assert read == value


def test_not_a_number_is_read() -> None:
    assert math.isnan(read_scalar(".nan"))  # type: ignore[arg-type]


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 400 digits is expected, but got 5000"):
        read_scalar("9" * 5000)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters()),
    )
)
def test_what_is_written_reads_as_the_same_value(value: object) -> None:
    node, mistakes = parse(f"[{write_scalar(value)}]", Place("x", 1))  # type: ignore[arg-type]
    assert not mistakes
    read: object = node.content[0].plain()  # type: ignore[index, union-attr]
    assert type(read) is type(value)
    assert read == value
