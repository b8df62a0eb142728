"""Real searches in processes of their own: started, watched, killed, and looked for afterwards.

A verb runs in a session of its own, so that a test may kill it as a whole. Everything that it starts (Ray's
services, the workers) inherits an environment variable by which it is found again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from search.runs.reader import open_run
from search.runs.run import Run
from search.tuning.owned_folder import sweep
from tests.leftovers import DRIVERS, family_of

MARK = "WINNOW_TEST_SEARCH"
REPOSITORY = Path(__file__).parents[2]
PATIENCE = 240.0
"""Seconds that a test waits for anything before it fails: far more than a busy machine needs."""

SPACE = """\
name: digits
data: {{name: digits, validation: 0.1}}
objective: {{metric: val/accuracy, mode: max}}
budget: {{trials: {trials}, epochs: {epochs}}}
scheduler: {{name: {scheduler}}}
start:
  - {{optimizer: adam, learning_rate: 0.005}}
space:
  architecture: cnn
  layers: {layers}
  width: {width}
  batch_size: 64
  optimizer: [sgd, adam]
  learning_rate: {{low: 1e-3, high: 0.3, log: true}}
  momentum: {{low: 0.8, high: 0.99, when: {{optimizer: sgd}}}}
"""


def medium_space(folder: Path, *, trials: int, epochs: int = 9) -> str:
    """Write a space whose epochs take some tenths of a second: time enough to be killed in."""
    return _space(folder, trials=trials, epochs=epochs, scheduler="asha", layers=2, width=128)


def long_space(folder: Path, *, trials: int = 6, epochs: int = 400) -> str:
    """Write a space that a test does not wait for to end: some tenths of a second an epoch."""
    return _space(folder, trials=trials, epochs=epochs, scheduler="none", layers=2, width=64)


def short_space(folder: Path, *, trials: int, epochs: int = 9) -> str:
    """Write a space whose epochs take some hundredths of a second: for searches that are run to their end."""
    return _space(folder, trials=trials, epochs=epochs, scheduler="asha", layers=1, width=8)


def _space(folder: Path, **settings: Any) -> str:
    path = folder / "space.yaml"
    path.write_text(SPACE.format(**settings), encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Ended:
    """A verb that has ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The JSON lines of its output; every line must be one."""
        return [json.loads(line) for line in self.out.splitlines()]


class Living:
    """A verb while it runs.

    Args:
        words: `run`, `--space`, …
        folder: where its output is kept; the working directory, too, unless ``cwd`` is given.
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        *,
        cwd: Path | None = None,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self._killed = False
        self._out, self._err = folder / f"{self.mark}.out", folder / f"{self.mark}.err"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
        settings = {
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(REPOSITORY),
            "RAY_ADDRESS": "local",
            **inherited,
            **(environment or {}),
            MARK: self.mark,
        }
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [python, "-m", f"search.{words[0]}", *words[1:]],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=cwd or folder,
                env=settings,
                start_new_session=True,
            )
        DRIVERS.add(self.process.pid)

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it has complained of."""
        return self._err.read_text(encoding="utf-8")

    @property
    def family(self) -> list[psutil.Process]:
        """Every living process that it has started, and itself."""
        return family_of(MARK, self.mark, session=self.process.pid)

    @property
    def workers(self) -> list[psutil.Process]:
        """Its processes that train."""
        return [p for p in self.family if _title(p).startswith("ray::WarmWorker")]

    def wait(self, patience: float = PATIENCE) -> Ended:
        """Wait for its end."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended in {patience:g} s; it said:\n{self._said()}") from None
        return Ended(code, self.out, self.err)

    def kill(self) -> None:
        """`kill -9` of the driver alone."""
        self._killed = True
        self.process.kill()
        self.process.wait(PATIENCE)

    def kill_all(self) -> None:
        """`kill -9` of the driver, of Ray's services and of all workers."""
        self._killed |= self.process.poll() is None
        while family := self.family:
            for process in family:
                _kill(process)
            self.process.wait(PATIENCE)
        self.process.wait(PATIENCE)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the driver alone."""
        self.process.send_signal(number)

    def until(self, what: str, true: Callable[[], Any]) -> Any:
        """Wait until something is the case while this verb runs, and return it."""
        deadline = time.monotonic() + PATIENCE
        while not (found := true()):
            assert self.process.poll() is None, f"it ended before {what}; it said:\n{self._said()}"
            assert time.monotonic() < deadline, f"not in {PATIENCE:g} s: {what}; it said:\n{self._said()}"
            time.sleep(0.02)
        return found

    def close(self) -> None:
        """Leave nothing behind; the folder of a killed search is the next start's to remove, and here is none."""
        self.kill_all()
        if self._killed:
            sweep()

    def _said(self) -> str:
        return f"{self.out[-3000:]}\n{self.err[-3000:]}"


@contextmanager
def living(*words: str, folder: Path, **settings: Any) -> Iterator[Living]:
    """Start a verb; whatever is left of it when the block ends is killed."""
    started = Living(words, folder, **settings)
    try:
        yield started
    finally:
        started.close()


def done(*words: str, folder: Path, patience: float = PATIENCE, **settings: Any) -> Ended:
    """Run a verb to its end."""
    with living(*words, folder=folder, **settings) as verb:
        return verb.wait(patience)


def opened(root: Path) -> Run | None:
    """Return a run as it stands, or None while there is none."""
    return open_run(root) if (root / "plan.yaml").is_file() else None


def reports(root: Path) -> int:
    """Return how many epochs a run has recorded; reads the journal's bytes, since a test asks often."""
    try:
        return (root / "study.journal").read_bytes().count(b'"winnow:report:')
    except FileNotFoundError:
        return 0


def gone(family: Sequence[psutil.Process]) -> bool:
    """Return whether all of these processes have died."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
