"""A trial that runs out of memory is split, and is then the trial that was asked to be split from there on."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from search.plan.trial_config import TrialConfig
from search.training.architectures import architectures
from search.training.data import Data
from search.training.errors import Interrupted, TooLarge, TrainingError
from search.training.fit import Training, fit
from search.training.recipe import Recipe
from search.training.shortage import lacks_memory
from search.training.step import Step
from search.training.team import ALONE
from tests.training.test_fit import EVERYTHING_RANDOM, exact, same

MakeConfig = Callable[..., TrialConfig]

ALL: dict[str, Any] = {
    **EVERYTHING_RANDOM,
    "augmentation__mixup": 0.4,
    "augmentation__noise": 0.1,
    "ema": 0.9,
    "gradient_clip": 1.0,
    "batch_size": 18,
}
"""Of 90 images 18 a batch, and everything that a failed attempt could leave its traces in."""

OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has …"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried …"
    ),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    MemoryError(),
]


class Memory:
    """How many images fit at once, and what was refused; ``backward``: it is then that they do not fit."""

    def __init__(self) -> None:
        self.training = self.evaluation = 1000
        self.backward = False
        self.error: BaseException = OUT_OF_MEMORY[0]
        self.refused: list[int] = []
        self.held: list[weakref.ref[Tensor]] = []
        self.alive: list[int] = []

    def __deepcopy__(self, _memo: object) -> Memory:
        return self  # an averaged copy of the network lives in the same memory

    def refuse(self, images: int, most: int) -> None:
        self.alive.append(sum(tensor() is not None for tensor in self.held[:-1]))
        if images > most:
            self.refused.append(images)
            raise type(self.error)(*self.error.args)


class _Backward(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, logits: Tensor, memory: Memory) -> Tensor:
        context.memory = memory
        return logits.clone()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        context.memory.refuse(len(gradient), context.memory.training)
        return gradient, None


class Limited(nn.Module):
    """A network that runs out of memory at its end, when batch norm has counted and dropout has drawn."""

    def __init__(self, network: nn.Module, memory: Memory) -> None:
        super().__init__()
        self.network, self.memory = network, memory

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images)
        self.memory.held.append(weakref.ref(logits))
        if not self.training:
            self.memory.refuse(len(images), self.memory.evaluation)
        elif self.memory.backward:
            return _Backward.apply(logits, self.memory)  # type: ignore[no-any-return, no-untyped-call]
        else:
            self.memory.refuse(len(images), self.memory.training)
        return logits


def limited_cnn(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Let every CNN of this test be one whose memory is limited by what is returned."""
    made, entry = Memory(), architectures["cnn"]

    def build(*arguments: Any, **settings: Any) -> nn.Module:
        return Limited(entry.build(*arguments, **settings), made)

    monkeypatch.setitem(architectures._entries, "cnn", type(entry)("cnn", build, entry.settings))
    return made


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    return limited_cnn(monkeypatch)


def trained(training: Training) -> tuple[list[dict[str, float]], dict[str, Tensor]]:
    return [exact(report) for report in training], training.weights()


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: type(error).__name__)
def test_a_trial_that_runs_out_of_memory_is_the_one_that_was_split_from_the_start(
    memory: Memory, small: Data, config: MakeConfig, *, error: BaseException, backward: bool
) -> None:
    expected = trained(fit(config(**ALL, accumulation=4), small, device="cpu"))
    assert not memory.refused
    memory.training, memory.error, memory.backward = 5, error, backward
    training = fit(config(**ALL), small, device="cpu")
    assert same(trained(training), expected)
    assert memory.refused == [18, 9]
    assert training.shortage() == "batches of 18 are computed in 4 parts: they do not fit into memory"


def test_from_the_batch_on_that_does_not_fit_a_trial_is_split(
    memory: Memory, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    """The 8th batch fails: as if the trial had been cut before it, and its checkpoint had said so."""
    trial, path = config(**ALL), tmp_path / "cut"
    asked = itertools.count(1)
    whole = fit(trial, small, device="cpu", cut=lambda _left: next(asked) == 6)
    next(whole)
    with pytest.raises(Interrupted):
        next(whole)
    whole.save(path)
    torch.save({**torch.load(path, weights_only=True), "parts": 2}, path)
    expected, weights = trained(fit(trial, small, checkpoint=path, device="cpu"))

    def until_the_seventh() -> Iterator[bool]:
        yield from [False] * 5
        memory.training = 9
        yield from itertools.repeat(False)

    answers = until_the_seventh()
    training = fit(trial, small, device="cpu", cut=lambda _left: next(answers))
    reports, found = trained(training)
    assert memory.refused == [18]
    assert reports[1:] == expected
    assert same(found, weights)


@pytest.mark.parametrize("place", [2, 5])
def test_who_goes_on_from_a_checkpoint_does_not_run_into_it_again(
    place: int, memory: Memory, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    trial = config(**ALL)
    memory.training, memory.evaluation = 5, 16
    expected = trained(fit(trial, small, device="cpu"))
    assert memory.refused == [18, 9, 30]
    asked, reports = itertools.count(1), []
    training = fit(trial, small, device="cpu", cut=lambda _left: next(asked) == place)
    with pytest.raises(Interrupted):
        reports.extend(exact(report) for report in training)
    training.save(tmp_path / "cut")
    memory.refused.clear()
    again = fit(trial, small, checkpoint=tmp_path / "cut", device="cpu")
    rest, weights = trained(again)
    assert same((reports + rest, weights), expected)
    assert memory.refused == ([30] if place == 2 else [])
    assert again.shortage() == (
        "batches of 18 are computed in 4 parts: they do not fit into memory; "
        "no more than 15 images are evaluated at once"
    )


def test_where_everything_fits_nothing_is_said_and_nothing_kept(
    memory: Memory, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    training = fit(config(accumulation=2), small, device="cpu")
    next(training)
    training.save(tmp_path / "checkpoint")
    assert training.shortage() == ""
    assert not {"parts", "at_once"} & torch.load(tmp_path / "checkpoint", weights_only=True).keys()


@pytest.mark.parametrize(
    ("batch_norm", "refused", "images"), [(True, [18, 9, 5, 3, 2], 2), (False, [18, 9, 5, 3, 2, 1], 1)]
)
def test_where_the_smallest_part_does_not_fit_the_trial_fails_and_says_so(
    memory: Memory, small: Data, config: MakeConfig, *, batch_norm: bool, refused: list[int], images: int
) -> None:
    memory.training = 0
    training = fit(config(batch_size=18, batch_norm=batch_norm), small, device="cpu")
    with pytest.raises(
        TooLarge, match=rf"a batch of {images} images? of 1×8×8.* does not fit into the memory of cpu \("
    ) as caught:
        next(training)
    assert memory.refused == refused
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(TrainingError, match="closed"):
        training.weights()


def test_an_evaluation_that_runs_out_of_memory_is_split_and_says_the_same(
    memory: Memory, small: Data, config: MakeConfig
) -> None:
    plain = next(fit(config(), small, device="cpu")).metrics
    memory.evaluation = 10
    training = fit(config(), small, device="cpu")
    assert next(training).metrics["val/loss"] == pytest.approx(plain["val/loss"], rel=1e-5)
    next(training)
    assert memory.refused == [30, 15]
    assert training.shortage() == "no more than 7 images are evaluated at once"


def test_an_evaluation_of_which_not_one_image_fits_says_so(
    memory: Memory, small: Data, config: MakeConfig
) -> None:
    memory.evaluation = 0
    with pytest.raises(TooLarge, match="a batch of 1 image of 1×8×8 does not fit into the memory of cpu"):
        next(fit(config(), small, device="cpu"))


def test_no_other_error_is_tried_again(memory: Memory, small: Data, config: MakeConfig) -> None:
    memory.training, memory.error = 5, RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="mat1"):
        next(fit(config(), small, device="cpu"))
    assert len(memory.refused) == 1


def test_what_a_failed_attempt_had_in_memory_is_free_before_the_next(
    memory: Memory, small: Data, config: MakeConfig
) -> None:
    """An exception's traceback holds the frames, and these the activations, which would not leave any room."""
    memory.training = 5
    next(fit(config(batch_size=18), small, device="cpu"))
    assert memory.refused == [18, 9]
    assert memory.alive[:3] == [0, 0, 0]


def test_what_the_optimizer_lacks_is_not_split() -> None:
    """Its moments are as large however a batch is computed, and half of them may be there already."""
    layer = nn.Linear(2, 2)

    class Full(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def forward(rows: slice | None) -> tuple[Tensor, Tensor]:
        return layer(torch.ones(4, 2)[rows or slice(None)]).mean(), torch.tensor(0)

    step = Step(layer, Full(layer.parameters()), Recipe(), shape=(1, 1, 2), device=torch.device("cpu"))
    with pytest.raises(torch.OutOfMemoryError):
        step(forward, ALONE.shard(4))
    assert step.parts == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        *((error, True) for error in OUT_OF_MEMORY),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("could not create a primitive descriptor for the convolution"), False),
        (TooLarge(1, (3, 8, 8), "the memory of cuda:0 (2.0 GB)"), False),
        (ValueError("out of memory"), False),
        (OSError(12, "Cannot allocate memory"), False),
    ],
    ids=repr,
)
def test_only_a_lack_of_memory_is_taken_for_one(error: BaseException, expected: bool) -> None:
    assert lacks_memory(error) is expected


REAL = """
import json, pathlib, resource, sys, warnings
warnings.simplefilter("error")
import numpy as np, torch
from search.plan.trial_config import DataConfig, TrialConfig
from search.training.data import Data, Split
from search.training.fit import fit

def data(count, side=32):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (2 * count, side, side, 3), dtype=np.uint8)
    split = [Split(images, np.arange(2 * count) % 2, np.arange(k * count, (k + 1) * count)) for k in (0, 1)]
    return Data("noise", ("a", "b"), (3, side, side), *split, mean=(0.5,) * 3, std=(0.3,) * 3)

def trial(**settings):
    return TrialConfig({"layers": 2, "width": 64, "batch_size": 256, "dropout": 0.3, **settings},
                       DataConfig("noise"), epochs=1)

next(fit(trial(batch_size=16), data(16), device="cpu"))  # what torch loads when it is first used is loaded
limit, accumulation, count, side = json.loads(sys.argv[1])
if limit:
    taken = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + limit * 2**20,) * 2)
training = fit(trial(accumulation=accumulation), data(count, side), device="cpu")
curve = [report.metrics["train/loss"].hex() for report in training]
sums = [float(tensor.double().sum()).hex() for tensor in training.weights().values()]
print(json.dumps([training.shortage(), curve, sums]))
"""


def in_a_process(
    limit: int, accumulation: int, *, images: int = 256, side: int = 32
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", REAL, json.dumps([limit, accumulation, images, side])]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_with_too_little_memory_indeed_a_trial_is_split_and_equals_the_one_that_was_asked_to_be() -> None:
    """256 images of 64 channels and 32×32 pixels take 64 MiB; a step, here the only one, holds several such."""
    done = in_a_process(200, 1)
    assert done.returncode == 0, done.stderr
    shortage, *found = json.loads(done.stdout)
    parts = int(shortage.split(" parts")[0].rpartition(" ")[2])
    assert parts > 1
    _, *expected = json.loads(in_a_process(0, parts).stdout)
    assert found == expected


@pytest.mark.slow
def test_where_two_images_do_not_fit_indeed_a_trial_says_so() -> None:
    """64 channels of 224×224 pixels take 12 MiB an image."""
    done = in_a_process(24, 1, images=16, side=224)
    assert done.returncode == 1
    assert "TooLarge: out of memory: a batch of 2 images of 3×224×224" in done.stderr
