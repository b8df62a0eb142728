"""A real search without Ray: the driver, the policy and real training, one worker, in this process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from optuna.study import Study

from search.plan.plan import Plan, load_plan
from search.runs.layout import RunLayout, write_text
from search.runs.lease import Lease
from search.runs.record import read
from search.runs.snapshot import Snapshot
from search.training.data import load_data
from search.tuning.answers import Decision
from search.tuning.driver import Driver
from search.tuning.entrance import Measure
from search.tuning.from_plan import make_policy
from search.tuning.screening import screening
from search.tuning.stint import StintRunner
from search.tuning.study import open_study
from search.tuning.vocabulary import vocabulary

SPACE = """\
name: tiny
data: {name: digits, validation: 0.2}
budget: {trials: 4, epochs: 3}
scheduler: {name: asha, grace_period: 1, reduction_factor: 2}
start:
  - {learning_rate: 0.05}
space:
  architecture: cnn
  layers: 1
  width: 4
  dense_units: 8
  optimizer: [sgd, adam]
  momentum: {low: 0.5, high: 0.9, when: {optimizer: sgd}}
  learning_rate: {low: 1e-3, high: 0.1, log: true}
"""


def plan_in(folder: Path, text: str = SPACE) -> Plan:
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, vocabulary=vocabulary())


def drive(driver: Driver, epochs: int = 10_000) -> Driver:
    """Drive a search with one worker in this process; after so many epochs it is left as a crash would leave it."""
    driver.repair()
    left = epochs
    while (assignment := driver.ask()) is not None:
        with closing(StintRunner(assignment, device="cpu")) as runner:
            decision = Decision.CONTINUE
            while decision is Decision.CONTINUE:
                driver.tick()
                if left == 0:
                    return driver
                left -= 1
                result = runner.step()
                decision = driver.result(result)
        if result.failure:
            driver.leave(assignment.number, "failed", result.failure)
        else:
            driver.leave(assignment.number, "paused" if decision is Decision.PAUSE else "stopped")
    driver.abandon()
    return driver


class Search:
    """One search in a folder; `go` drives it, at most so many epochs."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan = plan
        self.layout = RunLayout(root)
        self.snapshots: list[Snapshot] = []
        if not root.exists():
            root.mkdir(parents=True)
            write_text(self.layout.plan, plan.to_yaml())

    def go(self, epochs: int = 10_000, *, more_trials: int = 0) -> Driver:
        """Drive the search to its end, or until so many epochs are trained: then it is left as a crash would."""
        with Lease(self.layout) as lease:
            study = open_study(self.plan, self.layout, new=not self.layout.journal.exists())
            policy = make_policy(self.plan, study, workers=1, measure=self._measure(study))
            if more_trials:
                policy.extend("test", more_trials)
            driver = Driver(
                self.plan, vocabulary(), policy, self.layout, lease, listener=self.snapshots.append
            )
            return drive(driver, epochs)

    def _measure(self, study: Study) -> Measure | None:
        if not self.plan.attributes:
            return None
        data = load_data(self.plan.data.config, directory=self.plan.data.folder)
        known = map(read, study.get_trials(deepcopy=False))
        return screening(self.plan, vocabulary(), data, past=known, device="cpu")


def finished_run(folder: Path, text: str = SPACE) -> Path:
    """Run a small search to its end; return the folder of its run."""
    plan = plan_in(folder, text)
    search = Search(plan, folder / "runs" / plan.name)
    search.go()
    return search.layout.root
