"""A run whose space, scheduler or horizon changes: another study, with all trials, whatever instant a crash chooses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.study import Study
from optuna.trial import TrialState

from search.plan.domain import Choice, Fixed, Float
from search.plan.parameter import Parameter
from search.plan.plan import Plan, PlanError
from search.plan.space import Space
from search.runs.layout import RunLayout, write_json, write_text
from search.runs.ledger import ledger
from search.runs.progress import progress
from search.runs.ranking import Scoring, rank
from search.runs.reader import open_run
from search.runs.record import TrialRecord, read, teaches
from search.runs.storage import SharedStorage
from search.tuning.answers import Done, Start
from search.tuning.change import Change, changed
from search.tuning.from_plan import make_policy
from search.tuning.policy import Policy
from search.tuning.study import open_study
from search.tuning.succession import go_on, translated
from search.tuning.vocabulary import vocabulary
from tests.inprocess import SPACE, plan_in
from tests.tuning.simulation import Simulation, report

WORDS = vocabulary()
TEXT = SPACE.replace("trials: 4, epochs: 3", "trials: 9, epochs: 9").replace("width: 4", "width: [4, 8]")

LONGER = Change(assignments=["budget.epochs=27"])
NARROWER = Change(
    assignments=["space.optimizer=[sgd]", "space.learning_rate={low: 0.002, high: 0.1, log: true}"]
)
HALVED = Change(assignments=["scheduler={name: hyperband}"])
CHANGES = {"longer": LONGER, "narrower": NARROWER, "another scheduler": HALVED}


def curve(config: Mapping[str, Any], epoch: int) -> float:
    rate, adam, wide = config["learning_rate"], config["optimizer"] == "adam", config["width"] == 8
    return float(0.9 - 0.2 * abs(math.log10(rate) + 2) - 0.05 * adam + 0.01 * wide - 0.3 / (epoch + 1))


class Begun:
    """A run in a folder, driven without training: some trials have ended, some wait to go on."""

    def __init__(self, folder: Path, *, text: str = TEXT, asks: int = 7, shared: bool = False) -> None:
        self.layout = RunLayout(folder / "run")
        plan = plan_in(folder, text)
        write_text(self.layout.plan, plan.to_yaml())
        if shared:
            kept = SharedStorage(f"sqlite:///{folder / 'study.db'}", "run", "mine")
            write_json(self.layout.storage, vars(kept))
        self.plan = plan
        policy = make_policy(plan, self.open(new=True), workers=1)
        for _ in range(asks):
            self.train(policy)
        self.left = self.train(policy, epochs=2, bonus=0.1)
        self.count = len(policy.records)

    def open(self, *, new: bool = False) -> Study:
        return open_study(self.plan, self.layout, new=new)

    def train(self, policy: Policy, epochs: int = 100, bonus: float = 0.0) -> int:
        """Train the next trial that far, and leave it as a crash would."""
        start = policy.ask()
        assert isinstance(start, Start)
        for epoch in range(int(start.checkpoint or 0) + 1, 100):
            if epochs == 0:
                break
            epochs -= 1
            value = curve(start.config, epoch) + bonus
            told = policy.report(start.number, report(epoch, value), checkpoint=str(epoch))
            if told.value != "continue":
                policy.finish(start.number, "paused" if told.value == "pause" else "stopped")
                break
        return start.number

    def go_on(self, change: Change, more_trials: int = 0) -> tuple[Study, Plan]:
        """Do what `search.resume` does under its lease."""
        before, after = changed(self.layout, _text(self.layout), change)
        study = self.open()
        if before == after:
            return study, after
        return go_on(study, before, after, more_trials=more_trials, words=WORDS)


def _text(layout: RunLayout) -> str:
    return open_run(layout.root).plan.to_yaml()


def finished(study: Study, plan: Plan) -> tuple[Policy, Simulation]:
    policy, simulation = make_policy(plan, study, workers=1), Simulation()
    simulation.run(policy, curve=curve)
    return policy, simulation


def decided(known: TrialRecord) -> object:
    said = [(r.decision, r.rungs) for r in known.reports.values()]
    return (
        known.number,
        known.point,
        known.bracket,
        known.status,
        known.reason,
        known.origin,
        known.values,
        said,
    )


def test_all_trials_are_copied_with_their_numbers_and_the_first_study_stays_as_it_was(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    old = [decided(known) for known in make_policy(begun.plan, begun.open(), workers=1).records]
    study, plan = begun.go_on(NARROWER)
    assert study.study_name == "run@2"
    assert plan.space["optimizer"].domain == Fixed("sgd") or plan.space["optimizer"].domain == Choice(
        ("sgd",)
    )
    copied = [read(trial) for trial in study.get_trials()]
    assert [known.number for known in copied] == list(range(len(old)))
    assert [decided(known)[2:] for known in copied] == [record[2:] for record in old]  # type: ignore[index]
    assert all(known.copied is not None and not known.aside for known in copied)
    storage = study._storage
    first = optuna.load_study(study_name="run", storage=storage)
    assert [decided(read(trial))[:3] for trial in first.get_trials()] == [record[:3] for record in old]  # type: ignore[index]


def test_with_the_same_horizon_they_count_fully_and_waiting_ones_go_on_from_their_checkpoint(
    tmp_path: Path,
) -> None:
    begun = Begun(tmp_path)
    study, plan = begun.go_on(NARROWER, more_trials=3)
    policy, simulation = finished(study, plan)
    assert simulation.starts[0].number == begun.left
    assert simulation.starts[0].checkpoint == "2"
    assert simulation.starts[0].attempt == 2
    assert len(policy.records) == policy.budget.trials == 9 + 3
    assert {known.status for known in policy.records} <= {"completed", "stopped"}
    new = [known for known in policy.records if known.copied is None]
    assert new
    assert all(plan.space.check(known.point) == [] for known in new)


def test_what_lies_outside_the_new_space_teaches_the_sampler_nothing(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    study, plan = begun.go_on(NARROWER)
    taught = 0
    for trial in study.get_trials():
        known = read(trial)
        inside = known.point["optimizer"] == "sgd" and float(known.point["learning_rate"] or 0) >= 0.002
        assert known.copied is not None
        assert known.copied.inside == teaches(trial) == inside
        assert set(trial.params) <= {p.name for p in plan.space.parameters if p.domain.size() > 1}
        taught += inside
    assert 0 < taught < len(study.get_trials())


def test_with_another_horizon_the_best_are_trained_again_and_nothing_is_stretched(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    best = rank([read(t) for t in begun.open().get_trials()], Scoring())
    study, plan = begun.go_on(LONGER, more_trials=6)
    assert plan.budget.trials == 2 + 6
    copied = [read(trial) for trial in study.get_trials()]
    assert all(known.aside and known.horizon(27) == 9 for known in copied)
    assert copied[begun.left].status == "stopped"
    assert copied[begun.left].reason == (
        "trained for 2 epochs on a schedule of 9, which is never stretched: the search went on to 27"
    )
    assert study.get_trials()[begun.left].value == copied[begun.left].values[2]
    policy, simulation = finished(study, plan)
    assert not {start.number for start in simulation.starts} & set(range(len(copied)))
    new = policy.records[len(copied) :]
    assert [known.point for known in new] == [known.point for known in best][: len(new)]
    assert [known.origin for known in new] == [f"past:{index}" for index in range(8)]
    assert {r.rung for known in new for report in known.reports.values() for r in report.rungs} == {
        1,
        2,
        4,
        8,
        16,
    }


def test_without_more_trials_and_none_left_the_best_eight_are_trained_again(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    finished(begun.open(), begun.plan)
    _, plan = begun.go_on(LONGER)
    assert plan.budget.trials == 8


def test_epochs_are_counted_once_and_what_is_beside_counts_as_no_trial(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    old = sum(read(trial).step for trial in begun.open().get_trials())
    study, plan = begun.go_on(LONGER, more_trials=2)
    policy, simulation = finished(study, plan)
    stands = progress(policy.records, budget=plan.budget.trials, epochs=27, workers=1, scoring=Scoring())
    assert stands.epochs_spent == old + len(simulation.told)
    assert ledger(policy.records, epochs=27).total.epochs == stands.epochs_spent
    assert (stands.trials, stands.finished, stands.left, stands.aside) == (4, 4, 0, 8)
    saved = [
        9 - k.step for k in policy.records if k.aside and k.number != begun.left and k.status == "stopped"
    ]
    new = [27 - k.step for k in policy.records if not k.aside and k.status == "stopped"]
    assert stands.epochs_saved == sum(saved) + sum(new)


def test_another_horizon_and_back_the_first_trials_count_again(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    longer = finished(*begun.go_on(LONGER, more_trials=1))[0]
    study, plan = begun.go_on(Change(assignments=["budget.epochs=9"]), more_trials=1)
    assert study.study_name == "run@3"
    copied = [read(trial) for trial in study.get_trials()]
    assert [known.aside for known in copied] == [known.copied is None for known in longer.records]
    assert {known.copied.study for known in copied if known.copied} == {"run", "run@2"}
    assert open_run(begun.layout.root).plan.budget.epochs == 9
    assert plan.budget.epochs == 9


KINDS = ["{name: asha}", "{name: asha, kind: promotion, brackets: 2}"]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_a_record_of_the_copying_it_is_the_old_search_or_the_new_one(
    name: str, kind: str, tmp_path: Path
) -> None:
    """The first records, some of the trials, the last four; all of them are `slow`."""
    check_cuts(name, kind, tmp_path, lambda number, count: number % 5 == 0 or number > count - 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_cut_at_every_record_of_the_copying_it_is_the_old_search_or_the_new_one(
    name: str, kind: str, tmp_path: Path
) -> None:
    check_cuts(name, kind, tmp_path, lambda number, count: True)


def check_cuts(name: str, kind: str, folder: Path, chosen: Callable[[int, int], bool]) -> None:
    text = TEXT.replace("{name: asha, grace_period: 1, reduction_factor: 2}", kind)
    begun = Begun(folder, text=f"{text}sampler: random\n")
    journal, before = begun.layout.journal, begun.layout.journal.read_bytes()
    expected = [decided(known) for known in finished(*begun.go_on(CHANGES[name], more_trials=3))[0].records]
    journal.write_bytes(before)
    begun.go_on(CHANGES[name], more_trials=3)
    lines = journal.read_bytes().splitlines(keepends=True)
    begins = len(before.splitlines())
    count = len(lines) - begins
    assert count > begun.count + 3
    for number in filter(lambda number: chosen(number, count), range(count + 1)):
        journal.write_bytes(b"".join(lines[: begins + number]))
        seen = open_run(begun.layout.root)
        assert seen.plan.to_yaml() in (begun.plan.to_yaml(), _plan_of(lines))
        assert len(seen.trials) == begun.count
        study, plan = begun.go_on(CHANGES[name], more_trials=3)
        assert [s.study_name for s in study._storage.get_all_studies()] == ["run", "run@2"]
        assert [decided(known) for known in finished(study, plan)[0].records] == expected, number
        states = {trial.state for trial in study.get_trials()}
        assert not states & {TrialState.RUNNING, TrialState.WAITING}


def _plan_of(lines: Sequence[bytes]) -> str:
    found = [json.loads(line).get("system_attr", {}).get("winnow:plan") for line in lines]
    return next(str(text) for text in found if text)


def test_the_sampler_changes_within_the_same_study_and_the_plan_stays_changed(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    study, plan = begun.go_on(Change(assignments=["sampler=random"]))
    assert study.study_name == "run"
    assert plan.sampler.name == "random"
    assert open_run(begun.layout.root).plan == plan
    assert len(finished(study, plan)[0].records) == 9


def test_a_start_configuration_that_no_longer_fits_falls_away(tmp_path: Path) -> None:
    begun = Begun(tmp_path, text=TEXT.replace("{learning_rate: 0.05}", "{optimizer: adam}\n  - {width: 8}"))
    study, plan = begun.go_on(NARROWER, more_trials=1)
    assert plan.start == ({"width": 8},)
    origins = [known.origin for known in finished(study, plan)[0].records]
    assert origins[:2] == ["start:0", "start:1"]
    assert set(origins[2:]) == {"sampler"}


def test_new_start_configurations_are_tried_although_old_ones_were(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    study, plan = begun.go_on(
        Change(
            assignments=["start=[{optimizer: adam, learning_rate: 0.01, width: 8}]", "space.layers=[1, 2]"]
        )
    )
    assert read(study.get_trials()[0]).origin == "start:0 of run"
    policy = finished(study, plan)[0]
    assert [k.point["learning_rate"] for k in policy.records if k.origin == "start:0"] == [0.01]


def test_what_others_asked_for_is_neither_lost_nor_done_twice(tmp_path: Path) -> None:
    begun = Begun(tmp_path, asks=1)
    policy = make_policy(begun.plan, begun.open(), workers=1)
    policy.extend("more", 2)
    policy.enqueue("a", {"learning_rate": 0.011})
    begun.train(policy)  # the one that was interrupted
    begun.train(policy)
    policy.enqueue("b", {"learning_rate": 0.012})
    for change, trials in ((NARROWER, 11), (LONGER, 8)):
        made, _ = finished(*begun.go_on(change))
        assert made.applied("more")
        assert made.applied("a")
        assert made.budget.trials == trials
        points = [known.point["learning_rate"] for known in made.records if not known.aside]
        assert points.count(0.012) == 1
        origins = [known.origin for known in made.records]
        assert origins.count("request:a") == origins.count("request:b") == 1
        own = [known for known in made.records if not known.aside and known.request is None]
        assert len(own) == trials, "requests bring no trial beyond the budget but their own"


def test_another_horizon_and_back_what_others_ask_for_then_is_tried(tmp_path: Path) -> None:
    """The trial of an earlier request counts again, its request as done: it must not stand for the new one."""
    begun = Begun(tmp_path)
    policy = make_policy(begun.plan, begun.open(), workers=1)
    policy.enqueue("a", {"learning_rate": 0.011})
    begun.train(policy)
    finished(begun.open(), begun.plan)
    finished(*begun.go_on(LONGER, more_trials=1))
    study, plan = begun.go_on(Change(assignments=["budget.epochs=9"]))
    finished(study, plan)
    policy = make_policy(plan, study, workers=1)
    assert isinstance(policy.ask(), Done)
    policy.enqueue("c", {"learning_rate": 0.013})
    begun.train(policy)
    assert [k.point["learning_rate"] for k in policy.records if k.request == "c"] == [0.013]


def test_rejected_trials_of_before_do_not_end_the_search(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    study, plan = begun.go_on(NARROWER)
    rejected = replace(read(study.get_trials()[0]), status="rejected")
    assert rejected.copied is not None
    assert make_policy(plan, study, workers=1)._roster.rejected_in_a_row == 0


def test_in_a_shared_storage_only_the_run_s_own_studies_count(tmp_path: Path) -> None:
    begun = Begun(tmp_path, shared=True)
    storage = begun.open()._storage
    foreign = optuna.create_study(storage=storage, study_name="run@7", direction="maximize")
    foreign.set_user_attr("winnow:run", "another")
    storage.set_study_system_attr(foreign._study_id, "winnow:origin", {})
    assert begun.open().study_name == "run"
    study, plan = begun.go_on(LONGER, more_trials=1)
    assert study.study_name == "run@8"
    assert begun.open().study_name == "run@8"
    assert open_run(begun.layout.root).plan.budget.epochs == plan.budget.epochs
    assert len(finished(study, plan)[0].records) == 8 + 3


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("seed=5", "--set seed: found 5, expected 0, since the trials of a run are compared by it"),
        ("data=mnist", "--set data.name: found mnist, expected digits"),
        ("data.validation=0.3", "--set data.validation: found 0.3, expected 0.2"),
        ("data.file=labels.csv", "--set data.file: found labels.csv, expected null"),
        ("objective=val/loss", "--set objective.metric: found val/loss, expected val/accuracy"),
        ("constraints=[parameters <= 5e6]", "begin a new search with --warm-start"),
        ("budget.trials=99", "expected --trials +N"),
        ("budget.time=2h", "expected --time-budget"),
        ("space.optimizer=[sdg]", "did you mean 'sgd'?"),
    ],
)
def test_what_trials_are_compared_by_never_changes(assignment: str, sentence: str, tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    write_text(layout.plan, plan_in(tmp_path, TEXT).to_yaml())
    with pytest.raises(PlanError) as refused:
        changed(layout, None, Change(assignments=[assignment]))
    assert sentence in str(refused.value)


def test_the_way_to_the_images_may_change_since_no_curve_depends_on_it(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    write_text(layout.plan, plan_in(tmp_path, TEXT).to_yaml())
    _, after = changed(layout, None, Change(assignments=["data.access=streamed"]))
    assert after.data.access == "streamed"


def test_of_a_file_the_space_and_the_start_are_taken_and_the_rest_is_the_run_s(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    write_text(layout.plan, plan_in(tmp_path, TEXT).to_yaml())
    other = tmp_path / "other.yaml"
    other.write_text(TEXT.replace("epochs: 9", "epochs: 99").replace("width: [4, 8]", "width: [8, 16]"))
    before, after = changed(layout, None, Change(str(other), ["space.layers=[1, 2]", "budget.epochs=12"]))
    assert after.space["width"].domain == Choice((8, 16))
    assert after.space["layers"].domain == Choice((1, 2))
    assert after.budget == before.budget.model_copy(update={"epochs": 12})
    with pytest.raises(PlanError, match=r"--space mnist.yaml: data.name: found 'mnist', expected 'digits'"):
        changed(layout, None, Change("mnist.yaml"))


def test_a_setting_that_only_one_space_names_is_compared_with_its_default() -> None:
    default = WORDS.complete({"architecture": "cnn"})
    rate = Parameter("learning_rate", Float(1e-4, 1.0, log=True), {})
    width = default["width"]
    named = Space(
        (Parameter("architecture", Fixed("cnn"), {}), Parameter("width", Choice((width, 3)), {}), rate)
    )
    bare = Space((Parameter("architecture", Fixed("cnn"), {}), rate))
    assert translated({"architecture": "cnn", "learning_rate": 0.1}, named, WORDS) == {
        "architecture": "cnn",
        "width": width,
        "learning_rate": 0.1,
    }
    assert translated({"architecture": "cnn", "width": 3, "learning_rate": 0.1}, bare, WORDS) is None
    assert translated({"architecture": "cnn", "width": width, "learning_rate": 0.1}, bare, WORDS) is not None


@given(
    rate=st.floats(1e-4, 1.0),
    optimizer=st.sampled_from(["sgd", "adam"]),
    low=st.floats(1e-4, 0.01),
    options=st.sampled_from([("sgd",), ("adam",), ("sgd", "adam")]),
)
@settings(deadline=None, max_examples=50)
def test_a_translated_point_is_the_same_training_and_lies_in_the_space(
    rate: float, optimizer: str, low: float, options: tuple[str, ...]
) -> None:
    space = Space(
        (Parameter("optimizer", Choice(options), {}), Parameter("learning_rate", Float(low, 1.0), {}))
    )
    found = translated({"optimizer": optimizer, "learning_rate": rate}, space, WORDS)
    assert (found is not None) == (rate >= low and optimizer in options)
    if found is not None:
        assert space.check(found) == []
        assert WORDS.complete(found) == WORDS.complete({"optimizer": optimizer, "learning_rate": rate})
