"""The processes that train one trial together, seen from their worker: begun, commanded, ended.

The worker itself trains nothing: whatever happens to one of them, it ends all of them and says why. They stay warm from
trial to trial, as the worker does, and end with it, however it ends: their input is a pipe that it holds.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from search.training.errors import Interrupted, SplitNeeded
from search.training.passage import Cut
from search.training.report import Report
from search.tuning.assignment import Assignment
from search.tuning.crew_failure import Failure, ended, first_cause
from search.tuning.crew_member import LEAVE

LOOK = 1.0
"""Seconds between two looks whether this machine will soon be gone."""

LAST_WORDS = 5.0
"""Seconds for the others to say what went wrong, once one has failed, and for all to end when nobody needs them."""

LEADER = 0
"""The rank of the process that writes what all have found."""

log = logging.getLogger("search")

Answer = dict[str, Any]


class Crew:
    """Processes on this machine, each with a GPU of its own where there are GPUs.

    Args:
        size: how many.
        threads: of each.
    """

    def __init__(self, size: int, *, threads: int) -> None:
        self.size, self.threads = size, threads
        self._processes: list[subprocess.Popen[str]] = []
        self._said: queue.SimpleQueue[tuple[int, Answer | None]] = queue.SimpleQueue()
        self._folder: Path | None = None

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that run, the leader's first."""
        return [process.pid for process in self._processes]

    def ask(
        self,
        command: Mapping[str, Any],
        *,
        ranks: Sequence[int] | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Let the processes do something, and wait until all have done it; where they do not run yet, they are begun.

        Args:
            command: what.
            ranks: who; None: all.
            meanwhile: is called about every second until then.

        Returns:
            What the first of them answers.

        Raises:
            Exception: what went wrong in one of them, see `Failure.error`; all have ended then.
        """
        if not self._processes:
            self._begin()
        asked = range(self.size) if ranks is None else ranks
        for rank in asked:
            self.tell(rank, command)
        answers: dict[int, Answer] = {}
        while len(answers) < len(asked):
            try:
                rank, answer = self._said.get(timeout=LOOK)
            except queue.Empty:
                meanwhile()
                continue
            if answer is None or "failure" in answer:
                raise self._failed(rank, answer)
            answers[rank] = answer
        return answers[asked[0]]

    def tell(self, rank: int, command: Mapping[str, Any]) -> None:
        """Give a process a command, without waiting; one that is gone is noticed by its silence."""
        pipe = self._processes[rank].stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(command) + "\n")
            pipe.flush()

    def open(
        self,
        task: Assignment,
        *,
        plugins: Sequence[Path] = (),
        checkpoint: Path | None = None,
        cut: Cut | None = None,
        log: Path,
    ) -> CrewTrainer:
        """Begin with a trial, or go on with it; see `search.tuning.trainer.OwnTrainer`.

        Args:
            task: of the stint.
            plugins: where this machine has those of the trial.
            checkpoint: to go on from.
            cut: is asked whether the epoch is to be cut.
            log: takes what the processes say.
        """
        begin = {"do": "open", "task": task.to_json(), "plugins": [*map(str, plugins)], "log_file": str(log)}
        return CrewTrainer(self, begin, checkpoint=checkpoint, cut=cut)

    def close(self) -> None:
        """End the processes."""
        for rank in range(len(self._processes)):
            self.tell(rank, {"do": "end"})
        self._end(time.monotonic() + LAST_WORDS)

    def _begin(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="winnow-crew-"))
        self._said = queue.SimpleQueue()
        path = os.pathsep.join(filter(None, sys.path))
        for rank in range(self.size):
            process = subprocess.Popen(
                [sys.executable, "-m", "search.tuning.crew_member"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": path},
            )
            self._processes.append(process)
            threading.Thread(target=_listen, args=(rank, process, self._said), daemon=True).start()
            meeting = str(self._folder / "meeting")
            who = {"rank": rank, "size": self.size, "threads": self.threads, "meeting": meeting}
            self.tell(rank, {"do": "begin", **who})

    def _failed(self, rank: int, answer: Answer | None) -> Exception:
        """End all processes and return the error of the one that failed first."""
        said = {rank: answer}
        deadline = time.monotonic() + LAST_WORDS
        while len(said) < self.size and (left := deadline - time.monotonic()) > 0:
            try:
                other, word = self._said.get(timeout=left)
            except queue.Empty:
                break
            if word is None or "failure" in word:
                said.setdefault(other, word)
        codes = self._end(time.monotonic())
        failures = [
            Failure(**word["failure"]) if word else ended(each, codes[each]) for each, word in said.items()
        ]
        return first_cause(failures).error()

    def _end(self, deadline: float) -> list[int]:
        """Let the processes end until a deadline (monotonic seconds), then kill them; return their codes."""
        codes = [_ended(process, deadline) for process in self._processes]
        self._processes = []
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        return codes


class CrewTrainer:
    """A trial in training by a crew; made by `Crew.open`, see `search.tuning.trainer.Trainer`."""

    def __init__(
        self, crew: Crew, begin: Mapping[str, Any], *, checkpoint: Path | None, cut: Cut | None
    ) -> None:
        self._crew, self._begin, self._cut = crew, begin, cut
        self._checkpoint = checkpoint
        self._shortage = ""
        self._told = False
        self._origin = self._open(parts=1)

    def epoch(self) -> Report:
        """Train and validate one epoch, or what is left of one that was cut.

        Where memory is too small for one process, all begin once more from the last checkpoint, with smaller parts.
        """
        self._told = False
        while True:
            try:
                said = self._crew.ask({"do": "epoch"}, meanwhile=self._look)
            except SplitNeeded as error:
                self._open(error.parts)
                continue
            if "cut" in said:
                raise Interrupted(*said["cut"])
            self._shortage = said["shortage"]
            return Report(**said["report"])

    def save(self, path: Path) -> None:
        """Write a checkpoint of everything as it stands."""
        self._crew.ask({"do": "save", "path": str(path)}, ranks=[LEADER])
        self._checkpoint = path

    def predict(self, path: Path, *, test: bool = False) -> None:
        """Write what the model says of every validation image, or of every test image."""
        self._crew.ask({"do": "predict", "path": str(path), "test": test})

    def origin(self) -> str:
        """Return which weights the model began with, empty where they were random."""
        return self._origin

    def shortage(self) -> str:
        """Return what is done about batches that do not fit into memory; empty where all do."""
        return self._shortage

    def close(self) -> None:
        """Let go of the model; the processes stay, unless one has died: then others begin with the next trial."""
        if not self._crew.pids:
            return
        try:
            self._crew.ask({"do": "close"})
        except Exception as error:
            log.warning("the processes of a trial that is over have ended: %s", error)

    def _open(self, parts: int) -> str:
        checkpoint = str(self._checkpoint) if self._checkpoint else None
        origin: str = self._crew.ask({**self._begin, "checkpoint": checkpoint, "parts": parts})["origin"]
        return origin

    def _look(self) -> None:
        """Tell the leader, once an epoch, that this machine will soon be gone; it knows what is left of the epoch."""
        if not self._told and self._cut is not None and self._cut(math.inf):
            self._told = True
            self._crew.tell(LEADER, {"do": LEAVE})


def _listen(
    rank: int, process: subprocess.Popen[str], said: queue.SimpleQueue[tuple[int, Answer | None]]
) -> None:
    """Hand on what a process answers; None: it has ended."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            said.put((rank, json.loads(line)))
    said.put((rank, None))


def _ended(process: subprocess.Popen[str], deadline: float) -> int:
    """Return the code of a process, which is killed where it has not ended until the deadline."""
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    return code
