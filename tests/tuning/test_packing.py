"""A trial's share of a GPU follows from what the first of its kind took, also after a resume."""

from __future__ import annotations

import pytest

from search.runs.record import Stint, TrialRecord
from search.training.errors import TooLarge
from search.tuning.packing import SHARES, Packing, enlarged, lacked_memory

GIB = 2**30
POINT = {"architecture": "resnet18", "batch_size": 128, "learning_rate": 0.1}


def stint(taken: float, *, total: float = 16, gpus: float = 1.0, reason: str = "") -> Stint:
    memory = {"gpu_memory": int(taken * GIB), "gpu_total": int(total * GIB)}
    return Stint(1, 0.0, gpus=gpus, reason=reason, **memory)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(1.0, 0.125), (1.6, 0.125), (1.61, 0.25), (3.2, 0.25), (6.4, 0.5), (6.5, 1), (15, 1)],
)
def test_later_trials_ask_for_the_smallest_share_that_holds_the_first_and_a_quarter_more(
    taken: float, expected: float
) -> None:
    packing = Packing()
    assert packing.share(POINT) == 1.0
    packing.learn(POINT, stint(taken))
    assert packing.share({**POINT, "learning_rate": 0.5}) == expected
    assert packing.usual() == expected


def test_another_architecture_or_batch_size_is_measured_anew() -> None:
    packing = Packing()
    packing.learn(POINT, stint(1.0))
    assert packing.share({**POINT, "batch_size": 256}) == 1.0
    assert packing.share({**POINT, "architecture": "vgg16"}) == 1.0


def test_without_a_measurement_every_trial_has_a_whole_gpu() -> None:
    packing = Packing()
    packing.learn(POINT, stint(0.0, total=0.0))
    assert packing.share(POINT) == 1.0
    assert packing.limit(0.5) is None


def test_the_smallest_gpu_decides_where_they_differ() -> None:
    packing = Packing()
    packing.learn(POINT, stint(3.0, total=80))
    assert packing.share(POINT) == 0.125
    packing.learn({**POINT, "batch_size": 64}, stint(1.0, total=16))
    assert packing.share(POINT) == 0.25
    assert packing.limit(0.25) == 4 * GIB
    assert packing.limit(1.0) is None


def test_who_ran_out_of_memory_asks_for_twice_the_share_until_it_has_a_whole_gpu() -> None:
    packing = Packing()
    packing.learn(POINT, stint(1.0))
    shares, stints = [], []
    for _ in SHARES:
        shares.append(packing.share(POINT, stints))
        stints.append(stint(1.9, gpus=shares[-1], reason=enlarged(shares[-1])))
    assert shares == [0.125, 0.25, 0.5, 1.0]
    assert packing.share(POINT, [*stints, stint(2.0)]) == 1.0


def test_a_resumed_search_knows_what_was_measured() -> None:
    known = TrialRecord(0, "completed", POINT, {}, (stint(3.0),))
    assert Packing([known]).share(POINT) == 0.25


def test_no_share_is_smaller_than_the_cores_and_the_memory_of_the_node_allow() -> None:
    packing = Packing(least=0.5)
    packing.learn(POINT, stint(0.5))
    assert packing.share(POINT) == 0.5


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ("OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has …", True),
        ("RuntimeError: CUDA error: out of memory", True),
        ("RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
        (
            str(TooLarge(1, (3, 224, 224), "the memory of cuda:0 (16.0 GB, 2.0 GB of it for this trial)")),
            True,
        ),
        ("the loss became nan at epoch 2", False),
        ("ValueError: memory_format is not known", False),
    ],
)
def test_only_a_lack_of_gpu_memory_is_taken_for_one(failure: str, expected: bool) -> None:
    assert lacked_memory(failure) is expected
