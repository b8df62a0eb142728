"""When a crash counts against a trial, and when its node is to blame."""

from __future__ import annotations

from optuna.trial import TrialState

from search.runs.record import Ending, Stint, TrialRecord
from search.tuning.bridge import ended_by
from search.tuning.endings import CRASHES, settled


def crashed(*nodes: str, ending: Ending = "crashed") -> TrialRecord:
    stints = [
        Stint(n, n, node=node).ended(ending, at=n + 1, reason="it died") for n, node in enumerate(nodes, 1)
    ]
    return TrialRecord(0, "running", {}, {}, tuple(stints))


def test_a_trial_whose_worker_dies_again_and_again_has_failed() -> None:
    assert settled(crashed(*"ab"), epochs=3)[0] == TrialState.WAITING
    state, reason = settled(crashed(*"abc"), epochs=3)
    assert state == TrialState.FAIL
    assert reason == f"the worker died {CRASHES} times without a new epoch between: it died"


def test_crashes_on_a_node_that_eats_trials_do_not_count_against_a_trial() -> None:
    assert settled(crashed(*"bbbbb"), epochs=3, blamed={"b"})[0] == TrialState.WAITING
    assert settled(crashed(*"bbbac"), epochs=3, blamed={"b"})[0] == TrialState.WAITING
    assert settled(crashed(*"bacd"), epochs=3, blamed={"b"})[0] == TrialState.FAIL


def test_a_trial_whose_node_is_lost_is_not_to_blame_however_often() -> None:
    assert settled(crashed(*"abcdefgh", ending="lost"), epochs=3)[0] == TrialState.WAITING


def test_what_ray_says_of_a_dead_worker_becomes_an_ending_with_a_reason() -> None:
    died = "ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this task.\n"
    assert ended_by(died) == ("crashed", "the worker process died")
    assert ended_by("") == ("crashed", "the worker process died")
    gone = "The actor died because its node has died. Node Id: 0123"
    assert ended_by(f"{died}\tactor_id: 1\n{gone}\n") == ("lost", "its node was lost")
    fault = "search.tuning.machine_faults.MachineError: CUDA error: uncorrectable ECC error encountered"
    assert ended_by(f"Traceback:\n{fault}\n") == (
        "crashed",
        "CUDA error: uncorrectable ECC error encountered",
    )
