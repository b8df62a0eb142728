"""A search without Ray: simulated curves, workers that take turns, a Policy that can be cut off and rebuilt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import InMemoryStorage, JournalStorage

from search.plan.domain import Choice, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.runs.journal import Journal
from search.training.report import Report
from search.tuning.answers import Decision, Done, Limits, Start
from search.tuning.policy import Policy

SPACE = Space(
    (
        Parameter("optimizer", Choice(("sgd", "adam")), {}),
        Parameter("learning_rate", Float(1e-4, 1.0, log=True), {}),
        Parameter("momentum", Float(0.5, 0.99), {"optimizer": ("sgd",)}),
        Parameter("width", Int(8, 64, log=True), {}),
    )
)


def study(path: Path | None = None, direction: str = "maximize") -> optuna.Study:
    storage = JournalStorage(Journal(path)) if path else InMemoryStorage()
    return optuna.create_study(storage=storage, study_name="s", direction=direction, load_if_exists=True)


def policy(of: optuna.Study | None = None, *, space: Space = SPACE, **settings: Any) -> Policy:
    settings.setdefault("budget", Limits(12, 9))
    settings.setdefault("workers", 1)
    settings.setdefault("sampler", "random")
    return Policy(space, study=of or study(), clock=lambda: 0.0, **settings)


def started(of: Policy) -> Start:
    """Ask for a trial, which there must be."""
    answer = of.ask()
    assert isinstance(answer, Start)
    return answer


def fresh(path: Path, **settings: Any) -> Policy:
    """Return a policy on the study of a journal, as after a restart."""
    return policy(study(path), **settings)


def accuracy(config: Mapping[str, Any], epoch: int) -> float:
    """A curve that rises to a level set by the learning rate and the width."""
    level = 1 - 0.15 * abs(math.log10(config["learning_rate"]) + 1.5) - 0.001 * abs(config["width"] - 32)
    return level - 0.5 / (epoch + 1)


def report(epoch: int, value: float) -> Report:
    return Report(epoch, epoch, {"val/accuracy": value}, float(epoch))


@dataclass
class Simulation:
    """Workers in turn; ``told`` is what each trial was told, ``checkpoints`` what is on disk."""

    told: list[tuple[int, int, str]] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    def run(self, policy: Policy, *, curve: Any = accuracy) -> str:
        """Drive a policy to its end and return the reason."""
        working: dict[int, tuple[Start, int]] = {}
        while True:
            while isinstance(answer := policy.ask(), Start):
                self.starts.append(answer)
                working[answer.number] = (answer, int(answer.checkpoint or 0))
            if isinstance(answer, Done):
                assert not working
                return answer.reason
            for number, (start, before) in list(working.items()):
                epoch = before + 1
                decision = policy.report(
                    number,
                    report(epoch, curve(start.config, epoch)),
                    attempt=start.attempt,
                    checkpoint=str(epoch),
                )
                self.told.append((number, epoch, decision.value))
                working[number] = (start, epoch)
                if decision is not Decision.CONTINUE:
                    policy.finish(number, "paused" if decision is Decision.PAUSE else "stopped")
                    del working[number]
