"""Plans: written and read back, and the configurations they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.plan.contexts import never_active
from search.plan.load import load_plan
from search.plan.model import Plan
from search.plan.objectives import ATTRIBUTES, Constraint, Goal
from search.plan.space import Choice, Parameter, Space
from search.plan.trial_config import DataConfig, TrialConfig
from search.plan.vocabulary import Vocabulary


def test_a_point_becomes_a_complete_configuration(vocabulary: Vocabulary) -> None:
    space = Space((Parameter("optimizer", Choice(["sgd", "adam"])),))
    data, budget = {"name": "digits", "dir": "/data"}, {"epochs": 5}
    plan = Plan.model_validate(
        {"name": "x", "data": data, "budget": budget, "plugins": ("/p.py",), "space": space}
    )
    config = plan.trial_config({"optimizer": "adam"}, seed=7, vocabulary=vocabulary)
    assert config == TrialConfig(
        settings=vocabulary.complete({"optimizer": "adam"}),
        data=DataConfig("digits"),
        epochs=5,
        seed=7,
        plugins=("/p.py",),
    )


def test_a_written_plan_is_meant_to_be_read(write: Any) -> None:
    text = "data: digits\nspace:\n  a: [x, y]\n  g: {b: {low: 1, high: 9, when: {a: x}}, c: 0.1}\nstart: [{a: y}]\n"
    assert (
        load_plan(write(text)).to_yaml()
        == """\
name: my
data: {name: digits, validation: 0.1, split_seed: 0, size: null, dir: null, file: null, absolute_paths: false, access: auto}
objective: {metric: val/accuracy, mode: max, at: last}
constraints: []
budget: {trials: 64, epochs: 27, time: null, total_epochs: null, checkpoints_gb: null, gpu_hours: null, cost: null}
resources: {cpus: null, gpus: null, processes: 1, patience: 20.0, prices: {}}
seed: 0
scheduler: {name: asha}
sampler: {name: auto}
plugins: []
start:
  - {a: y}
space:
  a: [x, y]
  g.b: {low: 1, high: 9, when: {a: [x]}}
  g.c: 0.1
"""  # noqa: E501 - as the file has it
    )


def test_a_written_plan_says_all_that_it_looks_for(write: Any) -> None:
    text = "objectives: [val/loss, latency_ms]\nconstraints: [latency_ms <= 2.5, flops <= 1e9]\n"
    plan = load_plan(write("data: digits\nspace: {a: 1}\n" + text))
    assert plan.to_yaml().splitlines()[2:4] == [
        "objectives: [{metric: val/loss, mode: min, at: last}, {attribute: latency_ms, mode: min}]",
        'constraints: ["latency_ms <= 2.5", "flops <= 1000000000"]',
    ]
    assert plan.attributes == ("latency_ms", "flops")


@st.composite
def goals(draw: Any) -> tuple[Goal, ...]:
    names = draw(st.lists(st.sampled_from(list(ATTRIBUTES)), max_size=3, unique=True))
    return tuple(Goal(name, draw(st.booleans())) for name in names)


@st.composite
def constraints(draw: Any) -> tuple[Constraint, ...]:
    """Up to two bounds for an attribute, of which the lower one is below the upper one."""
    made = []
    for name in draw(st.lists(st.sampled_from(list(ATTRIBUTES)), max_size=3, unique=True)):
        bounds = sorted(draw(st.lists(st.floats(1e-300, 1e300), min_size=2, max_size=2)))
        both = [Constraint(name, ">=", bounds[0]), Constraint(name, "<=", bounds[1])]
        made += draw(st.sampled_from([both, both[:1], both[1:]]))
    return tuple(draw(st.permutations(made)))


@st.composite
def plans(draw: Any, space: Space) -> Plan:
    def maybe(values: Any) -> Any:
        return st.one_of(st.none(), values)

    words = st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=8
    )
    plain = st.one_of(words, st.booleans(), st.none(), st.integers(-5, 5), st.floats(-1, 1))
    part = st.fixed_dictionaries({"name": words}, optional={"p": plain, "q": plain})
    points = [space.sample(np.random.default_rng(seed)) for seed in range(draw(st.integers(0, 3)))]
    return Plan.model_validate(
        {
            "name": draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)),
            "data": {
                "name": draw(words),
                "validation": draw(st.floats(0.01, 0.99)),
                "size": draw(maybe(st.integers(1, 4096))),
                "dir": draw(maybe(st.just("/data/my images"))),
            },
            "objective": {
                "metric": draw(st.sampled_from(["val/loss", "val/f1"])),
                "at": draw(st.sampled_from(["last", "best"])),
            },
            "objectives": draw(goals()),
            "constraints": draw(constraints()),
            "budget": {"trials": draw(st.integers(1, 10**6)), "time": draw(maybe(st.floats(1e-3, 1e9)))},
            "scheduler": draw(part),
            "sampler": draw(part),
            "resources": {
                "cpus": draw(maybe(st.floats(0.1, 64))),
                "gpus": draw(maybe(st.sampled_from([0, 0.25, 1, 8]))),
            },
            "seed": draw(st.integers(0, 2**32 - 1)),
            "plugins": tuple(draw(st.lists(st.sampled_from(["/a.py", "/b c.py", "/é.py"]), max_size=2))),
            "start": tuple(points),
            "space": space,
        }
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_written_plan_reads_as_an_equal_one(write: Any, spaces: Any, data: st.DataObject) -> None:
    # The one thing that a Space may have and a file may not: conditions that can never hold together.
    space = data.draw(spaces.filter(lambda space: space.parameters and not never_active(space)))
    plan = data.draw(plans(space))
    again = load_plan(write(plan.to_yaml()))
    assert again == plan
    assert again.to_yaml() == plan.to_yaml()
