"""A search from the laptop, watched from outside the hosts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from search.runs.reader import open_run
from search.runs.record import Stint
from tests.cluster.hosts import LAPTOP, Hosts

PACED = '''\
"""A network that takes its time while a file lies in the home of its host."""

import time
from pathlib import Path

from torch import Tensor, nn

from search.training.architectures.registry import architectures

SLOW = Path.home() / "slow"


class Paced(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        if SLOW.exists():
            time.sleep(0.2)
        return self.network(images)


@architectures.register("paced")
def paced(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build a CNN of two layers."""
    return Paced(architectures["cnn"].build(shape, classes, layers=2, width=128))
'''

SPACE = """\
name: digits
data: {{name: digits, validation: 0.1}}
budget: {{trials: {trials}, epochs: 18}}
scheduler: {{name: asha, grace_period: 6}}
plugins: [paced.py]
space:
  architecture: paced
  batch_size: [32, 64]
  optimizer: [sgd, adam]
  learning_rate: {{low: 1e-3, high: 0.1, log: true}}
"""

PATIENCE = 480.0
"""Seconds that a test waits for anything before it fails."""


def write_space(hosts: Hosts, *, trials: int) -> str:
    """Write a space whose epochs take some tenths of a second into the laptop's home; return its name.

    Its trials wait in each batch on a host that was told to `slow_down`.
    """
    (hosts.home(LAPTOP) / "paced.py").write_text(PACED, encoding="utf-8")
    (hosts.home(LAPTOP) / "space.yaml").write_text(SPACE.format(trials=trials), encoding="utf-8")
    return "space.yaml"


def slow_down(hosts: Hosts, names: Sequence[str]) -> None:
    """Let the batches on these hosts take 0.2 s, so that no search is over before its last worker has started."""
    for name in names:
        (hosts.home(name) / "slow").touch()


def speed_up(hosts: Hosts, names: Sequence[str]) -> None:
    """Let the hosts go on at their own pace."""
    for name in names:
        (hosts.home(name) / "slow").unlink()


def begin(hosts: Hosts, words: Sequence[str], log: Path) -> subprocess.Popen[str]:
    """Begin a verb on the laptop; what it says goes to a file."""
    with log.open("ab") as file:
        return hosts.popen(LAPTOP, ["python", "-u", "-m", *words], output=file.fileno())


def wait_until(
    done: Callable[[], bool], log: Path, root: Path, *, running: subprocess.Popen[str] | None = None
) -> None:
    """Wait, and say what the laptop said where that is in vain, or where a command ends meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        in_vain = time.monotonic() > deadline or (running is not None and running.poll() is not None)
        assert not in_vain, f"{log.read_text(encoding='utf-8')[-4000:]}\n{_stands(root)}"
        time.sleep(0.2)


def busy(root: Path) -> set[str]:
    """Return the hosts on which a trial has come to the end of an epoch and runs on."""
    if not (root / "study.journal").is_file():
        return set()
    running = (trial for trial in open_run(root).trials if trial.status == "running" and trial.epochs)
    return {trial.record.stints[-1].host for trial in running}


def finished(root: Path) -> int:
    """Return how many trials have ended well."""
    return sum(trial.status in ("completed", "stopped") for trial in open_run(root).trials)


def lost(root: Path) -> set[str]:
    """Return the hosts that were lost under a trial."""
    stints = (stint for trial in open_run(root).trials for stint in trial.record.stints)
    return {stint.host for stint in stints if stint.ending == "lost"}


def _stands(root: Path) -> str:
    """Return where every trial was trained, and how that ended."""
    if not (root / "study.journal").is_file():
        return "no study yet"
    trials = open_run(root).trials
    return "\n".join(f"{t.number} {t.status} {t.epochs}: {_course(t.record.stints)}" for t in trials)


def _course(stints: Sequence[Stint]) -> str:
    return ", ".join(f"{one.host} {one.ending} {one.reason[:60]}" for one in stints)
