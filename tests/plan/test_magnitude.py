"""Large numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.magnitude import LETTERS, short, span


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (11_173_962, "11.2 MB"),
        (999_999_999_999, "1 TB"),
        (12_345e12, "12,300 TB"),
    ],
)
def test_a_number_has_three_digits_and_its_unit(number: float, text: str) -> None:
    assert short(number, "B") == text
    assert short(number) == text.removesuffix("B").strip()


@given(st.integers(0, 10**18))
def test_no_number_is_written_with_an_exponent_and_each_reads_as_what_it_was(number: int) -> None:
    text = short(number)
    assert "e+" not in text
    digits, _, letter = text.partition(" ")
    read = float(digits.replace(",", "")) * 1000 ** LETTERS.index(letter)
    assert read == pytest.approx(number, rel=0.00501)


def test_a_range_whose_ends_read_the_same_is_one_number() -> None:
    assert span((950, 12_345_678)) == "950 to 12.3 M"
    assert span((5_000_000_001, 5e9), "B") == "5 GB"
