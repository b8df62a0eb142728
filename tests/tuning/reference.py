"""A slow, obvious search policy, written from the papers: nothing of `search.tuning` is imported here.

Everything is counted anew at each question from the list of trials. Sources: stopping rule of ASHA and Algorithm 2
(Li et al. 2020, arXiv 1810.05934), Algorithm 1 of Hyperband (Li et al. 2018, JMLR 18-185), the median rule
(Golovin et al. 2017, section 3.2.1). Values are larger-is-better; a minimizing test turns them around.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field


@dataclass
class Known:
    """One trial: `state` is running, waiting, completed, stopped or failed."""

    number: int
    bracket: int
    state: str = "running"
    told: str = "continue"
    curve: dict[int, float] = field(default_factory=dict)
    paused_at: int | None = None
    crashes: int = 0


@dataclass
class Reference:
    """A whole search; `kind` is stopping, promotion, hyperband, median or none."""

    kind: str
    horizon: int
    budget: int
    workers: int
    grace: int = 1
    factor: int = 3
    min_trials: int = 3
    trials: list[Known] = field(default_factory=list)
    stopping: bool = False

    def rungs(self, bracket: int) -> list[int]:
        if self.kind == "none":
            return []
        if self.kind == "median":
            return list(range(self.grace, self.horizon))
        rungs = [self.grace * self.factor**k for k in range(20) if self.grace * self.factor**k < self.horizon]
        return rungs[bracket % (len(rungs) + 1) if self.kind == "hyperband" else bracket :]

    # --- Hyperband's brackets ---

    def size(self, bracket: int) -> int:
        """Line 4 of Algorithm 1: n = ceil((s_max + 1) η^s / (s + 1)), B / R being s_max + 1."""
        most = len(self.rungs(0))
        left = len(self.rungs(bracket))
        return math.ceil((most + 1) * self.factor**left / (left + 1) - 1e-9)

    def hyperband_bracket(self) -> int:
        bracket = 0
        while len(self.members(bracket)) >= self.size(bracket):
            bracket += 1
        return bracket

    # --- who stands where ---

    def members(self, bracket: int) -> list[Known]:
        return [t for t in self.trials if t.bracket == bracket]

    def standing(self, bracket: int, rung: int) -> dict[int, tuple[float, float, float]]:
        """Score, best and mean of each trial at its first report from the rung on, where that is finite."""
        found = {}
        for trial in self.members(bracket):
            steps = [step for step in trial.curve if step >= rung]
            if rung in self.rungs(bracket) and steps and math.isfinite(trial.curve[min(steps)]):
                upto = [value for step, value in trial.curve.items() if step <= min(steps)]
                found[trial.number] = (trial.curve[min(steps)], max(upto), sum(upto) / len(upto))
        return found

    def best_first(self, bracket: int, rung: int) -> list[int]:
        standing = self.standing(bracket, rung)
        return sorted(standing, key=lambda number: (-standing[number][0], number))

    def complete(self, bracket: int, index: int) -> bool:
        """Whether everybody who may come to a synchronous rung has, or has ended."""
        rungs = self.rungs(bracket)
        if index == 0:
            if len(self.members(bracket)) < self.size(bracket) and len(self.trials) < self.budget:
                return False
            expected = [t.number for t in self.members(bracket)]
        else:
            if not self.complete(bracket, index - 1):
                return False
            expected = self.best_first(bracket, rungs[index - 1])[: self.go_on(bracket, index - 1)]
        there = self.standing(bracket, rungs[index])
        return all(n in there or self.trials[n].state in ("completed", "stopped", "failed") for n in expected)

    def go_on(self, bracket: int, index: int) -> int:
        """Line 6 and 9 of Algorithm 1: n_(i + 1) = floor(n η^-(i + 1))."""
        return math.floor(len(self.members(bracket)) / self.factor ** (index + 1))

    def places(self, bracket: int, index: int) -> int:
        if self.kind == "hyperband":
            return self.go_on(bracket, index) if self.complete(bracket, index) else 0
        return len(self.standing(bracket, self.rungs(bracket)[index])) // self.factor

    # --- what an ask gives ---

    def promotable(self) -> int | None:
        """Algorithm 2, `get_job`: rungs from the top, the best of those not promoted yet."""
        brackets = sorted({t.bracket for t in self.trials})
        at = [(rung, bracket) for bracket in brackets for rung in self.rungs(bracket)]
        for rung, bracket in sorted(at, key=lambda pair: (-pair[0], pair[1])):
            index = self.rungs(bracket).index(rung)
            for number in self.best_first(bracket, rung)[: self.places(bracket, index)]:
                if self.trials[number].paused_at == rung and self.trials[number].state == "waiting":
                    return number
        return None

    def running(self) -> int:
        return sum(t.state == "running" for t in self.trials)

    def interrupted(self) -> int | None:
        return next((t.number for t in self.trials if t.state == "waiting" and t.paused_at is None), None)

    def ask(self) -> int | str:
        """The trial to go on with, `new`, `wait` or `done`."""
        if self.stopping or self.running() >= self.workers:
            return "wait" if self.running() else "done"
        for number in (self.interrupted(), self.promotable()):
            if number is not None:
                trial = self.trials[number]
                trial.state, trial.told, trial.paused_at = "running", "continue", None
                return number
        self.settle_closed_brackets()
        if len(self.trials) < self.budget:
            return "new"
        if self.running():
            return "wait"
        for trial in self.trials:
            if trial.state == "waiting":
                trial.state, trial.paused_at = "stopped", None
        return "done"

    def settle_closed_brackets(self) -> None:
        """Nobody is promotable: those who still pause at a complete synchronous rung have lost."""
        if self.kind == "hyperband":
            for trial in self.trials:
                if trial.state == "waiting" and trial.paused_at is not None:
                    index = self.rungs(trial.bracket).index(trial.paused_at)
                    if self.complete(trial.bracket, index):
                        trial.state, trial.paused_at = "stopped", None

    def enter(self, bracket: int) -> None:
        self.trials.append(Known(len(self.trials), bracket))

    # --- what a report and an end do ---

    def report(self, number: int, epoch: int, value: float) -> str:
        trial = self.trials[number]
        before = max(trial.curve, default=0)
        trial.curve[epoch] = value
        trial.crashes = 0
        trial.told = self.decide(trial, before, epoch, value)
        return trial.told

    def decide(self, trial: Known, before: int, epoch: int, value: float) -> str:
        passed = [rung for rung in self.rungs(trial.bracket) if before < rung <= epoch]
        if epoch >= self.horizon or not math.isfinite(value):
            return "stop"
        if self.kind in ("promotion", "hyperband"):
            if passed and not self.would_be_next(trial, passed[-1]):
                trial.paused_at = passed[-1]
                return "pause"
        elif any(self.loses(trial, rung) for rung in passed):
            return "stop"
        return "pause" if self.stopping else "continue"

    def would_be_next(self, trial: Known, rung: int) -> bool:
        """Whether the worker that lets this trial go would be given it again at once."""
        if self.stopping or self.running() > self.workers or self.interrupted() is not None:
            return False
        trial.state, trial.paused_at = "waiting", rung
        chosen = self.promotable()
        trial.state, trial.paused_at = "running", None
        return chosen == trial.number

    def loses(self, trial: Known, rung: int) -> bool:
        standing = self.standing(trial.bracket, rung)
        score, best, _ = standing[trial.number]
        others = [other for number, other in standing.items() if number != trial.number]
        if self.kind == "median":
            if len(others) < self.min_trials:
                return False
            return best < statistics.median(mean for _, _, mean in others)
        places = len(standing) // self.factor
        return places > 0 and sum(other[0] > score for other in others) >= places

    def finish(self, number: int, ending: str) -> None:
        trial = self.trials[number]
        trial.crashes += ending == "crashed"
        last = max(trial.curve, default=0)
        if ending == "failed" or (trial.curve and not math.isfinite(trial.curve[last])):
            trial.state = "failed"
        elif trial.told == "stop":
            trial.state = "completed" if last >= self.horizon else "stopped"
        elif trial.crashes >= 3:
            trial.state = "failed"
        else:
            trial.state = "waiting"
        if trial.state != "waiting":
            trial.paused_at = None

    def restart(self) -> None:
        """The driver dies and another one reads the study: whoever ran has ended or waits."""
        self.stopping = False
        for trial in self.trials:
            if trial.state == "running":
                self.finish(trial.number, "orphaned")
