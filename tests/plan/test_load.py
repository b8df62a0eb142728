"""Loading: a user's likely mistakes each have their sentence, all at once; nothing but PlanError ever comes out."""

# ruff: noqa: E501  a sentence stands on one line, as the user reads it

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.plan.load import load_plan, plan_plugins
from search.plan.mistake import PlanError
from search.plan.model import Plan
from search.plan.objectives import Constraint, Goal
from search.plan.space import Choice, Fixed, Float, Int, Parameter, Space
from search.plan.vocabulary import Vocabulary

GOOD = """\
data: {name: digits, validation: 0.2}
budget:
  trials: 8
  epochs: 9
scheduler: {name: asha, grace_period: 3}
start:
  - {optimizer: sgd, momentum: 0.9}
space:
  architecture: [cnn, lenet5]
  optimizer: [sgd, adam]
  learning_rate: {low: 1e-4, high: 1.0, log: true}
  momentum: {low: 0.8, high: 0.99, when: {optimizer: sgd}}
  batch_size: [64, 128]
  dropout: {low: 0.0, high: 0.5}
  augmentation:
    crop: {low: 0, high: 4}
    flip: [true, false]
"""


def sentences(path: Path, **options: Any) -> list[str]:
    with pytest.raises(PlanError) as caught:
        load_plan(path, **options)
    return [str(mistake).replace(f"{path.parent}/", "") for mistake in caught.value.mistakes]


def test_a_good_file_is_read_with_its_defaults(write: Any, vocabulary: Vocabulary) -> None:
    plan = load_plan(write(GOOD, "my first.yaml"), vocabulary=vocabulary)
    assert (plan.name, plan.seed, plan.plugins) == ("my-first", 0, ())
    assert (plan.objective.metric, plan.objective.mode, plan.objective.at) == ("val/accuracy", "max", "last")
    assert (plan.budget.trials, plan.budget.epochs, plan.budget.seconds) == (8, 9, None)
    assert (plan.scheduler.name, plan.scheduler.settings) == ("asha", {"grace_period": 3})
    assert (plan.sampler.name, plan.resources.auto) == ("auto", True)
    assert plan.start == ({"optimizer": "sgd", "momentum": 0.9},)
    assert plan.space == Space(
        (
            Parameter("architecture", Choice(["cnn", "lenet5"])),
            Parameter("optimizer", Choice(["sgd", "adam"])),
            Parameter("learning_rate", Float(1e-4, 1.0, log=True)),
            Parameter("momentum", Float(0.8, 0.99), {"optimizer": ("sgd",)}),
            Parameter("batch_size", Choice([64, 128])),
            Parameter("dropout", Float(0.0, 0.5)),
            Parameter("augmentation.crop", Int(0, 4)),
            Parameter("augmentation.flip", Choice([True, False])),
        )
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        # unknown words
        ("  learning_rate:", "  learning_rte:", "11: space.learning_rte: found an unknown key, expected one of the recipe's settings: did you mean 'learning_rate'?"),
        ("    flip:", "    flop:", "17: space.augmentation.flop: found an unknown key, expected one of the recipe's settings: did you mean 'augmentation.flip'?"),
        ("  epochs:", "  epoch:", "4: budget.epoch: found an unknown key, expected one of trials, epochs, time, total_epochs, checkpoints_gb, gpu_hours, cost: did you mean 'epochs'?"),
        ("budget:", "bugdet:", "2: bugdet: found an unknown key, expected one of name, data, objective, objectives, constraints, budget, scheduler, sampler, resources, seed, plugins, start, space: did you mean 'budget'?"),
        ("[cnn, lenet5]", "[cnn, resnet81]", "9: space.architecture: found 'resnet81', expected one of cnn, lenet5, resnet18, resnet101: did you mean 'resnet18'?"),
        ("name: digits", "name: digit", "1: data.name: found 'digit', expected one of digits, mnist, cifar10: did you mean 'digits'?"),
        ("name: asha", "name: ash", "5: scheduler.name: found 'ash', expected one of asha, none: did you mean 'asha'?"),
        ("grace_period: 3", "grace_perod: 3", "5: scheduler.grace_perod: found an unknown key, expected one of name, grace_period, reduction_factor: did you mean 'grace_period'?"),
        ("grace_period: 3", "grace_period: 0", "5: scheduler.grace_period: found 0, expected a whole number of at least 1"),
        # ranges
        ("low: 1e-4, high: 1.0", "low: 1.0, high: 1e-4", "11: space.learning_rate: found low=1.0, high=0.0001, expected `low <= high` to hold"),
        ("low: 1e-4,", "low: 0.0,", "11: space.learning_rate: found low=0.0, expected `low > 0` to hold in a log range"),
        ("log: true", "log: true, step: 0.1", "11: space.learning_rate: found log=true, step=0.1, expected only one of `log` and `step` to stand"),
        ("log: true", "log: yes", "11: space.learning_rate.log: found 'yes', expected true or false"),
        ("low: 0.0, high: 0.5", "low: 0.0, hihg: 0.5", "14: space.dropout.hihg: found an unknown key, expected one of low, high, log, step, when: did you mean 'high'?"),
        ("low: 0.0, high: 0.5", "low: 0.0", "14: space.dropout.high: found nothing, expected the range's highest value"),
        ("low: 0.0, high: 0.5", "low: 0.0, high: ten", "14: space.dropout.high: found 'ten', expected a number"),
        ("low: 0.0, high: 0.5", "low: 0.0, high: 5.0", "14: space.dropout.high: found 5, expected a number from 0 to 0.95"),
        ("low: 0.0, high: 0.5", "low: 0, high: 0", "14: space.dropout: found a range of whole numbers, expected a range of numbers: write `low: 0.0`, or add `step: 1` to keep to whole numbers"),
        ("low: 0, high: 4", "low: 0.0, high: 4.0", "16: space.augmentation.crop: found a range of real numbers, expected a range of whole numbers: write `low: 0`"),
        ("low: 0.0, high: 0.5", "", "14: space.dropout: found an empty mapping, expected a list, a range {low, high}, a value or a group of settings"),
        ("low: 0.0, high: 0.5", "choice: 0.5", "14: space.dropout.choice: found 0.5, expected a list of values"),
        ("[64, 128]", "[64, 64]", "13: space.batch_size: found 64 twice, expected each choice to stand once"),
        ("[64, 128]", "[]", "13: space.batch_size: found choice=[], expected a choice to have at least one value"),
        ("[64, 128]", "[[64], 128]", "13: space.batch_size: found a list, expected a plain value in a list of choices"),
        ("[64, 128]", "[64, 1]", "13: space.batch_size: found 1, expected a whole number from 2 to 65536"),
        ("[64, 128]", "64.5", "13: space.batch_size: found 64.5, expected a whole number from 2 to 65536"),
        ("[true, false]", "[yes, true]", "17: space.augmentation.flip: found 'yes', expected true or false"),
        # conditions
        ("when: {optimizer: sgd}", "when: {optimiser: sgd}", "12: space.momentum.when.optimiser: found a condition on an unknown key, expected the name of another parameter of the space: did you mean 'optimizer'?"),
        ("when: {optimizer: sgd}", "when: {optimizer: [sgdd]}", "12: space.momentum.when.optimizer: found 'sgdd', expected one of sgd, adam: did you mean 'sgd'?"),
        ("when: {optimizer: sgd}", "when: sgd", "12: space.momentum.when: found 'sgd', expected a mapping from other parameters to their values, as in {optimizer: sgd}"),
        ("when: {optimizer: sgd}", "when: {momentum: 0.9}", "12: space.momentum.when.momentum: found a condition on a continuous range, expected a condition on a choice or on whole numbers"),
        (", when: {optimizer: sgd}", "", "12: space.momentum: found a setting that is searched also where nothing uses it, expected it only with optimizer sgd: add `when: {optimizer: sgd}`"),
        ("[cnn, lenet5]", "[resnet18]\n  layers: [2, 3]", "10: space.layers: found a setting that nothing here uses, expected it only with architecture cnn"),
        # sections
        ("trials: 8", "trials: 0", "3: budget.trials: found 0, expected a whole number of at least 1"),
        ("trials: 8", "trials: '8'", "3: budget.trials: found '8', expected a whole number of at least 1"),
        ("trials: 8", "time: 2 hours", "3: budget.time: found '2 hours', expected a duration such as 90s, 30m, 2h or 1h30m, or a number of seconds above 0"),
        ("validation: 0.2", "validation: 20", "1: data.validation: found 20, expected a share above 0 and below 1"),
        ("data: {name: digits, validation: 0.2}\n", "", "1: data: found nothing, expected the name of a data set, or a mapping such as {name: cifar10}"),
        ("trials: 8", "trials: 8\n  trials: 9", "4: found the key 'trials' a second time, expected it once (the first is on line 3)"),
        ("budget:", "objective: val/acuracy\nbudget:", "2: objective.metric: found 'val/acuracy', expected one of val/loss, val/accuracy, val/precision, val/recall, val/f1: did you mean 'val/accuracy'?"),
        ("budget:", "objective: {metric: val/loss, mode: max}\nbudget:", "2: objective.mode: found 'max', expected min, since a lower val/loss is better"),
        ("budget:", "objective: {at: lst}\nbudget:", "2: objective.at: found 'lst', expected last or best: did you mean 'last'?"),
        ("budget:", "objectives: [val/acuracy, parameters]\nbudget:", "2: objectives.0.metric: found 'val/acuracy', expected one of val/loss, val/accuracy, val/precision, val/recall, val/f1: did you mean 'val/accuracy'?"),
        ("budget:", "objectives:\n  - {metric: val/loss, mode: max}\n  - parameters\nbudget:", "3: objectives.0.mode: found 'max', expected min, since a lower val/loss is better"),
        ("budget:", "objectives:\n  - {attribute: parameters}\nbudget:", "3: objectives.0.attribute: found an unknown key, expected one of metric, mode, at"),
        ("budget:", "objectives:\n  - val/loss\n  - paramters\nbudget:", "4: objectives.1.attribute: found 'paramters', expected one of parameters, flops, memory, latency_ms, since only the first objective is a curve: did you mean 'parameters'?"),
        ("budget:", "objectives: [val/loss, val/f1]\nbudget:", "2: objectives.1.attribute: found 'val/f1', expected one of parameters, flops, memory, latency_ms, since only the first objective is a curve"),
        ("budget:", "objectives: [val/loss, {attribute: [flops]}]\nbudget:", "2: objectives.1.attribute: found a list, expected one of parameters, flops, memory, latency_ms, since only the first objective is a curve"),
        ("budget:", "objectives: [val/loss, {mode: min}]\nbudget:", "2: objectives.1.attribute: found nothing, expected one of parameters, flops, memory, latency_ms, since only the first objective is a curve"),
        ("budget:", "objectives: [val/loss, {attribute: flops, mode: mni}]\nbudget:", "2: objectives.1.mode: found 'mni', expected min or max: did you mean 'min'?"),
        ("budget:", "objectives: [val/loss, {attribute: flops, mod: min}]\nbudget:", "2: objectives.1.mod: found an unknown key, expected one of attribute, mode: did you mean 'mode'?"),
        ("budget:", "objectives: [val/loss, flops, {attribute: flops, mode: max}]\nbudget:", "2: objectives.2: found 'flops' a second time, expected each objective once"),
        ("budget:", "objectives: val/loss\nbudget:", "2: objectives: found 'val/loss', expected a list of a metric and of attributes, such as [val/accuracy, parameters]"),
        ("budget:", "objectives: []\nbudget:", "2: objectives: found an empty list, expected a list of a metric and of attributes, such as [val/accuracy, parameters]"),
        ("budget:", "objective: val/loss\nobjectives: [val/loss, flops]\nbudget:", "3: objectives: found `objectives` beside `objective`, expected one of the two; the first of `objectives` is the curve"),
        ("budget:", "goals: [flops]\nbudget:", "2: goals: found an unknown key, expected one of name, data, objective, objectives, constraints, budget, scheduler, sampler, resources, seed, plugins, start, space"),
        ("budget:", "constraints: [params <= 5e6]\nbudget:", "2: constraints.0: found 'params', expected one of parameters, flops, memory, latency_ms: did you mean 'parameters'?"),
        ("budget:", "constraints: [latency <= 3]\nbudget:", "2: constraints.0: found 'latency', expected one of parameters, flops, memory, latency_ms: did you mean 'latency_ms'?"),
        ("budget:", "constraints:\n  - flops <= 1e9\n  - parameters < 5e6\nbudget:", "4: constraints.1: found '<', expected one of <=, >=: did you mean '<='?"),
        ("budget:", "constraints: [parameters == 5e6]\nbudget:", "2: constraints.0: found '==', expected one of <=, >="),
        ("budget:", "constraints: [parameters <= 5M]\nbudget:", "2: constraints.0: found '5M', expected a number above 0, such as 5e6: did you mean '5e6'?"),
        ("budget:", "constraints: [memory <= 1.5 GB]\nbudget:", "2: constraints.0: found '1.5 GB', expected a number above 0, such as 5e6: did you mean '1.5e9'?"),
        ("budget:", "constraints: [latency_ms <= 3 ms]\nbudget:", "2: constraints.0: found '3 ms', expected a number above 0, such as 5e6: did you mean '3'?"),
        ("budget:", "constraints: [flops <= 0]\nbudget:", "2: constraints.0: found '0', expected a number above 0, such as 5e6"),
        ("budget:", "constraints: [flops <= -1]\nbudget:", "2: constraints.0: found '-1', expected a number above 0, such as 5e6"),
        ("budget:", "constraints: [flops <= 1e999]\nbudget:", "2: constraints.0: found '1e999', expected a number above 0, such as 5e6"),
        ("budget:", "constraints: [flops <= .nan]\nbudget:", "2: constraints.0: found '.nan', expected a number above 0, such as 5e6"),
        ("budget:", "constraints: [{parameters: 5e6}]\nbudget:", "2: constraints.0: found a mapping, expected a sentence such as parameters <= 5e6"),
        ("budget:", "constraints: [5e6]\nbudget:", "2: constraints.0: found 5e+06, expected a sentence such as parameters <= 5e6"),
        ("budget:", "constraints: parameters <= 5e6\nbudget:", "2: constraints: found 'parameters <= 5e6', expected a list of sentences such as [parameters <= 5e6, latency_ms <= 3]"),
        ("budget:", "constraints: [flops <= 1e6, flops <= 2e6]\nbudget:", "2: constraints.1: found `flops <= 2000000`, expected one bound on that side, since `flops <= 1000000` stands too"),
        ("budget:", "constraints:\n  - flops <= 1e6\n  - flops >= 2e6\nbudget:", "4: constraints.1: found `flops >= 2000000`, expected a bound of at most 1000000, since `flops <= 1000000` stands too"),
        ("budget:", "constraints: [flops >= 3, flops <= 2.5]\nbudget:", "2: constraints.1: found `flops <= 2.5`, expected a bound of at least 3, since `flops >= 3` stands too"),
        ("budget:", "resources: {gpus: 1.5}\nbudget:", "2: resources.gpus: found 1.5, expected 0, a share of a GPU below 1, whole GPUs, or auto"),
        ("budget:", "resources: {cpu: 1}\nbudget:", "2: resources.cpu: found an unknown key, expected one of cpus, gpus, processes, patience, prices: did you mean 'cpus'?"),
        ("budget:", "resources: {processes: 0}\nbudget:", "2: resources.processes: found 0, expected a whole number of at least 1: processes that train a trial together without GPUs"),
        ("budget:", "resources: all\nbudget:", "2: resources: found 'all', expected auto, or a mapping such as {cpus: 4, gpus: 0.5}"),
        ("budget:", "seed: -1\nbudget:", "2: seed: found -1, expected a whole number from 0 to 4294967295"),
        ("budget:", "name: a/b\nbudget:", "2: name: found 'a/b', expected a name of at most 100 letters, digits, '.', '_' and '-'"),
        ("budget:", "plugins: my.py\nbudget:", "2: plugins: found 'my.py', expected a list of paths of Python files"),
        ("budget:", "plugins: [3]\nbudget:", "2: plugins.0: found 3, expected a list of paths of Python files"),
        # start
        ("momentum: 0.9}", "momentum: 1.9}", "7: start.0.momentum: found 1.9, expected a number from 0.8 to 0.99"),
        ("optimizer: sgd, momentum", "optimizer: adam, momentum", "7: start.0.momentum: found 0.9, expected none, since it is active only when optimizer is sgd"),
        ("- {optimizer: sgd, momentum: 0.9}", "- {augmentation: {crp: 1}}", "7: start.0.augmentation.crp: found an unknown key, expected a parameter of the space: did you mean 'augmentation.crop'?"),
        ("- {optimizer: sgd, momentum: 0.9}", "{optimizer: sgd}", "6: start: found a mapping, expected a list of points, each behind a `-`"),
    ],
)  # fmt: skip
def test_a_likely_mistake_has_its_sentence(
    write: Any, vocabulary: Vocabulary, old: str, new: str, sentence: str
) -> None:
    assert old in GOOD
    assert sentences(write(GOOD.replace(old, new, 1)), vocabulary=vocabulary) == [f"my.yaml:{sentence}"]


def test_all_mistakes_come_at_once_in_the_order_of_the_lines(write: Any, vocabulary: Vocabulary) -> None:
    text = (
        GOOD.replace("digits", "digitz")
        .replace("trials: 8", "trials: x")
        .replace("[cnn, lenet5]", "[cnn, lenet]")
    )
    text = text.replace("low: 1e-4, high: 1.0", "low: 2.0, high: 1.0").replace("dropout:", "dropuot:")
    found = sentences(
        write(text + "  dropuot: 1\n"), vocabulary=vocabulary, overrides=["seed=x", "space.batch_size=1"]
    )
    assert [sentence.partition(": found")[0] for sentence in found] == [
        "--set seed",
        "--set space.batch_size",
        "my.yaml:1: data.name",
        "my.yaml:3: budget.trials",
        "my.yaml:9: space.architecture",
        "my.yaml:11: space.learning_rate",
        "my.yaml:14: space.dropuot",
        "my.yaml:18",
    ]


def test_all_mistakes_of_one_constraint_and_of_all_objectives_come_at_once(write: Any) -> None:
    text = "data: digits\nobjectives: [val/acc, params, {attribute: x, mode: y}]\nconstraints: [size < 5M]\nspace: {a: 1}\n"
    found = sentences(write(text), overrides=["objective=val/los"])
    assert [sentence.partition(": found")[0] for sentence in found] == [
        "--set objective: objective.metric",
        "my.yaml:2: objectives",
        "my.yaml:2: objectives.1.attribute",
        "my.yaml:2: objectives.2.attribute",
        "my.yaml:2: objectives.2.mode",
        *["my.yaml:3: constraints.0"] * 3,
    ]


def test_objectives_are_a_curve_and_attributes_whose_less_is_better(write: Any) -> None:
    text = "data: digits\nspace: {a: 1}\nobjectives: [{metric: val/loss, at: best}, flops, {attribute: memory, mode: max}]\n"
    plan = load_plan(write(text))
    assert (plan.objective.metric, plan.objective.mode, plan.objective.at) == ("val/loss", "min", "best")
    assert plan.goals == (Goal("flops", maximize=False), Goal("memory", maximize=True))
    assert plan.constraints == ()
    alone = load_plan(write("data: digits\nspace: {a: 1}\nobjectives: [val/loss]\n"))
    assert alone == load_plan(write("data: digits\nspace: {a: 1}\nobjective: val/loss\n"))
    assert alone.goals == ()


def test_constraints_are_sentences_in_a_file_and_on_the_command_line(write: Any) -> None:
    path = write("data: digits\nspace: {a: 1}\nconstraints: [parameters<=5e6, memory >=  2.5e-1]\n")
    assert load_plan(path).constraints == (
        Constraint("parameters", "<=", 5_000_000.0),
        Constraint("memory", ">=", 0.25),
    )
    given = load_plan(path, overrides=["constraints=['latency_ms <= +3', flops <= .5e10, flops >= 5e9]"])
    assert list(map(str, given.constraints)) == [
        "latency_ms <= 3",
        "flops <= 5000000000",
        "flops >= 5000000000",
    ]


def test_what_is_wrong_with_an_override_names_it(write: Any) -> None:
    path = write("data: digits\nspace: {a: 1}\n")
    (sentence,) = sentences(path, overrides=["constraints=[parms <= 3]"])
    assert sentence.startswith("--set constraints: constraints.0: found 'parms', expected one of parameters,")
    (sentence,) = sentences(path, overrides=["objectives=[val/acc]"])
    assert sentence.startswith("--set objectives: objectives.0.metric: found 'val/acc', expected one of")


def test_conditions_that_exclude_each_other_are_found(write: Any) -> None:
    text = """\
    data: digits
    space:
      a: [x, y]
      b: {choice: [1, 2], when: {a: x}}
      c: {value: 3, when: {b: 1, a: y}}
      d: {choice: [1, 2], when: {e: 1}}
      e: {choice: [1, 2], when: {d: 1}}
    """
    assert sentences(write(textwrap.dedent(text))) == [
        "my.yaml:6: space.d: found the cycle of conditions d -> e -> d, expected conditions without a cycle"
    ]
    text = textwrap.dedent(text).replace("when: {e: 1}", "when: {a: x}")
    assert sentences(write(text)) == [
        "my.yaml:5: space.c: found a parameter that is never active, expected conditions that can hold together, "
        "but not b is 1 and a is y"
    ]


def test_groups_carry_their_conditions_and_names_are_found_from_inside(write: Any) -> None:
    text = """\
    data: digits
    space:
      kind: [a, b]
      group:
        when: {kind: [a, b]}
        depth: [1, 2, 3]
        inner:
          when: {kind: a, depth: [1, 2]}
          rate: {low: 0, high: 4, when: {depth: 2}}
          kind: [c, d]
          other: {value: true, when: {kind: c}}
      "flat.name": {low: 1, high: 9, log: true}
    """
    space = load_plan(write(textwrap.dedent(text))).space
    assert space["group.depth"].when == {"kind": ("a", "b")}
    assert space["group.inner.rate"].when == {"kind": ("a",), "group.depth": (2,)}
    assert space["group.inner.other"] == Parameter(
        "group.inner.other",
        Fixed(True),
        {"kind": ("a",), "group.depth": (1, 2), "group.inner.kind": ("c",)},
    )
    assert space["flat.name"].domain == Int(1, 9, log=True)


def test_a_group_and_a_parameter_may_not_contradict_each_other(write: Any) -> None:
    text = "data: digits\nspace:\n  k: [a, b]\n  g:\n    when: {k: a}\n    x: {value: 1, when: {k: b}}\n"
    assert sentences(write(text)) == [
        "my.yaml:6: space.g.x.when.k: found 'b', expected one of a, which the group asks for"
    ]


@pytest.mark.parametrize("key", ["low", "when", "a b", "a..b", "9", "a.step"])
def test_a_name_that_means_something_else_is_refused(write: Any, key: str) -> None:
    (sentence,) = sentences(write(f'data: digits\nspace:\n  x: 1\n  "{key}": 3\n'))
    assert sentence.startswith(f"my.yaml:4: space.{key}: found the key '{key}', expected a name of letters")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "my.yaml:1: found an empty file, expected a mapping with at least data and space"),
        ("- 1\n", "my.yaml:1: found a list, expected a mapping with at least data and space"),
        (
            "data: digits\n",
            "my.yaml:1: space: found nothing, expected a mapping from names to what they can be",
        ),
        (
            "data: digits\nspace:\n",
            "my.yaml:2: space: found null, expected a mapping from names to what they can be",
        ),
    ],
)
def test_a_file_that_is_no_plan_is_told_what_it_needs(write: Any, text: str, sentence: str) -> None:
    assert sentences(write(text)) == [sentence]


def test_yaml_1_2_numbers_are_numbers(write: Any) -> None:
    text = "data: digits\nspace: {a: {low: 1e-4, high: 1e0}, b: [1e5, .5, no, 0x10], c: {low: 1, high: 2}, d: 1e3}\n"
    space = load_plan(write(text)).space
    assert space["a"].domain == Float(1e-4, 1.0)
    assert space["b"].domain == Choice([1e5, 0.5, "no", 16])
    assert space["c"].domain == Int(1, 2)
    assert space["d"].domain == Fixed(1000.0)


def test_relative_paths_belong_to_the_file_and_those_of_an_override_to_the_working_directory(
    write: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    path = write("data: {name: digits, dir: images}\nplugins: [my.py, /x/y.py]\nspace: {a: 1}\n")
    plan = load_plan(path)
    assert plan.data.dir == str(tmp_path / "images")
    assert plan.plugins == (str(tmp_path / "my.py"), "/x/y.py")
    set_here = load_plan(path, overrides=["data.dir=images", "plugins=[my.py]"])
    assert set_here.data.dir == str(tmp_path / "here" / "images")
    assert set_here.plugins == (str(tmp_path / "here" / "my.py"),)


def test_a_table_of_labels_lies_in_the_folder_of_the_images_or_says_which_that_is(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    alone = write("data: {name: image_csv, file: tables/labels.csv}\nspace: {a: 1}\n")
    plan = load_plan(alone)
    assert (plan.data.dir, plan.data.config.file) == (str(tmp_path / "tables"), "labels.csv")
    set_here = load_plan(alone, overrides=["data.file=other.csv"])
    assert (set_here.data.dir, set_here.data.file) == (str(tmp_path / "here"), "other.csv")
    both = load_plan(alone, overrides=["data.dir=/images"])
    assert (both.data.dir, both.data.file) == ("/images", "tables/labels.csv")
    bucket = load_plan(alone, overrides=["data.file=s3://bucket/set/labels.csv"])
    assert (bucket.data.dir, bucket.data.file) == ("s3://bucket/set", "labels.csv")


def test_plugins_are_told_whatever_else_is_wrong(write: Any) -> None:
    path = write("plugins: [my.py]\nspace: {a: {low: 2, high: 1}}\nnonsense: 1\n")
    assert plan_plugins(path) == (str(path.parent / "my.py"),)
    assert plan_plugins(write("data: digits\n")) == ()


def test_the_data_set_is_no_secret_of_the_machine(write: Any) -> None:
    plan = load_plan(write("data: {name: digits, dir: /data, size: 16}\nspace: {a: 1}\n"))
    assert vars(plan.data.config) == {
        "name": "digits",
        "validation": 0.1,
        "split_seed": 0,
        "size": 16,
        "file": None,
        "absolute_paths": False,
    }


KEYS = st.sampled_from(
    [
        "data",
        "space",
        "name",
        "low",
        "high",
        "log",
        "step",
        "when",
        "choice",
        "value",
        "start",
        "optimizer",
        "learning_rate",
        "momentum",
        "budget",
        "trials",
        "epochs",
        "time",
        "scheduler",
        "sampler",
        "settings",
        "resources",
        "plugins",
        "objective",
        "objectives",
        "constraints",
        "attribute",
        "metric",
        "mode",
        "augmentation.crop",
        "augmentation",
        "é",
        "",
        "dir",
    ]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=5), KEYS,
    st.sampled_from(["sgd", "adam", "digits", "auto", "none", "1h", "val/loss", "\x00", "~nobody/x",
                     "parameters", "flops <= 1e9", "memory >= .5", "memory <= 0.1"]),
)  # fmt: skip
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=25,
)


def flow(data: Any) -> str:
    """YAML written without the code under test: JSON, but for what JSON cannot say."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(flow, data)) + "]"
    if isinstance(data, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in data) + '"'
    text = (
        {None: "null", True: "true", False: "false"}.get(data)
        if data is None or isinstance(data, bool)
        else repr(data)
    )
    return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(str(text), str(text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(
    document=st.one_of(DOCUMENTS, st.dictionaries(KEYS, DOCUMENTS)),
    overrides=st.lists(st.one_of(st.text(max_size=20), st.tuples(KEYS, KEYS, DOCUMENTS)), max_size=2),
    checked=st.booleans(),
)
def test_any_document_gives_a_plan_or_a_plan_error(
    write: Any, vocabulary: Vocabulary, document: Any, overrides: Any, checked: bool
) -> None:
    path = write(flow(document))
    sets = [o if isinstance(o, str) else f"{o[0]}.{o[1]}={flow(o[2])}" for o in overrides]
    plan = loaded(path, overrides=sets, vocabulary=vocabulary if checked else None)
    if isinstance(plan, Plan):
        assert load_plan(write(plan.to_yaml(), "again.yaml")) == plan
    else:
        assert all(plan.mistakes)
        assert str(plan)


def loaded(path: Path, **options: Any) -> Plan | PlanError:
    try:
        return load_plan(path, **options)
    except PlanError as error:
        return error
