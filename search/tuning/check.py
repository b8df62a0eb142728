"""What a search would cost, before anything is trained: every branch walked, every architecture built.

Models are built on the meta device, so that a network too large for this machine costs nothing to look at.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from search.plan.cluster_yaml import DEFAULT
from search.plan.magnitude import span
from search.plan.mistake import PlanError
from search.plan.model import Plan
from search.plan.trial_config import TrialConfig
from search.plan.vocabulary import Vocabulary
from search.training.cost import Cost, cost, figures
from search.training.data import Data, load_data
from search.tuning.budgets import budget_notes
from search.tuning.check_transfer import check_transfer
from search.tuning.corners import corners
from search.tuning.feasibility import Feasibility, feasibility
from search.tuning.parts import scheduler_of
from search.tuning.resources import processes, this_machine


@dataclass(frozen=True)
class ArchitectureCost:
    """The least and the most that an architecture of the space can cost."""

    name: str
    parameters: tuple[int, int]
    flops: tuple[int, int]
    memory: tuple[int, int]


@dataclass(frozen=True)
class CheckReport:
    """A checked plan in figures. ``configurations`` is infinite where a continuous parameter can be active;
    ``constraints`` is None where the plan has none. So many ``processes`` train a trial together; the memory of an
    architecture is that of one of them.
    """

    name: str
    data: str
    shape: tuple[int, int, int]
    classes: int
    images: tuple[int, int]
    branches: int
    configurations: float
    most_trials: int
    most_epochs: int
    architectures: tuple[ArchitectureCost, ...]
    processes: int = 1
    constraints: Feasibility | None = None
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the report for machines; an infinite number of configurations is null."""
        finite = math.isfinite(self.configurations)
        return {
            **vars(self),
            "configurations": int(self.configurations) if finite else None,
            "architectures": [vars(architecture) for architecture in self.architectures],
            "constraints": asdict(self.constraints) if self.constraints else None,
        }

    def print(self, console: Console) -> None:
        """Print the report for a person."""
        channels, height, width = self.shape
        train, validation = self.images
        console.print(f"[bold]{self.name}[/bold] is in order.")
        console.print(
            f"{self.data}: {train:,} training and {validation:,} validation images, "
            f"{channels}×{height}×{width}, {self.classes} classes"
        )
        for note in self.notes:
            console.print(note, markup=False)
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
        memory = "memory a trial" if self.processes == 1 else "memory a process"
        for column in ("architecture", "parameters", "FLOPs an image", memory):
            table.add_column(column, justify="left" if column == "architecture" else "right")
        for row in self.architectures:
            flops, memory = span(row.flops), span(row.memory, unit="B")
            table.add_row(row.name, span(row.parameters), flops, memory)
        console.print(table)
        for sentence in self.constraints.sentences() if self.constraints else ():
            console.print(sentence, markup=False)
        count = "unlimited" if math.isinf(self.configurations) else f"{int(self.configurations):,}"
        console.print(
            f"{self.branches} {'branch' if self.branches == 1 else 'distinct branches'}, {count} configurations"
        )
        console.print(
            f"at most {self.most_trials:,} trials and {self.most_epochs:,} epochs, if nobody were stopped early"
        )


def check(plan: Plan, vocabulary: Vocabulary, *, gpus_per_trial: float | None = None) -> CheckReport:
    """Build every architecture in every branch of a plan's space and sum up.

    Args:
        plan: of the search.
        vocabulary: completes the points of its space.
        gpus_per_trial: overrides the plan.

    Raises:
        DataError: the images cannot be read.
        PlanError: pretrained weights are missing, or another architecture's; without places in the file.
        SettingsError: an architecture cannot be built for these images, or the scheduler does not fit the horizon;
            the message says where.
    """
    scheduler_of(plan)
    data = load_data(plan.data.config, directory=plan.data.folder, access=plan.data.access)
    configs = [plan.trial_config(point, seed=plan.seed, vocabulary=vocabulary) for point in corners(plan)]
    transfer = check_transfer(plan, configs, data)
    if transfer.mistakes:
        raise PlanError(transfer.mistakes)
    together = _processes(plan, gpus_per_trial)
    costs: list[Cost] = []
    rows: dict[str, list[Cost]] = {}
    for config in configs:
        name = str(config.settings["architecture"])
        costs.append(cost(config, data.shape, len(data.classes)))
        rows.setdefault(name, []).append(_of_one_process(costs[-1], config, data, together))
    size = plan.space.size()
    trials = int(min(plan.budget.trials, size))
    return CheckReport(
        name=plan.name,
        data=data.name,
        shape=data.shape,
        classes=len(data.classes),
        images=(len(data.train), len(data.validation)),
        branches=sum(1 for _ in plan.space.branches()),
        configurations=size,
        most_trials=trials,
        most_epochs=trials * plan.budget.epochs,
        architectures=tuple(_span_costs(name, found) for name, found in rows.items()),
        processes=together,
        constraints=feasibility(plan.constraints, costs),
        notes=(*data.notes, *transfer.notes, *_process_notes(plan, together), *budget_notes(plan, DEFAULT)),
    )


def _processes(plan: Plan, gpus_per_trial: float | None) -> int:
    """Return how many processes train a trial together where its wish for GPUs is met; left open, it is one of them."""
    wish = plan.resources.gpus if gpus_per_trial is None else gpus_per_trial
    return processes(plan.resources, float(this_machine().gpus > 0) if wish is None else wish)


def _of_one_process(alone: Cost, config: TrialConfig, data: Data, together: int) -> Cost:
    """Return a cost with the memory of one of the processes that train a trial together."""
    if together == 1:
        return alone
    return replace(alone, **figures(config, data.shape, len(data.classes), ("memory",), processes=together))


def _process_notes(plan: Plan, together: int) -> list[str]:
    """Return what the memory of the table is about, where that is not a whole trial's."""
    if together == 1:
        return []
    note = f"{together} processes train a trial together, each with its share of every batch"
    # An attribute stands in the record, where it must not depend on who has trained.
    aside = "; constraints and objectives count the memory of one that has all of it"
    return [note + (aside if "memory" in plan.attributes else "")]


def _span_costs(name: str, costs: list[Cost]) -> ArchitectureCost:
    def ends(figures: list[int]) -> tuple[int, int]:
        return min(figures), max(figures)

    return ArchitectureCost(
        name,
        ends([cost.parameters for cost in costs]),
        ends([cost.flops for cost in costs]),
        ends([cost.memory for cost in costs]),
    )
