"""Processes that train together: their shards make up the whole, and batch norm sees all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from search.training.team import ALONE, Team


@given(images=st.integers(1, 300), size=st.integers(2, 9), least=st.integers(1, 3))
def test_shards_follow_one_another_and_leave_nothing_out(images: int, size: int, least: int) -> None:
    shards = [Team(rank, size).shard(images, least=least) for rank in range(size)]
    assert sum(shard.weight(shard.images) for shard in shards) == pytest.approx(1)
    assert {shard.whole for shard in shards} == {images}
    assert {shard.smallest for shard in shards} == {min(shard.images for shard in shards)}
    if shards[0].copies == 1:
        rows = [row for shard in shards for row in range(images)[shard.rows]]
        assert rows == list(range(images))
        assert max(shard.images for shard in shards) - shards[0].smallest <= 1
        assert shards[0].smallest >= least


@given(images=st.integers(1, 20), size=st.integers(2, 9), least=st.integers(1, 3))
def test_a_batch_too_small_to_share_out_is_computed_by_all(images: int, size: int, least: int) -> None:
    shards = [Team(rank, size).shard(images, least=least) for rank in range(size)]
    too_few = images // size < least
    assert all((shard.copies == size) is too_few for shard in shards)
    assert all(shard.images == images for shard in shards) is too_few


def test_alone_a_process_agrees_with_itself() -> None:
    shard, rows = ALONE.shard(5), torch.arange(10.0).reshape(5, 2)
    assert (shard.rows, shard.weight(5)) == (slice(0, 5), 1.0)
    assert ALONE.gathered(rows, shard) is rows
    assert ALONE.agreed(True)
    assert not ALONE.agreed(False)


def together(script: str, *words: str) -> None:
    """Run a script in two processes, which meet; its arguments are the rank and the words."""
    run = [sys.executable, "-c", script]
    both = [subprocess.Popen([*run, str(rank), *words], stderr=subprocess.PIPE, text=True) for rank in (0, 1)]
    said = [each.communicate(timeout=300)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], "\n".join(said)


BESIDE_TORCHS_OWN = '''
"""Train a batch norm on a share of a batch, and compare with torch's on all of it."""

import copy, sys
from pathlib import Path

import torch
from torch import nn

from search.training.shared_batch_norm import share_batch_norm
from search.training.team import joined

rank, meeting, momentum, affine, flat = int(sys.argv[1]), Path(sys.argv[2]), *map(eval, sys.argv[3:])
torch.manual_seed(0)
norm = (nn.BatchNorm1d if flat else nn.BatchNorm2d)(3, momentum=momentum, affine=affine)
whole = nn.Sequential(norm).double()
if affine:
    nn.init.uniform_(norm.weight), nn.init.uniform_(norm.bias)
shape = (5, 3) if flat else (5, 3, 4, 2)
with joined(rank, 2, meeting=meeting, device=torch.device("cpu")) as team:
    ours = share_batch_norm(copy.deepcopy(whole).float(), team, torch.device("cpu"))
    assert list(ours.state_dict()) == list(whole.state_dict())
    shard = team.shard(5, least=2)
    for step in range(3):
        images = (torch.randn(shape, dtype=torch.float64) * 3 + 5).requires_grad_()
        weights = torch.randn(shape, dtype=torch.float64)
        expected = whole(images)
        (expected * weights).sum().backward()
        own = images.detach()[shard.rows].float().requires_grad_()
        found = ours(own)
        (found * weights[shard.rows].float()).sum().backward()
        torch.testing.assert_close(found.double(), expected[shard.rows], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(own.grad.double(), images.grad[shard.rows], rtol=1e-3, atol=1e-4)
    gradients = [each.grad for each in ours.parameters()]
    team.add_up(gradients or [torch.zeros(1)])
    for one, other in zip(gradients, [each.grad for each in whole.parameters()], strict=True):
        torch.testing.assert_close(one.double(), other, rtol=1e-3, atol=1e-3)
    for one, other in zip(ours.buffers(), whole.buffers(), strict=True):
        torch.testing.assert_close(one.double(), other.double(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.eval()(own).double(), whole.eval()(images)[shard.rows], rtol=1e-4, atol=1e-4)
'''


@pytest.mark.parametrize(
    ("momentum", "affine", "flat"),
    [("0.1", "True", "False"), pytest.param("None", "False", "True", marks=pytest.mark.slow)],
    ids=["images", "vectors, cumulative, without weights"],
)
def test_batch_norm_sees_the_batch_of_all_processes(
    momentum: str, affine: str, flat: str, tmp_path: Path
) -> None:
    """Values, both gradients, running means and names are those of torch's own on the whole batch, in float64."""
    together(BESIDE_TORCHS_OWN, str(tmp_path / "meeting"), momentum, affine, flat)


WITH_AUXILIARY = '''
"""Train a network with auxiliary classifiers together with another process, then alone, and compare."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.auxiliary import is_auxiliary
from search.training.data import Data, Split
from search.training.learner import Learner
from search.training.team import ALONE, joined

rank, meeting, name = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
cpu, random = torch.device("cpu"), np.random.default_rng(0)
images, labels = random.integers(0, 255, (24, 8, 8, 1), dtype=np.uint8), np.arange(24) % 3
train, validation = (Split(images, labels, rows) for rows in (np.arange(20), np.arange(20, 24)))
data = Data("noise", ("a", "b", "c"), (1, 8, 8), train, validation, mean=(0.5,), std=(0.3,))
settings = {"architecture": name, "batch_size": 20, "learning_rate": 1e-3, "optimizer": "sgd", "dropout": 0.0}

def step(team, **more):
    """Return the loss before a step on the whole set, and the model after it, with its gradients."""
    learner = Learner(TrialConfig({**settings, **more}, DataConfig("noise"), epochs=1), data, cpu, team=team)
    for module in learner._model.modules():
        if isinstance(module, nn.Dropout):  # GoogLeNet's auxiliary classifiers have one; each process draws its own
            module.p = 0.0
    learner.begin()
    return learner.train_epoch()["train/loss"], learner._model

def apart(found, expected, names):
    """Return by how much some gradients differ, as a share of their length."""
    models = [dict(each.named_parameters()) for each in (found, expected)]
    one, other = (torch.cat([of[name].grad.flatten() for name in names]) for of in models)
    return float((one - other).norm() / other.norm())

with joined(rank, 2, meeting=meeting, device=cpu) as team:
    loss, model = step(team, auxiliary=0.4)
if rank == 0:
    expected, alone = step(ALONE, auxiliary=0.4)
    assert abs(loss / expected - 1) < 1e-4, (loss, expected)
    names = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
    heads = [name for name in names if is_auxiliary(name)]
    assert heads
    # Sums are rounded otherwise, which dozens of batch norms of few values enlarge.
    found = apart(model, alone, heads), apart(model, alone, names)
    assert found[0] < 0.01 and found[1] < 0.05, found
    for key, buffer in alone.named_buffers():
        torch.testing.assert_close(dict(model.named_buffers())[key], buffer, rtol=1e-3, atol=1e-4)
    assert loss > 1.2 * step(ALONE, auxiliary=0.0)[0]
'''


@pytest.mark.slow
@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_classifiers_learn_the_same_from_two_processes_as_from_one(
    name: str, tmp_path: Path
) -> None:
    """Their losses and their batch norms are shared out as the others': a step has the same loss and gradient.

    Not a whole curve: after a step the two drift apart by rounding, without auxiliary classifiers, too.
    """
    together(WITH_AUXILIARY, str(tmp_path / "meeting"), name)
