"""Attributes: those asked for, with the figures of the cost, and nothing computed that was not asked for."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from search.plan.objectives import ATTRIBUTES
from search.training import attributes as module
from search.training import cost as cost_module
from search.training.attributes import LATENCY, attributes
from search.training.cost import cost
from tests.training.conftest import MakeConfig

SHAPE = (1, 8, 8)


def test_every_known_attribute_is_measured(config: MakeConfig) -> None:
    found = attributes(config(), SHAPE, 3, ATTRIBUTES)
    assert list(found) == list(ATTRIBUTES)
    assert all(type(figure) is float and figure > 0 for figure in found.values())


@pytest.mark.parametrize("names", [set(c) for n in range(5) for c in combinations(ATTRIBUTES, n)])
def test_just_those_asked_for_are_there(config: MakeConfig, names: set[str]) -> None:
    expected = {**vars(cost(config(), SHAPE, 3)), LATENCY: 1.5}
    found = attributes(config(), SHAPE, 3, names, latency=lambda trial: 1.5)
    assert found == {name: expected[name] for name in names}


def test_nothing_is_computed_that_was_not_asked_for(
    config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("not asked for")

    with monkeypatch.context() as patched:
        patched.setattr(module, "figures", refuse)
        assert attributes(config(), SHAPE, 3, {LATENCY}, latency=lambda trial: 2.0) == {LATENCY: 2.0}
    for function in ("_forward_flops", "_saved_bytes"):
        monkeypatch.setattr(cost_module, function, refuse)
    monkeypatch.setattr(module, "latency_ms", refuse)
    assert set(attributes(config(), SHAPE, 3, ["parameters"])) == {"parameters"}


def test_a_name_that_is_none_is_refused_with_the_nearest(config: MakeConfig) -> None:
    with pytest.raises(KeyError, match="no attribute is called 'params': did you mean 'parameters'"):
        attributes(config(), SHAPE, 3, ["params"])
