"""Random spaces and documents for the tests of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from search.plan.domain import Choice, Domain, Fixed, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.vocabulary import Setting, Vocabulary

VALUES: Any = st.sampled_from(
    ["a", "b", "no", "1e-4", 'say "x"', "", "ü😀\x01", True, False, None, 0, 1, 2.5, -3, 1e300]
)


@st.composite
def finite_domains(draw: Any) -> Domain:
    kind = draw(st.sampled_from(["choice", "fixed", "int", "float"]))
    if kind == "choice":
        return Choice(
            draw(st.lists(VALUES, min_size=1, max_size=3, unique_by=lambda v: (isinstance(v, bool), v)))
        )
    if kind == "fixed":
        return Fixed(draw(VALUES))
    low, width = draw(st.integers(-2, 3)), draw(st.integers(0, 3))
    if kind == "int":
        step = draw(st.sampled_from([None, 1])) if width == 0 else draw(st.sampled_from([None, 1, width]))
        return Int(low, low + width, step=step)
    return Float(low / 10, low / 10 + 0.2, step=0.1)


@st.composite
def continuous_domains(draw: Any) -> Domain:
    low = draw(st.floats(1e-6, 10))
    return Float(low, low * draw(st.floats(1, 10)), log=draw(st.booleans()))


@st.composite
def random_spaces(draw: Any, *, finite: bool = False) -> Space:
    """Up to five parameters in random order, each under conditions on some of those made before it."""
    made: list[Parameter] = []
    for index in range(draw(st.integers(0, 5))):
        when = {}
        for parent in draw(st.lists(st.sampled_from(made), max_size=2, unique_by=id)) if made else ():
            values = list(parent.domain.values()) if parent.domain.size() != float("inf") else []
            if values:
                chosen = st.lists(
                    st.sampled_from(values),
                    min_size=1,
                    max_size=2,
                    unique_by=lambda v: (isinstance(v, bool), v),
                )
                when[parent.name] = tuple(draw(chosen))
        domains = finite_domains() if finite else st.one_of(finite_domains(), continuous_domains())
        made.append(Parameter(draw(st.sampled_from(["p", "g.p", "x_"])) + str(index), draw(domains), when))
    return Space(tuple(draw(st.permutations(made))))


@pytest.fixture(scope="session")
def spaces() -> Any:
    return random_spaces()


@pytest.fixture(scope="session")
def finite_spaces() -> Any:
    return random_spaces(finite=True)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """A small recipe like the real one, which only torch could give."""
    sgd, adam = {"optimizer": ("sgd",)}, {"optimizer": ("adam",)}
    return Vocabulary(
        settings=(
            Setting("architecture", "choice", "cnn", choices=("cnn", "lenet5", "resnet18", "resnet101")),
            Setting("optimizer", "choice", "sgd", choices=("sgd", "adam")),
            Setting("layers", "int", 3, low=1, high=8, applies={"architecture": ("cnn",)}),
            Setting("learning_rate", "float", 0.1, low=0, high=100, applies=sgd),
            Setting("learning_rate", "float", 0.001, low=0, high=100, applies=adam),
            Setting("momentum", "float", 0.9, low=0, high=1, applies=sgd),
            Setting("weight_decay", "float", 5e-4, low=0, high=1, applies=sgd),
            Setting("weight_decay", "float", 0.0, low=0, high=0.5, applies=adam),
            Setting("batch_size", "int", 128, low=2, high=65536),
            Setting("dropout", "float", 0.0, low=0, high=0.95),
            Setting("augmentation.crop", "int", 0, low=0, high=64),
            Setting("augmentation.flip", "bool", False),
        ),
        datasets=("digits", "mnist", "cifar10"),
        samplers={"auto": (), "random": ()},
        schedulers={
            "asha": (
                Setting("grace_period", "int", 1, low=1),
                Setting("reduction_factor", "float", 3.0, low=1.5),
            ),
            "none": (),
        },
    )


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write a YAML file and return its path."""

    def write(text: str, name: str = "my.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
