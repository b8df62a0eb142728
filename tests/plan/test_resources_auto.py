"""`auto` leaves CPU cores and GPUs to the program, for both or for each of them."""

from __future__ import annotations

from typing import Any

import pytest

from search.plan.sections import ResourcesPlan


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("auto", (None, None)),
        ({"gpus": "auto"}, (None, None)),
        ({"cpus": 2.0, "gpus": "auto"}, (2.0, None)),
        ({"cpus": "auto", "gpus": 0.5}, (None, 0.5)),
    ],
)
def test_auto_means_open(written: Any, expected: tuple[float | None, float | None]) -> None:
    found = ResourcesPlan.model_validate(written)
    assert (found.cpus, found.gpus) == expected
