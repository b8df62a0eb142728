"""Trial configurations: there and back through JSON; a fingerprint of what decides the training but the seed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.trial_config import DataConfig, TrialConfig

SETTINGS: Any = st.dictionaries(
    st.text(max_size=8),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    max_size=6,
)
CONFIG = TrialConfig({"a": 1, "b": "x"}, DataConfig("digits"), epochs=3, seed=5, plugins=("/p.py",))


@given(SETTINGS, st.integers(1, 100), st.integers(0, 2**32))
def test_json_gives_an_equal_configuration(settings: Any, epochs: int, seed: int) -> None:
    config = TrialConfig(settings, DataConfig("mnist", 0.2, 3, 28), epochs, seed, ("/a.py",))
    again = TrialConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert again == config
    assert again.fingerprint() == config.fingerprint()


def test_the_fingerprint_leaves_out_the_seed_the_plugins_and_the_order() -> None:
    other = replace(CONFIG, seed=6, plugins=(), settings={"b": "x", "a": 1})
    assert other.fingerprint() == CONFIG.fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"a": 1, "b": "y"}},
        {"settings": {"a": "1", "b": "x"}},
        {"epochs": 4},
        {"data": DataConfig("digits", split_seed=1)},
        {"data": DataConfig("digits", file="labels.csv")},
    ],
)
def test_the_fingerprint_differs_with_all_else(change: Any) -> None:
    assert replace(CONFIG, **change).fingerprint() != CONFIG.fingerprint()


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="a configuration of format 1 is expected, but got 2"):
        TrialConfig.from_json({**CONFIG.to_json(), "format": 2})


def test_without_a_table_of_labels_the_record_is_what_it_was_before_there_were_such() -> None:
    """Else the trials of every older search would be others, and none could go on."""
    assert CONFIG.to_json()["data"] == {"name": "digits", "validation": 0.1, "split_seed": 0, "size": None}
    table = replace(CONFIG, data=DataConfig("image_csv", file="a.csv", absolute_paths=True))
    assert TrialConfig.from_json(json.loads(json.dumps(table.to_json()))) == table
