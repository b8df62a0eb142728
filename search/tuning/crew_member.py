"""One of the processes that train a trial together: `python -m search.tuning.crew_member`, begun by `Crew`.

It takes commands from standard input, a line of JSON each, and answers each with a line on standard output; what
else is printed goes to standard error. When the input ends its worker is gone, and it ends at once, wherever it is.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import torch

from search.plan.plugins import load_plugins
from search.training.data import load_data
from search.training.errors import Interrupted
from search.training.team import Team, joined
from search.tuning.assignment import Assignment
from search.tuning.attempt_log import AttemptLog
from search.tuning.crew_failure import Failure
from search.tuning.leaving import SOON
from search.tuning.trainer import OwnTrainer
from search.tuning.warm_up import warm_up

log = logging.getLogger("search")

LEAVE = "leave"
"""The command that is heard in the middle of another one: this machine will soon be gone."""


class Commands:
    """What the worker wants, read in a thread so that its end is noticed at once.

    ``leave`` is set where the machine will soon be gone.
    """

    def __init__(self, lines: TextIO) -> None:
        self.leave = threading.Event()
        self._lines = lines
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            yield self._waiting.get()

    def _read(self) -> None:
        for line in self._lines:
            command = json.loads(line)
            if command["do"] == LEAVE:
                self.leave.set()
            else:
                self._waiting.put(command)
        os._exit(0)


class Member:
    """Does what the worker commands, together with the others.

    Args:
        team: the processes.
        device: where this one trains.
        leave: is set where the machine will soon be gone.
    """

    def __init__(self, team: Team, device: torch.device, leave: threading.Event) -> None:
        self._team, self._device, self._leave = team, device, leave
        self._trainer: OwnTrainer | None = None
        self._log: AttemptLog | None = None

    def open(
        self, task: str, plugins: list[str], checkpoint: str | None, parts: int, log_file: str
    ) -> dict[str, Any]:
        """Begin with a trial, or go on with it."""
        self.close()
        self._log = AttemptLog(Path(log_file), who=f"process {self._team.rank}: ")
        asked = Assignment.from_json(task)
        load_plugins([Path(plugin) for plugin in plugins])
        data = load_data(asked.config.data, directory=asked.data_dir, entry=asked.images, access=asked.access)
        self._trainer = OwnTrainer(
            asked,
            data,
            checkpoint=Path(checkpoint) if checkpoint else None,
            device=str(self._device),
            cut=self._cut,
            team=self._team,
            parts=parts,
        )
        return {"origin": self._trainer.origin()}

    def epoch(self) -> dict[str, Any]:
        """Train and validate one epoch, or as much of it as there is time for."""
        assert self._trainer is not None
        try:
            report = asdict(self._trainer.epoch())
        except Interrupted as cut:
            return {"cut": [cut.epoch, cut.batch, cut.batches]}
        return {"report": report, "shortage": self._trainer.shortage()}

    def save(self, path: str) -> dict[str, Any]:
        """Write a checkpoint; only the leader is asked."""
        assert self._trainer is not None
        self._trainer.save(Path(path))
        return {}

    def predict(self, path: str, test: bool) -> dict[str, Any]:
        """Evaluate together; the leader writes what was found."""
        assert self._trainer is not None
        self._trainer.predict(Path(path), test=test)
        return {}

    def close(self) -> dict[str, Any]:
        """Let go of the trial."""
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None
        if self._log is not None:
            self._log.close()
            self._log = None
        self._leave.clear()
        return {}

    def _cut(self, left: float) -> bool:
        return self._leave.is_set() and left > SOON


DOES: dict[str, Callable[..., dict[str, Any]]] = {
    "open": Member.open,
    "epoch": Member.epoch,
    "save": Member.save,
    "predict": Member.predict,
    "close": Member.close,
}


def main() -> None:
    """Serve one worker until it has enough of this process."""
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # a print of a plugin is no answer
    commands = Commands(sys.stdin)
    began = next(iter(commands))
    warm_up(threads=began["threads"])
    device = torch.device("cuda", began["rank"]) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    with joined(began["rank"], began["size"], meeting=Path(began["meeting"]), device=device) as team:
        serve(Member(team, device, commands.leave), commands, answers)
    os._exit(0)  # Python would wait for the thread that reads


def serve(member: Member, commands: Commands, answers: TextIO) -> None:
    """Do what is commanded until ``end``, or until something fails: then all have to begin anew."""
    for command in commands:
        verb = command.pop("do")
        if verb == "end":
            member.close()
            return
        try:
            said = DOES[verb](member, **command)
        except Exception as error:
            log.exception("the trial failed")
            print(json.dumps({"failure": asdict(Failure.of(error))}), file=answers)
            os._exit(1)  # to part in good order would be to wait for the others
        print(json.dumps(said), file=answers)


if __name__ == "__main__":
    main()
