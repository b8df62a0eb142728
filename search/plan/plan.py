"""The public face of this package: the plan, how it is loaded, what can be wrong with it."""

from search.plan.load import at_their_lines, load_plan, plan_plugins
from search.plan.mistake import Mistake, PlanError
from search.plan.model import Plan
from search.plan.shipped import find_space, shipped_spaces

__all__ = [
    "Mistake",
    "Plan",
    "PlanError",
    "at_their_lines",
    "find_space",
    "load_plan",
    "plan_plugins",
    "shipped_spaces",
]
