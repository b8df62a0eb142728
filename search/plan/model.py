"""A plan: what a YAML file says, resolved; how it makes a trial's configuration, how it is written."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, Field

from search.plan.objectives import Constraint, Goal
from search.plan.sections import (
    BudgetPlan,
    DataPlan,
    ObjectivePlan,
    PartPlan,
    ResourcesPlan,
    SamplerPlan,
    SchedulerPlan,
    Section,
)
from search.plan.space import Space
from search.plan.trial_config import TrialConfig, Value
from search.plan.vocabulary import Vocabulary
from search.plan.writer import plain_space, write_sections

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"


class Plan(Section):
    """Everything that a search needs to know, but the machine it runs on.

    ``objective`` is the curve; ``goals`` are the objectives beside it, which a file says in one list
    `objectives` with the curve as the first.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str = Field(
        pattern=_NAME,
        title="of the run: its folder below `--runs-dir`",
        description="a name of at most 100 letters, digits, '.', '_' and '-'",
    )
    data: DataPlan = Field(
        title="which images a search trains on",
        description="the name of a data set, or a mapping such as {name: cifar10}",
    )
    objective: ObjectivePlan = Field(
        ObjectivePlan.model_validate({}),
        title="which metric decides",
        description="a mapping such as {metric: val/accuracy}",
    )
    goals: tuple[Goal, ...] = Field(
        (),
        alias="objectives",
        title="several of them: the metric, then attributes that are known before the first epoch",
        description="a list of a metric and of attributes",
    )
    constraints: tuple[Constraint, ...] = Field(
        (),
        title="bounds on attributes; what violates one is rejected before it costs anything",
        description="a list of sentences such as [parameters <= 5e6]",
    )
    budget: BudgetPlan = Field(
        BudgetPlan.model_validate({}),
        title="what the search may cost, whichever comes first",
        description="a mapping such as {trials: 64, epochs: 27}",
    )
    scheduler: SchedulerPlan = Field(
        SchedulerPlan.model_validate({}),
        title="what ends trials early",
        description="a name, or a mapping such as {name: asha}",
    )
    sampler: SamplerPlan = Field(
        SamplerPlan.model_validate({}),
        title="what is tried next",
        description="a name, or a mapping such as {name: auto}",
    )
    resources: ResourcesPlan = Field(
        ResourcesPlan.model_validate({}),
        title="what one trial gets of the machines; auto: by measurement",
        description="auto, or a mapping such as {cpus: 4, gpus: 0.5}",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        title="of the sampler's draws and of the trials: initialisation, order of images, augmentation",
        description="a whole number from 0 to 4294967295",
    )
    plugins: tuple[str, ...] = Field(
        (),
        title="your own parts, relative to this file; they are run on every worker",
        description="a list of paths of Python files",
    )
    start: tuple[dict[str, Value], ...] = Field(
        (),
        title="tried first, such as a published recipe; each may name a part of the parameters",
        description="a list of points of the space",
    )
    space: Space = Field(title="what is searched", description="a mapping from names to what they can be")

    def trial_config(self, point: Mapping[str, Value], seed: int, vocabulary: Vocabulary) -> TrialConfig:
        """Return the complete configuration of one point of the space.

        Args:
            point: the values of the active parameters.
            seed: governs initialisation, order and augmentation of that trial.
            vocabulary: the settings with their defaults.
        """
        settings = vocabulary.complete(point)
        return TrialConfig(settings, self.data.config, self.budget.epochs, seed, self.plugins)

    def to_yaml(self) -> str:
        """Return the resolved plan, defaults included; `load_plan` makes an equal plan from it."""
        name = self.model_dump(include={"name", "data"})
        sections = self.model_dump(include={"budget", "resources", "seed"}, by_alias=True)
        parts = {key: {"name": part.name, **part.settings} for key, part in self._parts().items()}
        lists = {"plugins": list(self.plugins), "start": [dict(point) for point in self.start]}
        space = {"space": plain_space(self.space)}
        return write_sections({**name, **self._objectives(), **sections, **parts, **lists, **space})

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that constraints and goals are about, each once: what must be measured of a trial."""
        bounded = [constraint.attribute for constraint in self.constraints]
        return tuple(dict.fromkeys([*bounded, *(goal.attribute for goal in self.goals)]))

    def _objectives(self) -> dict[str, object]:
        """Return the sections about what a search looks for, as they stand in a file."""
        curve = self.objective.model_dump()
        goals = [{"attribute": goal.attribute, "mode": goal.mode} for goal in self.goals]
        objectives = {"objectives": [curve, *goals]} if goals else {"objective": curve}
        return {**objectives, "constraints": [str(constraint) for constraint in self.constraints]}

    def _parts(self) -> dict[str, PartPlan]:
        return {"scheduler": self.scheduler, "sampler": self.sampler}
