"""What is behind an error is found, however it came there, and a circle of errors ends."""

from __future__ import annotations

import pytest

from search.runs.causes import causes


def test_an_error_alone_is_its_own_reason() -> None:
    error = ValueError("a")
    assert list(causes(error)) == [error]


def test_what_was_raised_from_another_or_in_its_handling_leads_to_it() -> None:
    first, second, third = OSError("disk"), ValueError("read"), RuntimeError("training")

    def fail() -> None:
        try:
            try:
                raise first
            except OSError as error:
                raise second from error
        finally:
            raise third

    with pytest.raises(RuntimeError) as raised:
        fail()
    assert list(causes(raised.value)) == [third, second, first]


def test_what_an_error_was_raised_from_goes_before_what_was_handled_then() -> None:
    cause, handled, outermost = OSError("cause"), KeyError("handled"), RuntimeError("outermost")

    def fail() -> None:
        try:
            raise handled
        except KeyError:
            raise outermost from cause

    with pytest.raises(RuntimeError) as raised:
        fail()
    assert list(causes(raised.value)) == [outermost, cause]


def test_a_circle_of_errors_is_walked_once() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert list(causes(first)) == [first, second]
